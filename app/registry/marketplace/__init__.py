"""Finding extensions."""
