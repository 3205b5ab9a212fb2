"""Which shelves hold what a caller may see."""

import itertools

import pytest

from app.registry.plugins.shelves import View
from schemas.model.access import Caller, Role
from schemas.model.plugins import BUSINESS_TYPES, Attribution

T = "a" * 32


def a_caller(*roles: Role, official: bool = False) -> Caller:
    return Caller(
        user_id="u1", user_name="u1", tenant_id=T, tenant_name="t", official=official, roles=frozenset(roles),
        credential="token", request_id="r",
    )  # fmt: skip


AUTHOR, ADMIN = a_caller(Role.AUTHOR), a_caller(Role.ADMIN)
OWN = [f"{T}|official", f"{T}|custom", f"{T}|published"]
EVERYBODYS = ["*|official", "*|published"]


def test_an_author_sees_the_tenant_the_public_and_the_own_private_plugins() -> None:
    assert View(AUTHOR).listed(None) == [*OWN, *EVERYBODYS, f"{T}|private/by/u1"]


def test_an_administrator_sees_everybodys_private_plugins_of_the_tenant() -> None:
    assert View(ADMIN).listed(None) == [*OWN, *EVERYBODYS, f"{T}|private"]


def test_of_a_maintainer_the_own_private_plugins_are_seen_and_nobody_elses() -> None:
    assert View(AUTHOR, maintainer="u1").listed(None) == [
        f"{each}/by/u1" for each in (*OWN, *EVERYBODYS, f"{T}|private")
    ]
    assert View(AUTHOR, maintainer="u2").listed(None) == [f"{each}/by/u2" for each in (*OWN, *EVERYBODYS)]
    assert View(ADMIN, maintainer="u2").listed(None) == [
        f"{each}/by/u2" for each in (*OWN, *EVERYBODYS, f"{T}|private")
    ]


@pytest.mark.parametrize(
    ("attribution", "shelves"),
    [
        (Attribution.OFFICIAL, [f"{T}|official", "*|official"]),
        (Attribution.PUBLISHED, [f"{T}|published", "*|published"]),
        (Attribution.CUSTOM, [f"{T}|custom", f"{T}|private/by/u1"]),
    ],
)
def test_a_class_narrows_the_view(attribution: Attribution, shelves: list[str]) -> None:
    assert View(AUTHOR, attribution).listed(None) == shelves


def test_private_plugins_of_an_official_tenant_are_official() -> None:
    official = a_caller(Role.AUTHOR, official=True)
    assert f"{T}|private/by/u1" in View(official, Attribution.OFFICIAL).listed(None)
    assert f"{T}|private/by/u1" not in View(official, Attribution.CUSTOM).listed(None)


def test_categories_narrow_the_view_each_counted_once() -> None:
    assert View(AUTHOR, Attribution.OFFICIAL).listed(["Test", "Build", "Test"]) == [
        f"{T}|official/Test", f"{T}|official/Build", "*|official/Test", "*|official/Build",
    ]  # fmt: skip


def test_all_categories_are_no_filter() -> None:
    assert View(AUTHOR).listed([*BUSINESS_TYPES, "Test"]) == View(AUTHOR).listed(None)


def test_no_category_matches_nothing() -> None:
    assert View(AUTHOR).listed([]) == []


def test_what_has_a_release_is_on_shelves_of_its_own() -> None:
    assert View(AUTHOR, Attribution.CUSTOM).usable("single") == [
        f"{T}|custom/use/single",
        f"{T}|private/by/u1/use/single",
    ]


def test_no_view_holds_a_shelf_twice() -> None:
    for caller, attribution, maintainer in itertools.product((AUTHOR, ADMIN), (None, *Attribution), (None, "u1", "u2")):
        shelves = View(caller, attribution, maintainer).listed(None)
        assert len(shelves) == len(set(shelves))
