"""Memory: rows in PostgreSQL (`postgres`), bytes in files or S3 (`blobs`)."""
