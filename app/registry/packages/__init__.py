"""Packages: how bytes come in, what an archive may be, what its manifest says."""
