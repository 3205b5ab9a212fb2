"""What IDE Online's words say, and what is said in them."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import chain, combinations
from typing import Any, get_args

import msgspec
import pytest

from app.api.marketplace_v1 import translate
from schemas.errors import InvalidField
from schemas.model.extensions import AssetKind, Extension, ExtensionVersion, PackageFacts, VersionState
from schemas.model.marketplace import Detail, FacetCount, FilterType, Flag, Found, Listing, Ratings, SortBy
from schemas.model.publishers import Publisher, PublisherStatus
from schemas.wire import marketplace_v1 as wire


@pytest.mark.parametrize(
    ("told", "ids"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , ,b,", ["a", "b"]),
        (["b", "a", "b"], ["b", "a"]),
        (["a,b"], ["a,b"]),
        ('["a", "b"]', ["a", "b"]),
        (' ["a"]', ["a"]),
        (json.dumps([f"{number}" for number in range(100)]), [f"{number}" for number in range(100)]),
    ],
)
def test_ids_are_one_or_several_or_a_list(told: Any, ids: list[str]) -> None:
    assert translate.to_ids(told) == ids


@pytest.mark.parametrize("told", [",", " ", "[", "[1]", "[]", [""], ",".join(map(str, range(101)))])
def test_what_holds_no_id_or_too_many_is_refused(told: Any) -> None:
    with pytest.raises(InvalidField) as refusal:
        translate.to_ids(told)
    assert refusal.value.field == "ids"


@pytest.mark.parametrize(("told", "number"), [(None, None), ("", None), ("7", 7), (7, 7), ("007", 7), ("0", 0)])
def test_the_id_of_a_text_may_come_as_a_text(told: Any, number: int | None) -> None:
    assert translate.to_number(told) == number


def test_a_filter_is_a_question() -> None:
    criterion = wire.QueryCriterion(filter_type=108, value="a")
    plain = wire.QueryFilter(page_number=2, page_size=3)
    sorted_ = wire.QueryFilter(criteria=[criterion], page_number=1, page_size=1, sort_by=2, sort_order=2)

    first, second = translate.to_filters(wire.ExtensionQuery(filters=[plain, sorted_], flags=0))

    assert (first.criteria, first.page_number, first.page_size, first.sort_by, first.descending) == (
        [],
        2,
        3,
        None,
        None,
    )
    assert [(each.filter_type, each.value) for each in second.criteria] == [(FilterType.EXTENSION_IDS, "a")]
    assert (second.sort_by, second.descending) == (SortBy.NAME, True)


def test_every_code_and_every_flag_of_the_contract_is_one_of_ours() -> None:
    assert set(get_args(wire.FilterType)) == set(FilterType)
    assert set(get_args(wire.QueryFlags)) == {sum(each) for each in powerset(Detail)}


def powerset(bits: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Every choice of these."""
    chosen = list(bits)
    return chain.from_iterable(combinations(chosen, count) for count in range(len(chosen) + 1))


# -- extensions ----------------------------------------------------------------------------------------------------------

MOMENT = datetime(2022, 8, 31, 23, 30, tzinfo=timezone(timedelta(hours=8)))
BASE = "https://plugins.example.com/market"


def a_version(number: str = "1.2.0", platform: str = "universal", **changes: Any) -> ExtensionVersion:
    facts = PackageFacts(
        publisher="makers", name="linter", version=number, display_name="Linter", description="Lints",
        engines={"vscode": "^1.75.0"}, properties={"b": "2", "a": "1"}, extension_dependencies=["a.b", "c.d"],
    )  # fmt: skip
    version = ExtensionVersion(
        id="b" * 32, extension_id="a" * 32, tenant_id="c" * 32, version=number, target_platform=platform,
        state=VersionState.PUBLISHED, reason="", package_sha256="d" * 64, package_size=7, facts=facts, uploader_id="u",
        uploader_name="ada", created_at=MOMENT, updated_at=MOMENT, published_at=MOMENT, assets=[AssetKind.ICON],
    )  # fmt: skip
    return msgspec.structs.replace(version, **changes)


def a_listing(*versions: ExtensionVersion, published_at: datetime | None = MOMENT) -> Listing:
    extension = Extension(
        id="a" * 32, tenant_id="c" * 32, publisher_id="e" * 32, publisher_name="makers", name="linter", official=False,
        display_name="Linter", description="Lints", categories=["Linters"], tags=["lint"], targets=[], engines=["vscode"],
        preview=False, latest_version_id=None, published_at=published_at, created_at=MOMENT, updated_at=MOMENT,
        creator_id="u", creator_name="ada",
    )  # fmt: skip
    publisher = Publisher(
        id="e" * 32, tenant_id="c" * 32, en_name="makers", name="The Makers", user_id="u", description="", logo_url="",
        website="https://example.com", support_url="help@example.com", source_url="", status=PublisherStatus.ACCEPTED,
        reason="", updated_at=MOMENT, updated_by_id="u", updated_by_name="ada",
    )  # fmt: skip
    ratings = Ratings(histogram=(0, 0, 1, 1, 1))
    return Listing(
        extension=extension, publisher=publisher, versions=[*versions], installs=12, ratings=ratings, flags=Flag(12)
    )


