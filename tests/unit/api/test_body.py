"""Bodies: decoded strictly, and refused by name."""

from typing import Annotated

import msgspec
import pytest

from app.api.body import decode
from schemas.base import Wire
from schemas.errors import InvalidField, MalformedBody, MissingField, RegistryError


class Step(Wire):
    """A part of a body."""

    name: str
    order: Annotated[int, msgspec.Meta(ge=0)] = 0


class Plugin(Wire):
    """A body."""

    plugin_name: Annotated[str, msgspec.Meta(max_length=10)]
    steps: list[Step] = []
    extra: dict[str, str] = {}


def read(body: bytes) -> Plugin:
    decoded: Plugin = decode(msgspec.json.Decoder(Plugin), body)
    return decoded


def refusal(body: bytes) -> RegistryError:
    with pytest.raises(RegistryError) as refused:
        read(body)
    return refused.value


def test_a_body_is_read_and_unknown_fields_are_passed_over() -> None:
    assert read(b'{"plugin_name": "a", "steps": [{"name": "b"}], "new": {"x": 1}}') == Plugin(
        plugin_name="a", steps=[Step(name="b")]
    )


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        (b"{}", MissingField, "plugin_name"),
        (b'{"plugin_name": 1}', InvalidField, "plugin_name"),
        (b'{"plugin_name": "elevenchars"}', InvalidField, "plugin_name"),
        (b'{"plugin_name": null}', InvalidField, "plugin_name"),
        (b'{"plugin_name": "a", "steps": {}}', InvalidField, "steps"),
        (b'{"plugin_name": "a", "steps": [{"name": "b"}, {}]}', MissingField, "steps[1].name"),
        (b'{"plugin_name": "a", "steps": [{"name": "b", "order": "1"}]}', InvalidField, "steps[0].order"),
        (b'{"plugin_name": "a", "steps": [{"name": "b", "order": -1}]}', InvalidField, "steps[0].order"),
        (b'{"plugin_name": "a", "steps": [{"name": "b", "order": true}]}', InvalidField, "steps[0].order"),
        (b'{"plugin_name": "a\\u0000"}', InvalidField, "plugin_name"),
        (b'{"plugin_name": "a", "steps": [{"name": "\\u0000"}]}', InvalidField, "steps[0].name"),
        (b'{"plugin_name": "a", "extra": {"k": "\\u0000"}}', InvalidField, "extra.k"),
        (b'{"plugin_name": "a", "extra": {"\\u0000": "v"}}', InvalidField, "extra"),
    ],
)
def test_a_refusal_names_the_field(body: bytes, kind: type[RegistryError], field: str) -> None:
    refused = refusal(body)

    assert type(refused) is kind
    assert refused.field == field


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"{'plugin_name': 'a'}",
        b'{"plugin_name": "a"} x',
        b"\xff\xfe",
        b'{"plugin_name": "\xff"}',
        b'{"plugin_name": NaN}',
        b'{"plugin_name": "a", "new": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"plugin_name": "a", "new": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_what_is_no_json_object_is_malformed(body: bytes) -> None:
    assert type(refusal(body)) is MalformedBody


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00", rb"a\ud83d", rb"\ud83dabcdef", rb"\ude00\ud83d"])
def test_half_a_character_is_refused(text: bytes) -> None:
    refusal(b'{"plugin_name": "' + text + b'"}')


@pytest.mark.parametrize(
    ("text", "read_"), [(rb"\ud83d\ude00", "😀"), (rb"\\u0000", r"\u0000"), (rb"\\ud800", r"\ud800")]
)
def test_a_whole_character_and_a_backslash_are_not(text: bytes, read_: str) -> None:
    assert read(b'{"plugin_name": "' + text + b'"}').plugin_name == read_


def test_numbers_beyond_every_bound_are_no_trouble() -> None:
    assert read(b'{"plugin_name": "a", "new": ' + str(2**70).encode() + b"}").plugin_name == "a"
