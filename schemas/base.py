"""The two kinds of Struct: what is true (`Entity`) and what outsiders send and receive (`Wire`)."""

import msgspec


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of the registry. Immutable: a change is a new value (`msgspec.structs.replace`)."""


class Wire(msgspec.Struct, kw_only=True):
    """A message spelled exactly as the contract spells it. Unknown fields of a request are ignored."""