def shown(listing: Listing, wanted: int = 0, **found: Any) -> dict[str, Any]:
    """The listing as it is sent."""
    page = Found(listings=[listing], total=1, is_exact=True, **found)
    answer = translate.to_results([page], Detail(wanted), BASE)
    sent = msgspec.json.decode(msgspec.json.encode(answer))
    ((row,),) = [each["extensions"] for each in sent["results"]]
    return dict(row)


def test_moments_are_utc_to_the_second() -> None:
    row = shown(a_listing(a_version()))

    assert {row[name] for name in ("last_updated", "published_date", "release_date")} == {"2022-08-31 15:30:00"}
    assert row["versions"][0]["version_date"] == "2022-08-31 15:30:00"


def test_what_nobody_asked_for_is_not_there_and_each_flag_brings_its_own() -> None:
    def names(wanted: int) -> set[str]:
        row = shown(a_listing(a_version()), wanted)
        return {*row, *(f"version.{name}" for name in row["versions"][0])}

    plain = names(0)
    assert {wanted: names(wanted) - plain for wanted in (2, 4, 8, 16)} == {
        2: {"version.files"},
        4: {"tag_all_list", "category_all_list"},
        8: {"publish_manager", "extension_owner", "version.uploader"},
        16: {"version.property_list"},
    }
    assert names(30) >= names(2) | names(4) | names(8) | names(16)


def test_the_vocabulary_is_counted_beside_the_total() -> None:
    page = Found(listings=[], total=10_000, is_exact=False, categories=[FacetCount(name="Linters", count=3)], tags=[])

    (result,) = translate.to_results([page], Detail.VOCABULARY, BASE).results

    assert {each.metadata_type: each.metadata_items for each in result.result_metadata} == {
        "ResultCount": [{"name": "TotalCount", "count": 10_000, "exact": False}],
        "Categories": [{"name": "Linters", "count": 3}],
        "Tags": [],
    }


def test_addresses_begin_with_the_public_one_and_name_every_file() -> None:
    (version,) = shown(a_listing(a_version()), 2)["versions"]

    path = f"{BASE}/plugport/v1/extensions/makers/linter/1.2.0/universal"
    assert version["asset_uri"] == f"{path}/package"
    assert {each["asset_type"]: each["source"] for each in version["files"]} == {
        "package": f"{path}/package",
        "icon": f"{path}/icon",
    }


@pytest.mark.parametrize(
    ("platforms", "systems", "architectures"),
    [
        (["universal"], ["linux", "mac os", "web", "win"], ["arm", "x86"]),
        (["linux-x64", "alpine-x64"], ["linux"], ["x86"]),
        (["darwin-arm64", "win32-x64", "linux-armhf"], ["linux", "mac os", "win"], ["arm", "x86"]),
        (["web"], ["web"], []),
    ],
)
def test_where_it_runs_follows_from_its_target_platforms(
    platforms: list[str], systems: list[str], architectures: list[str]
) -> None:
    row = shown(a_listing(*(a_version(platform=each) for each in platforms)))

    assert (row["support_os"], row["arch"]) == (systems, architectures)


@pytest.mark.parametrize(
    ("engine", "least"),
    [("^1.75.0", "1.75.0"), ("~1.2.3", "1.2.3"), (">=1.2.3", "1.2.3"), ("1.2.3-rc.1", "1.2.3-rc.1"), ("*", ""),
     (">=1.2.3 <2.0.0", ""), ("1.x", ""), ("", "")],
)  # fmt: skip
def test_the_lowest_ide_version_is_told_where_the_range_says_it_plainly(engine: str, least: str) -> None:
    version = a_version()
    facts = msgspec.structs.replace(version.facts, engines={"vscode": engine})

    (row,) = shown(a_listing(msgspec.structs.replace(version, facts=facts)))["versions"]

    assert (row["min_ide_version"], row["max_ide_version"], row["support_ide"]) == (least, "", 3)


def test_without_the_engine_it_is_for_no_ide() -> None:
    version = a_version()
    facts = msgspec.structs.replace(version.facts, engines={})

    row = shown(a_listing(msgspec.structs.replace(version, facts=facts)))

    assert (row["support_ide"], row["support_ide_info"], row["target"]) == (0, "", "")


def test_what_waits_says_so_and_has_no_release_date() -> None:
    waiting = a_version(state=VersionState.IN_REVIEW, reason="Somebody must look at it", published_at=None)

    row = shown(a_listing(waiting, published_at=None), 30)

    assert (row["status"], row["validate_status"], row["validate_result"]) == ("INIT", "VALIDATING", waiting.reason)
    assert "release_date" not in row
    (version,) = row["versions"]
    assert (version["status"], version["version_validate_status"]) == ("VALIDATING", "VALIDATING")
    assert "version_date" not in version


def test_stars_are_their_mean() -> None:
    row = shown(a_listing(a_version()))

    assert (row["average_star"], row["extension_statistics"]) == (4.0, {"install": 12, "stars": 4.0})


@pytest.mark.parametrize(
    ("support", "mail"), [("help@example.com", "help@example.com"), ("https://example.com/@help", ""), ("", "")]
)
def test_a_publishers_mail_is_its_support_address_if_that_is_one(support: str, mail: str) -> None:
    listing = a_listing(a_version())
    publisher = msgspec.structs.replace(listing.publisher, support_url=support)

    row = shown(msgspec.structs.replace(listing, publisher=publisher))

    assert (row["publisher"]["email"], row["publisher"]["publisher_status"]) == (mail, "VERIFIED")
