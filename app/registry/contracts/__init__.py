"""Contracts: what versions of plug-ins take and give, and values judged by it."""
