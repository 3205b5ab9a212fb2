"""The demonstration catalogue, filled by the program into an installation of its own: its public plug-ins are for everybody."""

import json
import os
import stat
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from app.registry import Registry
from app.registry.plugins.shelves import View
from app.settings import read_settings
from app.wiring import wired
from schemas.model.access import Caller, Login, Role
from schemas.model.marketplace import Criterion, Detail, Filter, FilterType
from schemas.model.pipelines import UsableQuery
from schemas.model.plugins import BUSINESS_TYPES, Attribution, PluginQuery
from schemas.paging import Paging
from schemas.wire.text import DisplayName, PluginName
from storage.postgres.embedded import EmbeddedPostgres, Urls
from tests.program import BY_CHECKS, environment, run, run_json

SIZE = 300
EXTENSIONS = 200
EVERYTHING = 1_000  # more than there is, also after a second tenant was filled


@pytest.fixture(scope="module")
def demo_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(demo_dir: Path) -> Any:
    """What `plugport demo` answered."""
    return run_json("demo", "--plugins", str(SIZE), "--extensions", str(EXTENSIONS), env=environment(demo_dir))


@pytest.fixture(scope="module")
def urls(demo: Any, demo_dir: Path) -> Iterator[Urls]:
    with EmbeddedPostgres(demo_dir / "postgres").running() as urls:
        yield urls


@pytest.fixture
async def owner(urls: Urls) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@pytest.fixture
async def demo_registry(urls: Urls, demo_dir: Path) -> AsyncIterator[Registry]:
    settings = read_settings({"PLUGPORT_DATABASE_URL": urls.app, **BY_CHECKS, "PLUGPORT_DATA_DIR": str(demo_dir)})
    async with wired(settings) as wiring:
        yield wiring.registry


@pytest.fixture
async def caller(demo: Any, demo_dir: Path, demo_registry: Registry) -> Caller:
    """The user `demo`, logged in with the password that the command wrote."""
    password = (demo_dir / "demo-password").read_text()
    issued = await demo_registry.access.log_in(Login(password=password, user_name="demo", account_name="demo"))
    return await demo_registry.access.caller_of_token(issued.token, "test")


def test_as_many_plugins_are_seen_as_were_asked_for(demo: Any) -> None:
    assert demo["plugins"] == SIZE
    assert demo["added"]["plugins"] == SIZE


def test_the_password_is_for_its_owner_alone(demo: Any, demo_dir: Path) -> None:
    assert demo["password_file"] == str(demo_dir / "demo-password")
    assert stat.S_IMODE(os.stat(demo["password_file"]).st_mode) == 0o600


def test_repeating_adds_nothing(demo: Any, demo_dir: Path, urls: Urls) -> None:
    again = run_json("demo", "--plugins", str(SIZE), "--extensions", str(EXTENSIONS), env=environment(demo_dir))
    assert again["added"] == {"plugins": 0, "versions": 0, "uses": 0, "extensions": 0}
    assert again["plugins"] == SIZE


def test_another_tenant_sees_the_same_public_plugins_beside_its_own(demo: Any, demo_dir: Path, urls: Urls) -> None:
    wanted = ("--plugins", "100", "--extensions", str(EXTENSIONS))
    other = run_json("demo", *wanted, "--tenant", "demo-two", env=environment(demo_dir))
    assert other["plugins"] == 100
    assert other["extensions"] == EXTENSIONS
    assert 0 < other["added"]["plugins"] < 100


def test_more_than_it_can_make_is_refused(demo_dir: Path) -> None:
    refused = run("demo", "--plugins", "100001", env=environment(demo_dir))
    assert refused.returncode == 2
    assert "100001" in refused.stderr


def test_a_login_that_owns_nothing_cannot_fill_it(urls: Urls, demo_dir: Path) -> None:
    refused = run("demo", "--json", env=environment(demo_dir, PLUGPORT_DATABASE_URL=urls.app))
    assert refused.returncode == 2
    assert "PLUGPORT_DATABASE_OWNER_URL" in json.loads(refused.stdout)["error_msg"]


async def test_the_total_of_every_shelf_is_the_count_of_its_places_and_of_its_plugins(owner: Any) -> None:
    tallied = await owner.fetch(
        "SELECT shelf, level, sum(places)::int AS places FROM plugin_tally GROUP BY shelf, level"
    )
    on_shelves = dict(await owner.fetch("SELECT shelf, count(*) FROM plugin_shelves GROUP BY shelf"))
    belonging = dict(await owner.fetch("SELECT shelf, count(*) FROM plugins p, shelves_of(p) AS shelf GROUP BY shelf"))
    assert on_shelves == belonging
    for level in (1, 2, 3):
        assert {each["shelf"]: each["places"] for each in tallied if each["level"] == level} == on_shelves


