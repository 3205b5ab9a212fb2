"""Who gets which package of an extension, and what counts as an install."""

import asyncio

import pytest

from app.registry import Registry
from app.settings import Settings
from app.wiring import wired
from schemas.errors import AssetUnknown, ExtensionUnknown, ExtensionVersionUnknown, InvalidField
from schemas.model.access import Caller
from schemas.model.downloads import Download, Span
from schemas.model.installs import InstallCounts
from schemas.paging import Paging
from tests.accounts import NewAccount
from tests.contract.installs.world import README, Shelf

ALL = Paging(offset=0, limit=100)


async def whole(registry: Registry, caller: Caller, download: Download) -> bytes:
    span = Span(offset=0, length=download.size)
    return b"".join([piece async for piece in await registry.installs.open(caller, download, span)])


async def found(
    registry: Registry, caller: Caller, shelf: Shelf, version: str = "1.0.0", platform: str = "universal"
) -> Download:
    return await registry.installs.find(caller, shelf.publisher, shelf.name, version, platform)


async def installed(registry: Registry, caller: Caller, shelf: Shelf, *version: str) -> None:
    """The caller has downloaded the whole package."""
    await registry.installs.count(caller, await found(registry, caller, shelf, *version))


async def counts(registry: Registry, shelf: Shelf) -> InstallCounts:
    return await registry.installs.counts(shelf.caller, shelf.publisher, shelf.name, ALL)


async def total(registry: Registry, shelf: Shelf) -> int:
    """How many installs were counted; in all and by day they are the same."""
    told = await counts(registry, shelf)
    assert told.installs == sum(each.installs for each in told.days)
    return told.installs


# -- who gets what ---------------------------------------------------------------------------------------------------------


async def test_a_published_package_goes_to_everybody_whatever_the_case_of_its_name(
    registry: Registry, shelf: Shelf, new_account: NewAccount
) -> None:
    package = await shelf.put("1.0.0")
    stranger = new_account().user("viewer").caller
    for publisher, name in (
        (shelf.publisher, shelf.name),
        (shelf.publisher.upper(), shelf.name.upper()),
        (shelf.publisher.lower(), shelf.name.lower()),
    ):
        download = await registry.installs.find(stranger, publisher, name, "1.0.0", "universal")
        assert await whole(registry, stranger, download) == package
        assert download.package.is_final


async def test_what_waits_for_review_goes_to_the_own_tenant_and_is_not_final(
    registry: Registry, shelf: Shelf, new_account: NewAccount
) -> None:
    await shelf.put("1.0.0")
    package = await shelf.put("1.1.0", state="in-review")
    download = await found(registry, shelf.caller, shelf, "1.1.0")
    assert await whole(registry, shelf.caller, download) == package
    assert not download.package.is_final
    stranger = new_account().user("operator").caller
    with pytest.raises(ExtensionVersionUnknown):
        await found(registry, stranger, shelf, "1.1.0")
    with pytest.raises(ExtensionVersionUnknown):
        await registry.installs.asset(stranger, shelf.publisher, shelf.name, "1.1.0", "universal", "readme")


