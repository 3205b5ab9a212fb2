"""Measures lists, searches and details as the catalogue grows: `python -m tests.bench`."""