async def test_every_offset_shows_the_next_plugin_and_none_twice(
    demo_registry: Registry, caller: Caller, owner: Any
) -> None:
    for types in (None, ["Build"], ["Gate", "Test", "Normal"]):
        query = PluginQuery(business_types=types)
        total = (await demo_registry.catalogue.find(caller, query, Paging(offset=0, limit=1))).total
        pages = [await demo_registry.catalogue.find(caller, query, Paging(offset=offset, limit=7))
                 for offset in range(0, total, 7)]  # fmt: skip
        seen = [item.plugin.id for page in pages for item in page.items]
        expected = await owner.fetch(
            "SELECT id FROM plugins WHERE (tenant_id = $1 OR shared) AND ($2::text[] IS NULL OR business_type = ANY ($2))"
            " ORDER BY change DESC", caller.tenant_id, types,
        )  # fmt: skip
        assert seen == [row["id"] for row in expected]
        assert total == len(seen)


async def test_the_catalogue_has_something_of_everything(demo_registry: Registry, caller: Caller, owner: Any) -> None:
    everything = await demo_registry.catalogue.find(caller, PluginQuery(), Paging(offset=0, limit=EVERYTHING))
    plugins = [item.plugin for item in everything.items]
    assert {each.business_type for each in plugins} == set(BUSINESS_TYPES)
    assert {each.attribution for each in plugins} == set(Attribution)
    assert any(each.is_private for each in plugins)
    kinds = Counter(str(each.composition) if each.has_release else "unreleased" for each in plugins)
    assert kinds["single"] > kinds["multi"] > kinds["unreleased"] > 0
    states = Counter(str(item.state) for item in everything.items)
    assert states["None"] > 0
    assert states["draft"] > 0
    assert len({each.creator_id for each in plugins}) > 5
    assert len({each.updated_at.date() for each in plugins}) > 100
    for each in plugins:
        msgspec.convert(each.name, PluginName)
        msgspec.convert(each.display_name, DisplayName)
    usable = await demo_registry.pipelines.by_category(caller, UsableQuery(), Paging(offset=0, limit=EVERYTHING))
    assert any(each.steps for each in usable.items)
    assert await owner.fetchval("SELECT count(*) FROM publishers WHERE status <> 'accept'") == 0


@pytest.mark.parametrize(
    "text",
    ["a", "E", "-", ".", "*", "%", "_", "'", "\\", "|", "@", "uv", "k6", "zq", "部署", "鸿", "cloud", "HUAWEICLOUD-CCE", "build",
     "java-nightly", " on ", "zzyzx", "official", "*|official"],
)  # fmt: skip
async def test_a_search_finds_whatever_has_the_text_latest_first(
    demo_registry: Registry, caller: Caller, owner: Any, text: str
) -> None:
    for types in (None, ["Build"], ["Deploy", "Test"]):
        query = PluginQuery(text=text, business_types=types)
        found = await demo_registry.catalogue.find(caller, query, Paging(offset=0, limit=EVERYTHING))
        expected = await owner.fetch(
            "SELECT id FROM plugins WHERE (tenant_id = $1 OR shared) AND ($2::text[] IS NULL OR business_type = ANY ($2))"
            " AND position(lower($3) IN lower(name || E'\\n' || display_name)) > 0 ORDER BY change DESC",
            caller.tenant_id, types, text,
        )  # fmt: skip
        assert [item.plugin.id for item in found.items] == [row["id"] for row in expected]
        assert (found.total, found.capped) == (len(expected), False)


async def test_a_search_for_the_usable_goes_category_by_category(
    demo_registry: Registry, caller: Caller, owner: Any
) -> None:
    found = await demo_registry.pipelines.by_category(
        caller, UsableQuery(text="cloud"), Paging(offset=3, limit=EVERYTHING)
    )
    expected = await owner.fetch(
        "SELECT id FROM plugins WHERE (tenant_id = $1 OR shared) AND has_release AND search_text LIKE '%cloud%'"
        " ORDER BY array_position($2::text[], business_type), change DESC",
        caller.tenant_id, list(BUSINESS_TYPES),
    )  # fmt: skip
    assert [item.summary.plugin.id for item in found.items] == [row["id"] for row in expected][3:]
    assert found.total == len(expected)


async def test_a_search_that_may_stop_early_keeps_the_latest(owner: Any, caller: Caller) -> None:
    shelves = View(caller).listed(None)
    await owner.execute("SELECT set_config('plugport.tenant', $1, false)", caller.tenant_id)
    for text in ("a", "build", "k6", "cloud"):
        every = await owner.fetch("SELECT * FROM search_plugins($1, $2, 1000) ORDER BY change DESC", shelves, text)
        assert await owner.fetch("SELECT * FROM search_plugins($1, $2, 5)", shelves, text) == every[:5]


