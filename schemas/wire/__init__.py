"""What outsiders send and receive: one file per surface, spelled as the contract spells it (see schemas/README.md)."""
