"""What a publisher token looks like: found by scanners, and refused when it was mistyped."""

import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.access.rules import checked_token_days
from app.registry.access.tokens import (
    digest,
    is_publisher_token,
    new_publisher_token,
    publisher_token_hint,
)
from schemas.errors import InvalidField

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KNOWN = "pp_pub_07ELSZgnu18FMTahov29GNUbipw3AHOVcjqx4BIP0mdEuw"  # the published example


def value(digits: str) -> int:
    total = 0
    for digit in digits:
        total = total * 62 + ALPHABET.index(digit)
    return total


def test_a_token_is_its_prefix_forty_random_characters_and_a_checksum() -> None:
    made = {new_publisher_token() for _ in range(200)}
    assert len(made) == 200
    for token in made:
        assert re.fullmatch(r"\bpp_pub_[0-9A-Za-z]{46}\b", token)
        assert value(token[-6:]) == zlib.crc32(token[:-6].encode())
        assert is_publisher_token(token)
    assert {character for token in made for character in token[7:47]} == set(ALPHABET)


def test_the_form_never_changes_or_tokens_in_use_would_stop() -> None:
    assert is_publisher_token(KNOWN)
    assert digest(KNOWN).hex() == "2145656ae47e860b0163c24afd252051d7876c948753d5023bb4f046ef84d5d6"


@given(st.integers(0, len(KNOWN) - 1), st.sampled_from(ALPHABET + "_-é \n"))
def test_a_changed_character_is_noticed(place: int, other: str) -> None:
    mistyped = KNOWN[:place] + other + KNOWN[place + 1 :]
    assert is_publisher_token(mistyped) is (mistyped == KNOWN)


@given(st.integers(7, len(KNOWN) - 2))
def test_two_swapped_characters_are_noticed(place: int) -> None:
    swapped = KNOWN[:place] + KNOWN[place + 1] + KNOWN[place] + KNOWN[place + 2 :]
    assert is_publisher_token(swapped) is (swapped == KNOWN)


@given(st.text(max_size=60) | st.text(ALPHABET, min_size=46, max_size=46).map("pp_pub_".__add__))
def test_hardly_any_other_text_is_one(text: str) -> None:
    is_one = re.fullmatch(r"pp_pub_[0-9A-Za-z]{46}", text) is not None and value(text[-6:]) == zlib.crc32(
        text[:-6].encode()
    )
    assert is_publisher_token(text) is is_one


@pytest.mark.parametrize(
    "text", ["", f"ppt_{KNOWN[7:50]}", f"{KNOWN}\n", f" {KNOWN}", KNOWN.upper(), KNOWN + KNOWN, "\udcff"]
)
def test_what_is_no_token_is_none(text: str) -> None:
    assert not is_publisher_token(text)


def test_a_hint_shows_how_a_token_begins_and_ends() -> None:
    assert publisher_token_hint(KNOWN) == "pp_pub_...dEuw"


@pytest.mark.parametrize("days", [0, -1, 366, 10**12])
def test_a_token_lives_for_a_day_to_a_year(days: int) -> None:
    assert [checked_token_days("days", each) for each in (1, 365)] == [1, 365]
    with pytest.raises(InvalidField, match=r"^days: "):
        checked_token_days("days", days)