async def test_the_index_finds_what_walking_finds(owner: Any, caller: Caller) -> None:
    """A search walks while the catalogue is small; so the index is asked by itself here."""
    shelves = View(caller).listed(None)
    for text in ("a", "-", "'", "\\", "|", "uv", "部署", "cloud", "huaweicloud-cce", "java-nightly-windows"):
        found = await owner.fetch(
            "SELECT id FROM plugins WHERE search_words(search_text, scope, business_type, has_release, composition,"
            " maintainers || creator_id) @@ search_question($1, $2) AND strpos(search_text, $1) > 0"
            " AND deleted_at IS NULL ORDER BY change", text, shelves,
        )  # fmt: skip
        walked = await owner.fetch(
            "SELECT DISTINCT p.id, p.change FROM plugins p JOIN plugin_shelves s ON s.plugin_id = p.id"
            " WHERE s.shelf = ANY ($2) AND strpos(p.search_text, $1) > 0 ORDER BY p.change", text, shelves,
        )  # fmt: skip
        assert [row["id"] for row in found] == [row["id"] for row in walked]


async def test_a_plugin_is_used_by_as_many_as_it_says(owner: Any) -> None:
    wrong = await owner.fetch(
        "SELECT name, refer_count FROM plugins p WHERE refer_count <>"
        " (SELECT count(DISTINCT u.plugin_id) FROM plugin_uses u WHERE u.used_plugin_id = p.id)"
    )
    assert wrong == []
    assert await owner.fetchval("SELECT max(refer_count) FROM plugins") > 1


async def test_the_current_version_is_the_newest_released_or_else_the_newest_draft(owner: Any) -> None:
    wrong = await owner.fetch(
        "SELECT name FROM plugins p WHERE current_version_id IS DISTINCT FROM (SELECT v.id FROM plugin_versions v"
        " WHERE v.plugin_id = p.id ORDER BY v.state = 'formal' DESC, v.precedence DESC LIMIT 1)"
        " OR has_release <> EXISTS (SELECT FROM plugin_versions v WHERE v.plugin_id = p.id AND v.state = 'formal')"
    )
    assert wrong == []


async def test_details_say_what_a_real_manifest_says(demo_registry: Registry, caller: Caller) -> None:
    found = await demo_registry.catalogue.find(
        caller, PluginQuery(business_types=["Test"]), Paging(offset=0, limit=EVERYTHING)
    )
    named = next(item for item in found.items if item.plugin.has_release and item.plugin.composition == "single")
    version = await demo_registry.catalogue.detail(caller, named.plugin.name, None)
    assert [each.type for each in version.inputs] == ["input", "select", "number"]
    assert {each.name for each in version.outputs} == {"exit_code", "problem"}
    assert version.metrics[0].properties[0].key.endswith(".pass_ratio")
    assert version.execution["target"].startswith("scripts/")
    assert version.package_sha256 is None


async def test_the_extensions_are_found_rated_and_can_be_installed(demo_registry: Registry, caller: Caller) -> None:
    everything = Filter(criteria=[], page_number=1, page_size=100)
    word = Filter(criteria=[Criterion(filter_type=FilterType.KEYWORD, value="formatter")], page_number=1, page_size=100)
    shown, found = await demo_registry.marketplace.query(caller, [everything, word], Detail.VOCABULARY)
    assert (shown.total, shown.is_exact) == (EXTENSIONS, True)
    assert 0 < found.total < EXTENSIONS
    assert sum(each.count for each in shown.categories) == EXTENSIONS
    assert len({each.publisher.id for each in shown.listings}) > 5
    assert any(each.ratings.count > 10 and each.installs > 1000 for each in shown.listings)
    listing = shown.listings[0]
    download = await demo_registry.installs.find(
        caller, listing.extension.publisher_name, listing.extension.name, listing.versions[0].version,
        listing.versions[0].target_platform,
    )  # fmt: skip
    assert download.size == listing.versions[0].package_size


async def test_a_viewer_of_another_tenant_sees_what_is_public_and_no_more(demo_registry: Registry, demo: Any) -> None:
    stranger = Caller(
        user_id="f" * 32, user_name="stranger", tenant_id="f" * 32, tenant_name="elsewhere", official=False,
        roles=frozenset({Role.VIEWER}), credential="token", request_id="test",
    )  # fmt: skip
    page = await demo_registry.catalogue.find(stranger, PluginQuery(), Paging(offset=0, limit=EVERYTHING))
    assert page.total == len(page.items) > 0
    assert all(item.plugin.shared for item in page.items)
    assert View(stranger).scopes[-1] == f"{'f' * 32}|private"
