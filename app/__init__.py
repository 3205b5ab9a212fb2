"""Behaviour: what the registry does (`registry`), how outsiders ask for it (`api`, `cli`), and what runs by itself (`jobs`)."""
