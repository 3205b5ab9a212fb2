"""What instances of IDEs and extensions may be called in a consent."""

import pytest

from app.registry.consents import rules
from schemas.errors import InvalidField


@pytest.mark.parametrize("instance_id", ["a", "7f3e-41", "ide:one.two_3", "x" * 64])
def test_an_instance_has_letters_digits_and_a_few_signs(instance_id: str) -> None:
    assert rules.checked_instance(instance_id) == instance_id


@pytest.mark.parametrize("instance_id", ["", "x" * 65, "a b", "a/b", "a\n", "é", "*", "\u0661"])
def test_any_other_instance_is_refused_by_its_field(instance_id: str) -> None:
    with pytest.raises(InvalidField, match=r"^instance_id: "):
        rules.checked_instance(instance_id)


@pytest.mark.parametrize(
    ("identifier", "known_as"), [("redhat.java", "redhat.java"), ("RedHat.Java", "redhat.java"), ("a.b.c", "a.b.c")]
)
def test_an_extension_is_known_by_publisher_and_name_in_small_letters(identifier: str, known_as: str) -> None:
    assert rules.checked_identifier(identifier) == known_as


@pytest.mark.parametrize("identifier", ["", "java", ".java", "redhat.", ".", "a." + "b" * 254])
def test_what_names_no_publisher_or_no_extension_is_refused_by_its_field(identifier: str) -> None:
    with pytest.raises(InvalidField, match=r"^identifier: "):
        rules.checked_identifier(identifier)
