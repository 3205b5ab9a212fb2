"""Files that come in chunks."""
