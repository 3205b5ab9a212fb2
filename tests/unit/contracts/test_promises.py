"""What a version number promises, and which is the least that keeps a promise."""

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from app.registry.contracts.promises import keeps_promise, least_number
from schemas.model.contracts import Effect

LEAST = [
    ("1.2.3", Effect.COMPATIBLE, "1.2.4"),
    ("1.2.3", Effect.ADDITIVE, "1.3.0"),
    ("1.2.3", Effect.UNKNOWN, "2.0.0"),
    ("1.2.3", Effect.BREAKING, "2.0.0"),
    ("0.2.3", Effect.COMPATIBLE, "0.2.4"),
    ("0.2.3", Effect.ADDITIVE, "0.2.4"),
    ("0.2.3", Effect.BREAKING, "0.3.0"),
    ("1.2.3+build", Effect.ADDITIVE, "1.3.0"),
]


@pytest.mark.parametrize(("before", "effect", "least"), LEAST)
def test_the_least_number_is_as_semver_has_it(before: str, effect: Effect, least: str) -> None:
    assert str(least_number(semver.Version.parse(before), effect)) == least


NUMBERS = st.builds(semver.Version, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))


@given(NUMBERS, NUMBERS, st.sampled_from(Effect))
def test_a_promise_is_kept_from_the_least_number_on(
    before: semver.Version, number: semver.Version, effect: Effect
) -> None:
    assert keeps_promise(before, number, effect) == (number >= least_number(before, effect))


@given(NUMBERS, st.sampled_from(Effect))
def test_a_greater_effect_never_needs_a_lesser_number(before: semver.Version, effect: Effect) -> None:
    for lesser in list(Effect)[: list(Effect).index(effect)]:
        assert least_number(before, lesser) <= least_number(before, effect)


@given(NUMBERS, NUMBERS, st.sampled_from(Effect))
def test_a_pre_release_promises_nothing(before: semver.Version, number: semver.Version, effect: Effect) -> None:
    assert keeps_promise(before, number.replace(prerelease="rc.1"), effect)
