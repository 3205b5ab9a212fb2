"""Plug-ins: drafts, releases, publishing, and finding them."""
