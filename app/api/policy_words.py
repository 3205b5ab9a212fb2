"""Words that the surfaces of quality gates share, and ours."""

from typing import TypeVar

import msgspec

from schemas.model.policies import Member, OpenSourceContent
from schemas.wire.policy_shapes import OpenSourceRuleContent, RequestRuleInstance

T = TypeVar("T")


def to_members(rules: list[RequestRuleInstance] | None) -> list[Member] | None:
    """The rules of a set; those that nothing is said of are enabled."""
    if rules is None:
        return None
    return [Member(rule_id=each.id, is_valid=each.is_valid is not False) for each in rules]


def to_open_source(content: OpenSourceRuleContent) -> OpenSourceContent:
    """What a policy says; both vocabularies have the same words here."""
    return _same(content, OpenSourceContent)


def from_open_source(content: OpenSourceContent) -> OpenSourceRuleContent:
    """The same, the other way."""
    return _same(content, OpenSourceRuleContent)


def _same(value: msgspec.Struct, type_: type[T]) -> T:
    return msgspec.convert(msgspec.to_builtins(value), type_)
