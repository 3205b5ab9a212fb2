"""Consents: what users answer when an IDE asks whether an extension may run there."""