async def test_a_rejected_package_goes_to_nobody(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0", state="rejected")
    with pytest.raises(ExtensionVersionUnknown):
        await found(registry, shelf.caller, shelf)


@pytest.mark.parametrize(
    ("version", "platform"),
    [("1.0.1", "universal"), ("1.0.0+build", "universal"), ("1.0.0", "linux-x64"), ("1.0.0", "UNIVERSAL")],
)
async def test_another_version_or_platform_is_unknown(
    registry: Registry, shelf: Shelf, version: str, platform: str
) -> None:
    await shelf.put("1.0.0")
    with pytest.raises(ExtensionVersionUnknown):
        await found(registry, shelf.caller, shelf, version, platform)


async def test_what_is_no_version_number_is_refused_by_its_field(registry: Registry, shelf: Shelf) -> None:
    with pytest.raises(InvalidField, match=r"^version: "):
        await found(registry, shelf.caller, shelf, "latest")


async def test_each_platform_has_a_package_of_its_own(registry: Registry, shelf: Shelf) -> None:
    linux = await shelf.put("1.0.0", "linux-x64")
    mac = await shelf.put("1.0.0", "darwin-arm64")
    for platform, package in (("linux-x64", linux), ("darwin-arm64", mac)):
        download = await found(registry, shelf.caller, shelf, "1.0.0", platform)
        assert await whole(registry, shelf.caller, download) == package


async def test_files_of_a_package_are_those_that_it_has(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0")
    ask = shelf.caller, shelf.publisher, shelf.name, "1.0.0", "universal"
    assert (await registry.installs.asset(*ask, "readme")).content == README
    for kind in ("nothing", "", "README", "package"):
        with pytest.raises(AssetUnknown):
            await registry.installs.asset(*ask, kind)


# -- what counts -----------------------------------------------------------------------------------------------------------


async def test_a_user_counts_once_within_an_hour_and_again_afterwards(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0")
    user = shelf.account.user("viewer").caller
    for _ in range(3):
        await installed(registry, user, shelf)
    assert await total(registry, shelf) == 1
    await shelf.grow_old(minutes=59)
    await installed(registry, user, shelf)
    assert await total(registry, shelf) == 1
    await shelf.grow_old(minutes=2)
    await installed(registry, user, shelf)
    assert await total(registry, shelf) == 2


async def test_twenty_downloads_at_once_of_one_user_are_one_install(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0")
    user = shelf.account.user("viewer").caller
    download = await found(registry, user, shelf)
    await asyncio.gather(*(registry.installs.count(user, download) for _ in range(20)))
    assert await total(registry, shelf) == 1


async def test_downloads_at_once_of_many_users_are_as_many_installs(
    registry: Registry, shelf: Shelf, new_account: NewAccount
) -> None:
    """Of two versions, so that they meet at the extension's count only, and of users of several tenants."""
    await shelf.put("1.0.0")
    await shelf.put("1.1.0")
    users = [(new_account() if number % 4 == 0 else shelf.account).user("viewer").caller for number in range(8)]
    await asyncio.gather(
        *(installed(registry, user, shelf, version) for user in users for version in ("1.0.0", "1.1.0", "1.0.0"))
    )
    told = await counts(registry, shelf)
    assert told.installs == 16
    assert [(each.version, each.installs) for each in told.days] == [("1.1.0", 8), ("1.0.0", 8)]


async def test_each_version_platform_and_day_has_a_count_of_its_own(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0", "linux-x64")
    await shelf.put("1.0.0", "darwin-arm64")
    for platform in ("linux-x64", "darwin-arm64"):
        await registry.installs.count(shelf.caller, await found(registry, shelf.caller, shelf, "1.0.0", platform))
    await shelf.owner.execute("UPDATE install_counts SET day = day - 1 WHERE extension_id = $1", await shelf.id())
    await shelf.grow_old(minutes=61)
    await installed(registry, shelf.caller, shelf, "1.0.0", "linux-x64")
    told = await counts(registry, shelf)
    assert (told.installs, told.rows) == (3, 3)
    assert [each.target_platform for each in told.days] == ["linux-x64", "darwin-arm64", "linux-x64"]
    assert told.days[0].day > told.days[1].day == told.days[2].day
    page = await registry.installs.counts(shelf.caller, shelf.publisher, shelf.name, Paging(offset=1, limit=1))
    assert (page.installs, page.rows, page.days) == (3, 3, told.days[1:2])


async def test_what_is_not_published_is_not_counted(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0", state="in-review")
    await installed(registry, shelf.caller, shelf)
    assert await total(registry, shelf) == 0


async def test_a_count_that_fails_breaks_nothing(registry: Registry, shelf: Shelf, settings: Settings) -> None:
    await shelf.put("1.0.0")
    async with wired(settings) as lost:
        download = await found(lost.registry, shelf.caller, shelf)
        await lost.database.close()
        await lost.registry.installs.count(shelf.caller, download)
    assert await total(registry, shelf) == 0


async def test_counts_are_the_own_tenants(registry: Registry, shelf: Shelf, new_account: NewAccount) -> None:
    await shelf.put("1.0.0")
    with pytest.raises(ExtensionUnknown):
        await registry.installs.counts(new_account().user("author").caller, shelf.publisher, shelf.name, ALL)


async def test_who_installed_what_is_forgotten_when_it_makes_no_difference(registry: Registry, shelf: Shelf) -> None:
    await shelf.put("1.0.0")
    early, late = shelf.account.user("viewer").caller, shelf.account.user("viewer").caller
    await installed(registry, early, shelf)
    await shelf.grow_old(minutes=61)
    await installed(registry, late, shelf)
    await registry.installs.sweep()
    rows = await shelf.owner.fetch("SELECT user_id FROM recent_installs WHERE tenant_id = $1", shelf.account.id)
    assert [row["user_id"] for row in rows] == [late.user_id]
    await installed(registry, late, shelf)
    assert await total(registry, shelf) == 2
