"""Upkeep: what nobody needs is cleared away, and what is kept is read again."""
