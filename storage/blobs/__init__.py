"""Bytes under keys, in local files or in S3-compatible storage."""
