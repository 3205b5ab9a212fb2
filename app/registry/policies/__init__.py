"""Policies: quality gates over what plug-ins report."""
