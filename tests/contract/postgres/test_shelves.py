"""Lists without counting: whatever happens to plug-ins, every viewer's lists are those that a simple model predicts."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import semver
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.registry import Registry
from app.registry.access.service import console
from app.settings import Settings, read_settings
from app.wiring import Wiring, wired
from schemas.errors import Kind, RegistryError
from schemas.ids import new_id
from schemas.model.access import Caller, Role, Tenant
from schemas.model.pipelines import UsableQuery
from schemas.model.plugins import BUSINESS_TYPES, Attribution, Composition, PluginFacts, PluginQuery
from schemas.paging import Paging
from storage.postgres import plugins
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.contract.postgres.furnished import a_spec, publish
from tests.program import BY_CHECKS

OPERATOR = console()
REFUSALS = {Kind.MALFORMED, Kind.FORBIDDEN, Kind.MISSING, Kind.CONFLICT}
ALL_ROWS = Paging(offset=0, limit=1000)


@dataclass(frozen=True)
class Stage:
    """A database of this module's own, so that nobody else's plug-ins are in everybody's lists."""

    portal: BlockingPortal
    settings: Settings
    wiring: Wiring
    owner: Any

    def call(self, use_case: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        return self.portal.call(lambda: use_case(*arguments, **named))


@pytest.fixture(scope="module")
def stage(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The registry over an empty database."""
    urls = Urls(*(f"{url.rpartition('/')[0]}/shelves" for url in cluster))
    with start_blocking_portal() as portal:
        portal.call(_run, cluster.owner, "CREATE DATABASE shelves")
        portal.call(lambda: migrate(urls.owner, app_login="plugport"))
        settings = read_settings(
            {
                "PLUGPORT_DATABASE_URL": urls.app,
                **BY_CHECKS,
                "PLUGPORT_DATA_DIR": str(tmp_path_factory.mktemp("shelves")),
            }
        )
        owner = portal.call(lambda: asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"}))
        with portal.wrap_async_context_manager(wired(settings)) as wiring:
            yield Stage(portal, settings, wiring, owner)
        portal.call(owner.close)
        portal.call(_run, cluster.owner, "DROP DATABASE shelves WITH (FORCE)")


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def a_caller(tenant: Tenant, name: str, role: Role = Role.AUTHOR) -> Caller:
    """Somebody of the tenant; plug-ins remember ids, whoever they are of."""
    return Caller(
        user_id=name, user_name=name, tenant_id=tenant.id, tenant_name=tenant.name, official=tenant.official,
        roles=frozenset({role}), credential="token", request_id="r",
    )  # fmt: skip


# -- the model -------------------------------------------------------------------------------------------------------------


@dataclass
class Held:
    """A version in the model."""

    state: str  # draft, formal or retired
    facts: dict[str, Any]


@dataclass
class Modelled:
    """A plug-in in the model."""

    tenant: Tenant
    name: str
    creator: str
    display_name: str = ""
    business_type: str = "Normal"
    is_private: bool = False
    maintainers: list[str] = field(default_factory=list)
    composition: Composition = Composition.SINGLE
    published: bool = False
    deleted: bool = False
    versions: dict[str, Held] = field(default_factory=dict)
    stamp: int = 0

    @property
    def has_release(self) -> bool:
        return any(each.state == "formal" for each in self.versions.values())

    @property
    def attribution(self) -> Attribution:
        if self.tenant.official:
            return Attribution.OFFICIAL
        return Attribution.PUBLISHED if self.published else Attribution.CUSTOM

    @property
    def current(self) -> str:
        for state in ("formal", "draft"):
            numbers = [number for number, held in self.versions.items() if held.state == state]
            if numbers:
                return max(numbers, key=semver.Version.parse)
        return ""

    def kept_by(self, user: str) -> bool:
        return user == self.creator or user in self.maintainers

    def told(self, facts: dict[str, Any]) -> None:
        for name, value in facts.items():
            if value is not None:
                setattr(self, name, value)

    def seen_by(self, caller: Caller) -> bool:
        if self.deleted:
            return False
        if self.tenant.id != caller.tenant_id:
            return self.has_release and not self.is_private and self.attribution is not Attribution.CUSTOM
        return not self.is_private or caller.is_admin or self.kept_by(caller.user_id)


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed by."""

    attribution: Attribution | None = None
    maintainer: str | None = None
    business_types: tuple[str, ...] | None = None
    text: str | None = None

    @property
    def query(self) -> PluginQuery:
        types = None if self.business_types is None else list(self.business_types)
        return PluginQuery(
            attribution=self.attribution, maintainer=self.maintainer, business_types=types, text=self.text
        )

    def takes(self, plugin: Modelled, caller: Caller) -> bool:
        kept = self.maintainer is None or plugin.kept_by(self.maintainer)
        if plugin.is_private and not caller.is_admin and self.maintainer is not None:
            # Private plug-ins are on their keepers' own shelves only: of somebody else's list they are no part.
            kept = kept and self.maintainer == caller.user_id
        return (
            kept
            and (self.attribution is None or plugin.attribution is self.attribution)
            and (self.business_types is None or plugin.business_type in self.business_types)
            and (self.text is None or self.text.lower() in f"{plugin.name}\n{plugin.display_name}".lower())
        )


USERS = ("ann", "bob", "cy")
NAMES = ("alpha", "beta", "gamma-Alpha", "d_e")
VERSIONS = ("1.0.0-rc.1", "1.0.0", "1.10.0", "1.9.0")
TYPES = ("Build", "Test")
FACTS = st.fixed_dictionaries(
    {
        "display_name": st.sampled_from([None, "Shown", "Other%"]),
        "business_type": st.sampled_from([None, *TYPES]),
        "is_private": st.sampled_from([None, None, False, True]),
        "maintainers": st.sampled_from([None, None, [], ["bob"], ["ann", "bob"]]),
    }
)
FILTERS = st.builds(
    Filter,
    attribution=st.sampled_from([None, None, *Attribution]),
    maintainer=st.sampled_from([None, None, *USERS]),
    business_types=st.sampled_from([None, None, ("Build",), ("Test", "Build"), ("Gate",), BUSINESS_TYPES]),
    text=st.sampled_from([None, None, "ALPHA", "%", "_", "shown", "zzz"]),
)


def content(facts: dict[str, Any]) -> dict[str, Any]:
    """What a release says of its plug-in: not who sees and maintains it."""
    return {name: value for name, value in facts.items() if name not in ("is_private", "maintainers")}


def any_plugins(machine: "Catalogue") -> bool:
    """Whether there is a plug-in that something can be done to."""
    return bool(machine.plugins)


class Catalogue(RuleBasedStateMachine):
    """Authors of three tenants at work, one of them official, all using the same few names."""

    stage: Stage

    @initialize()
    def begin(self) -> None:
        call = self.stage.call
        call(self.stage.owner.execute, "TRUNCATE plugins, publishers, plugin_shelves, plugin_tally CASCADE")
        self.registry: Registry = self.stage.wiring.registry
        self.tenants: list[Tenant] = [
            call(self.registry.access.create_tenant, OPERATOR, f"t-{new_id()}", official=official)
            for official in (False, False, True)
        ]
        self.callers = [a_caller(tenant, user) for tenant in self.tenants for user in USERS[:2]]
        self.callers += [a_caller(tenant, "cy", Role.ADMIN) for tenant in self.tenants[1:]]
        self.plugins: dict[tuple[str, str], Modelled] = {}
        self.stamps = itertools.count(1)

    def attempt(self, use_case: Callable[..., Awaitable[Any]], *arguments: Any) -> bool:
        """Whether the registry did it; what it refuses changes nothing in the model."""
        try:
            self.stage.call(use_case, *arguments)
        except RegistryError as refusal:
            if refusal.kind in REFUSALS:
                return False
            raise
        return True

    def plugin_of(self, caller: Caller, name: str) -> Modelled:
        return self.plugins[caller.tenant_id, name]

    def pick(self, which: int, by: int, number: int = 0) -> tuple[Caller, str, str]:
        """Somebody of the tenant of some plug-in, its name, and one of its versions."""
        plugin = list(self.plugins.values())[which % len(self.plugins)]
        colleagues = [each for each in self.callers if each.tenant_id == plugin.tenant.id]
        versions = sorted(plugin.versions) or ["1.0.0"]
        return colleagues[by % len(colleagues)], plugin.name, versions[number % len(versions)]

    def touched(self, plugin: Modelled) -> None:
        plugin.stamp = next(self.stamps)

    def made(self, caller: Caller, name: str, facts: dict[str, Any]) -> Modelled:
        """The plug-in as it is once it is made, if it is missing; made again it keeps its maker and its numbers."""
        buried = self.plugins.get((caller.tenant_id, name))
        if buried is not None and not buried.deleted:
            return buried
        tenant = next(each for each in self.tenants if each.id == caller.tenant_id)
        plugin = Modelled(tenant, name, buried.creator if buried else caller.user_id, display_name=name)
        plugin.versions = buried.versions if buried else {}
        plugin.told(facts)
        self.plugins[caller.tenant_id, name] = plugin
        return plugin

    # -- what authors do ----------------------------------------------------------------------------------------------------

    who = st.integers(0, 7)
    which = st.integers(0, 11)
    name = st.sampled_from(NAMES)
    version = st.sampled_from(VERSIONS)

    @rule(who=who, name=name, facts=FACTS)
    def announce(self, who: int, name: str, facts: dict[str, Any]) -> None:
        caller = self.callers[who]
        if self.attempt(self.registry.plugins.add_basic, caller, name, PluginFacts(**facts)):
            self.touched(self.made(caller, name, facts))

    @rule(
        who=who, name=name, version=version, facts=FACTS, formal=st.booleans(),
        steps=st.sampled_from([(), (), ("alpha",), ("d_e", "beta"), ("beta", "d_e", "missing")]),
    )  # fmt: skip
    def add_version(
        self, who: int, name: str, version: str, facts: dict[str, Any], formal: bool, steps: tuple[str, ...]
    ) -> None:
        caller = self.callers[who]
        use_case = self.registry.plugins.create_version if formal else self.registry.plugins.create_draft
        if self.attempt(use_case, caller, a_spec(name, version, *steps, **facts)):
            composed = facts | {"composition": Composition.MULTI if steps else None}
            plugin = self.made(caller, name, composed)
            if not plugin.has_release:
                plugin.told(composed)
            elif formal:
                plugin.told(content(composed))
            plugin.versions[version] = Held("formal" if formal else "draft", content(composed))
            self.touched(plugin)

    @precondition(any_plugins)
    @rule(which=which, by=which, number=which, facts=FACTS)
    def edit_draft(self, which: int, by: int, number: int, facts: dict[str, Any]) -> None:
        caller, name, version = self.pick(which, by, number)
        if self.attempt(self.registry.plugins.edit_draft, caller, a_spec(name, version, **facts)):
            plugin = self.plugin_of(caller, name)
            held = plugin.versions[version]
            held.facts = held.facts | {key: value for key, value in content(facts).items() if value is not None}
            if not plugin.has_release:
                plugin.told(facts)
            self.touched(plugin)

    @precondition(any_plugins)
    @rule(which=which, by=which, number=which)
    def publish_draft(self, which: int, by: int, number: int) -> None:
        caller, name, version = self.pick(which, by, number)
        if self.attempt(self.registry.plugins.publish_draft, caller, name, version):
            plugin = self.plugin_of(caller, name)
            plugin.versions[version].state = "formal"
            plugin.told(plugin.versions[version].facts)
            self.touched(plugin)

    @precondition(any_plugins)
    @rule(which=which, by=which, number=which)
    def delete_draft(self, which: int, by: int, number: int) -> None:
        caller, name, version = self.pick(which, by, number)
        if self.attempt(self.registry.plugins.delete_draft, caller, name, version):
            plugin = self.plugin_of(caller, name)
            del plugin.versions[version]
            self.touched(plugin)

    @precondition(any_plugins)
    @rule(which=which, by=which, facts=FACTS)
    def describe(self, which: int, by: int, facts: dict[str, Any]) -> None:
        caller, name, _ = self.pick(which, by)
        if self.attempt(self.registry.plugins.update_facts, caller, name, PluginFacts(**facts)):
            plugin = self.plugin_of(caller, name)
            plugin.told(facts)
            self.touched(plugin)

    @precondition(any_plugins)
    @rule(which=which, by=which)
    def release_to_everybody(self, which: int, by: int) -> None:
        caller, name, _ = self.pick(which, by)
        plugin = self.plugins.get((caller.tenant_id, name))
        if plugin is None or plugin.published or not plugin.has_release:
            return
        try:
            self.stage.call(self._publish, caller, name)
        except RegistryError:
            return
        plugin.published = True
        self.touched(plugin)

    async def _publish(self, caller: Caller, name: str) -> None:
        publisher_name = new_id()
        await publish(self.registry, caller, OPERATOR, name, publisher_name)

    @precondition(any_plugins)
    @rule(which=which, by=which, number=which)
    def delete_version(self, which: int, by: int, number: int) -> None:
        caller, name, version = self.pick(which, by, number)
        if self.attempt(self.registry.plugins.delete, caller, name, version):
            plugin = self.plugin_of(caller, name)
            if plugin.versions[version].state == "draft":
                del plugin.versions[version]
            else:
                plugin.versions[version].state = "retired"
            self.touched(plugin)

    @precondition(any_plugins)
    @rule(which=which, by=which)
    def delete(self, which: int, by: int) -> None:
        caller, name, _ = self.pick(which, by)
        if self.attempt(self.registry.plugins.delete, caller, name):
            plugin = self.plugin_of(caller, name)
            plugin.deleted = True
            kept = {number: held for number, held in plugin.versions.items() if held.state != "draft"}
            plugin.versions = {number: Held("retired", held.facts) for number, held in kept.items()}

    # -- what viewers see ---------------------------------------------------------------------------------------------------

    def expected(self, caller: Caller, chosen: Filter) -> list[Modelled]:
        seen = [each for each in self.plugins.values() if each.seen_by(caller) and chosen.takes(each, caller)]
        return sorted(seen, key=lambda plugin: -plugin.stamp)

    @rule(who=who, chosen=FILTERS, limit=st.integers(1, 4))
    def look(self, who: int, chosen: Filter, limit: int) -> None:
        """Every page at every offset."""
        caller = self.callers[who]
        expected = [told(each) for each in self.expected(caller, chosen)]
        for offset in range(len(expected) + 2):
            page = self.stage.call(
                self.registry.catalogue.find, caller, chosen.query, Paging(offset=offset, limit=limit)
            )
            found = [
                (
                    each.plugin.tenant_id,
                    each.plugin.name,
                    each.plugin.display_name,
                    each.plugin.attribution,
                    each.version,
                )
                for each in page.items
            ]
            assert (page.total, found) == (len(expected), expected[offset : offset + limit]), (caller, chosen, offset)

    @rule(
        who=who,
        use=st.sampled_from(["pipeline", "template"]),
        wanted=st.sampled_from([None, *TYPES]),
        limit=st.integers(1, 4),
    )
    def look_for_usable(self, who: int, use: Any, wanted: str | None, limit: int) -> None:
        """Category by category, and within each the latest change first."""
        caller = self.callers[who]
        usable = [
            each
            for category in BUSINESS_TYPES
            for each in self.expected(caller, Filter())
            if each.business_type == category and each.has_release and wanted in (None, category)
            and not (use == "template" and each.is_private)
        ]  # fmt: skip
        for offset in range(len(usable) + 2):
            query = UsableQuery(use_condition=use, business_type=wanted)
            page = self.stage.call(
                self.registry.pipelines.by_category, caller, query, Paging(offset=offset, limit=limit)
            )
            found = [(each.summary.plugin.tenant_id, each.summary.plugin.name) for each in page.items]
            expected = [(each.tenant.id, each.name) for each in usable[offset : offset + limit]]
            assert (page.total, found) == (len(usable), expected), (caller, query, offset)

    @rule(who=who, attribution=st.sampled_from([None, *Attribution]))
    def look_for_basic(self, who: int, attribution: Attribution | None) -> None:
        caller = self.callers[who]
        expected = [
            (each.tenant.id, each.name)
            for each in self.expected(caller, Filter(attribution=attribution))
            if each.has_release and each.composition is Composition.SINGLE
        ]
        page = self.stage.call(self.registry.pipelines.basic, caller, attribution, ALL_ROWS)
        assert (page.total, [(each.plugin.tenant_id, each.plugin.name) for each in page.items]) == (
            len(expected), expected,
        )  # fmt: skip

    def teardown(self) -> None:
        if not hasattr(self, "plugins"):
            return
        for who in range(len(self.callers)):
            self.look(who, Filter(), 3)
            self.look_for_usable(who, "pipeline", None, 2)
        assert self.stage.call(disorder, self.stage.owner) == []


def told(plugin: Modelled) -> tuple[str, str, str, Attribution, str]:
    return (plugin.tenant.id, plugin.name, plugin.display_name, plugin.attribution, plugin.current)


async def disorder(owner: Any) -> list[str]:
    """What is not as it has to be: the shelves follow from the plug-ins, the tallies from the shelves."""
    checks = {
        "places that are missing or too many": """
            SELECT shelf, change, plugin_id FROM plugin_shelves
            EXCEPT SELECT shelf, change, id FROM plugins p, shelves_of(p) AS shelf
            UNION ALL (SELECT shelf, change, id FROM plugins p, shelves_of(p) AS shelf
                       EXCEPT SELECT shelf, change, plugin_id FROM plugin_shelves)""",
        "tallies that are no count": """
            SELECT shelf, level, block, places FROM plugin_tally
            EXCEPT SELECT shelf, level, change >> (6 * level), count(*) FROM plugin_shelves, generate_series(1, 3) level
                    GROUP BY 1, 2, 3
            UNION ALL (SELECT shelf, level, change >> (6 * level), count(*) FROM plugin_shelves, generate_series(1, 3) level
                        GROUP BY 1, 2, 3
                       EXCEPT SELECT shelf, level, block, places FROM plugin_tally)""",
        "tallies of nothing": "SELECT * FROM plugin_tally WHERE places <= 0",
        "wrong counts of users": """
            SELECT id, refer_count FROM plugins p
             WHERE refer_count <> (SELECT count(DISTINCT plugin_id) FROM plugin_uses u WHERE u.used_plugin_id = p.id)""",
        "uses of what is gone": """
            SELECT u.* FROM plugin_uses u JOIN plugin_versions v ON v.id = u.version_id WHERE v.deleted_at IS NOT NULL""",
        "wrong current versions": """
            SELECT id FROM plugins p WHERE current_version_id IS DISTINCT FROM (
                SELECT v.id FROM plugin_versions v WHERE v.plugin_id = p.id AND v.deleted_at IS NULL
                 ORDER BY v.state = 'formal' DESC, v.precedence DESC LIMIT 1)""",
    }
    return [f"{what}: {dict(row)}" for what, query in checks.items() for row in await owner.fetch(query)]


def test_every_list_is_what_the_model_predicts(stage: Stage) -> None:
    machine = type("Catalogue", (Catalogue,), {"stage": stage})
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


# -- long shelves ------------------------------------------------------------------------------------------------------------


def test_any_place_of_long_shelves_is_found_however_far_apart_the_changes_are(stage: Stage) -> None:
    """Changes on both sides of every border of the tally's blocks (64, 64 x 64, 64 x 64 x 64), on two shelves in turn."""
    stage.portal.call(_check_long_shelves, stage)


async def _check_long_shelves(stage: Stage) -> None:
    tenant = await stage.wiring.registry.access.create_tenant(OPERATOR, f"t-{new_id()}")
    borders = {64**power * times for power in (1, 2, 3, 4) for times in (1, 2, 3, 63, 64, 65)}
    changes = {border + step for border in borders for step in (-2, -1, 0, 1)}
    changes |= set(range(10_000_000, 10_000_700)) | set(range(20_000_000, 90_000_000, 262_143))
    # Every third is everybody's: a list of the tenant takes both shelves together.
    await stage.owner.execute("TRUNCATE plugins, plugin_shelves, plugin_tally CASCADE")
    await stage.owner.execute(
        """INSERT INTO plugins (id, tenant_id, name, display_name, description, business_type, runtime_attribution, icon_url,
                                is_private, region, maintainers, composition, attribution, public_name, has_release,
                                creator_id, updated_by_id, updated_by_name, change)
           SELECT replace(gen_random_uuid()::text, '-', ''), $1, 'p' || change, '', '', 'Test', 'agent', '', false, '', '{}',
                  'single', CASE WHEN change % 3 = 0 THEN 'official' ELSE 'custom' END, change % 3 = 0, change % 3 = 0,
                  '', '', '', change
             FROM unnest($2::bigint[]) AS change""",
        tenant.id,
        sorted(changes),
    )
    assert await disorder(stage.owner) == []
    expected = [f"p{change}" for change in sorted(changes, reverse=True)]
    shelves = [f"{tenant.id}|custom", "*|official"]
    offsets = {*range(0, len(expected), 37), *range(70), *range(len(expected) - 70, len(expected) + 2)}
    async with stage.wiring.database.transaction(tenant.id) as tx:
        assert sum((await plugins.count_places(tx, shelves)).values()) == len(expected)
        for skip in sorted(offsets):
            page = await plugins.list_shelves(tx, tenant.id, shelves, skip=skip, take=3)
            assert [each.plugin.name for each in page] == expected[skip : skip + 3], skip


# -- changes at once ---------------------------------------------------------------------------------------------------------


def test_changes_of_several_tenants_at_once_neither_fail_nor_miscount(stage: Stage) -> None:
    stage.portal.call(_work_at_once, stage)


async def _work_at_once(stage: Stage) -> None:
    registry = stage.wiring.registry
    await stage.owner.execute("TRUNCATE plugins, plugin_shelves, plugin_tally CASCADE")
    tenants = [await registry.access.create_tenant(OPERATOR, f"t-{new_id()}", official=n < 2) for n in range(4)]
    callers = [a_caller(tenant, f"u{number}") for number, tenant in enumerate(tenants)]
    names = {caller.user_id: [f"{caller.user_id}-{number}" for number in range(4)] for caller in callers}
    for caller in callers:
        for name in names[caller.user_id]:
            await registry.plugins.create_version(caller, a_spec(name, "0.1.0"))

    async def live(caller: Caller, number: int) -> None:
        """A composite of what everybody sees, in an order of its own; edited, released, and half of them deleted."""
        used = names["u0"] + names["u1"]
        random.Random(f"{caller.user_id}-{number}").shuffle(used)
        name = f"{caller.user_id}-composite-{number}"
        await registry.plugins.create_draft(caller, a_spec(name, "1.0.0", *used[:4]))
        await registry.plugins.edit_draft(caller, a_spec(name, "1.0.0", *used[2:6]))
        await registry.plugins.publish_draft(caller, name, "1.0.0")
        await registry.plugins.update_facts(caller, names[caller.user_id][number % 4], PluginFacts(description="new"))
        if number % 2:
            await registry.plugins.delete(caller, name)

    await asyncio.gather(*(live(caller, number) for caller in callers for number in range(8)))
    assert await disorder(stage.owner) == []
    for caller in callers[2:]:
        page = await registry.catalogue.find(caller, PluginQuery(), ALL_ROWS)
        assert page.total == len(page.items) == 2 * (4 + 4) + (4 + 4)


def test_tenants_that_use_each_others_plugins_do_not_wait_for_each_other_for_ever(stage: Stage) -> None:
    """Each releases versions whose steps run the other's plug-in, all at once."""
    stage.portal.call(_use_each_other, stage)


async def _use_each_other(stage: Stage) -> None:
    registry = stage.wiring.registry
    await stage.owner.execute("TRUNCATE plugins, plugin_shelves, plugin_tally CASCADE")
    tenants = [await registry.access.create_tenant(OPERATOR, f"t-{new_id()}", official=True) for _ in range(3)]
    callers = [a_caller(tenant, f"u{number}") for number, tenant in enumerate(tenants)]
    names = [f"of-{caller.user_id}" for caller in callers]
    for caller, name in zip(callers, names, strict=True):
        await registry.plugins.create_version(caller, a_spec(name, "0.1.0", "none-yet"))

    async def release(caller: Caller, name: str, version: str) -> None:
        others = [each for each in names if each != name]
        await registry.plugins.create_draft(caller, a_spec(name, version, *others))
        await registry.plugins.edit_draft(caller, a_spec(name, version, others[0]))
        await registry.plugins.edit_draft(caller, a_spec(name, version, others[1]))
        await registry.plugins.publish_draft(caller, name, version)

    await asyncio.gather(
        *(
            release(caller, name, f"1.{minor}.0")
            for minor in range(8)
            for caller, name in zip(callers, names, strict=True)
        )
    )
    assert await disorder(stage.owner) == []
