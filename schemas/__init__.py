"""Shapes: what things are (`model`), how outsiders spell them (`wire`), and what may go wrong (`errors`)."""
