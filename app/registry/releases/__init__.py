"""Releases: versions on their way to everybody, and what becomes of them afterwards."""
