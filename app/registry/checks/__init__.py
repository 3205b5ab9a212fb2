"""Checks of releases: what must hold of a package or a plug-in's definition before anybody is given it."""
