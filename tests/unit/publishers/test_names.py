"""When names are the same, look the same, or are a letter apart."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.publishers import names

ENGLISH = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.-", min_size=1, max_size=50)
SHOWN = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), max_size=40)


@given(SHOWN)
def test_a_key_is_its_own_key_and_a_skeleton_its_own_skeleton(name: str) -> None:
    assert names.key(names.key(name)) == names.key(name)
    assert names.skeleton(names.skeleton(name)) == names.skeleton(name)


@given(ENGLISH, st.sampled_from("-_. "), st.sampled_from([str.upper, str.lower, str.swapcase]))
def test_case_separators_and_form_make_no_other_name(name: str, separator: str, recased: object) -> None:
    written = recased("".join(separator if each in "-_. " else each for each in name))  # type: ignore[operator]
    wide = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in written)
    assert names.key(written) == names.key(name)
    assert names.key(wide) == names.key(name)
    assert names.key(f"--{name}__") == names.key(name)


@given(st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30), st.data())
def test_a_name_with_look_alike_characters_has_the_skeleton_of_the_plain_one(name: str, data: st.DataObject) -> None:
    table = names._confusables()
    twins: dict[str, list[str]] = {}
    for code, prototype in table.items():
        twins.setdefault(prototype, []).append(chr(code))
    written = "".join(data.draw(st.sampled_from([each, *twins.get(each, [])])) for each in name)
    assert names.skeleton(written) == names.skeleton(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypaI", "paypal"), ("paypa1", "PayPal"), ("g00gle", "Google"), ("rnicrosoft", "microsoft"),
        ("Аpple", "apple"), ("ехаmple", "example"), ("ｐａｙｐａｌ", "paypal"), ("𝐩𝐚𝐲𝐩𝐚𝐥", "paypal"), ("ΜΑΡΙΑ", "MAPIA"),
    ],
)  # fmt: skip
def test_what_looks_the_same_has_one_skeleton(one: str, other: str) -> None:
    assert names.skeleton(one) == names.skeleton(other)


@pytest.mark.parametrize(
    ("one", "other"), [("mail", "mall"), ("acme", "acne"), ("a-b", "ab"), ("卖家", "买家"), ("one", "two")]
)
def test_what_looks_different_has_not(one: str, other: str) -> None:
    assert names.skeleton(one) != names.skeleton(other)


@given(
    st.text("abcdef-", min_size=5, max_size=20), st.integers(0, 30), st.sampled_from("abcdefx"), st.sampled_from("+-=~")
)
def test_one_letter_apart_is_near_in_both_directions(name: str, at: int, letter: str, edit: str) -> None:
    place = at % len(name)
    head, tail = name[:place], name[place:]
    other = {
        "+": head + letter + tail,
        "-": head + tail[1:],
        "=": head + letter + tail[1:],
        "~": head + tail[1:2] + tail[:1] + tail[2:],
    }[edit]
    assert names.is_near(name, other) == names.is_near(other, name) == (name != other)


@given(st.text("ab", max_size=8), st.text("ab", max_size=8))
def test_near_is_what_the_edit_distance_says(one: str, other: str) -> None:
    assert names.is_near(one, other) == (min(len(one), len(other)) >= 4 and _distance(one, other) == 1)


def test_short_names_are_near_to_nothing() -> None:
    assert not names.is_near("abc", "abd")


def test_the_table_holds_single_characters_that_look_like_ascii() -> None:
    table = names._confusables()
    assert len(table) > 900
    assert all(prototype.isascii() and prototype for prototype in table.values())
    assert all(unicodedata.normalize("NFKC", chr(code)).casefold() != text.casefold() for code, text in table.items())


def _distance(one: str, other: str) -> int:
    """Optimal string alignment: edits and swaps of neighbours."""
    rows = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]
