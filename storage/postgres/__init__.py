"""Rows: one module for each noun, its statements in `sql`, the shape of the tables in `migrations`."""
