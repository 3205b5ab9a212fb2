"""Installs: packages of extensions and files of them, sent to whoever installs them, and counted."""
