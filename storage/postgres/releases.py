"""Rows of releases. The database itself refuses every move that is not one, and every release without passes and decision."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from schemas.errors import ChecksNotPassed
from schemas.model.access import Caller
from schemas.model.checks import SubjectKind
from schemas.model.plugins import Plugin
from schemas.model.releases import Act, NewRelease, Release, ReleaseQuery, ReleaseState
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.plugins import plugin_of
from storage.postgres.queries import load

QUERIES = load("releases")

_REFUSED_BY_TRIGGER = "23000"


async def insert(tx: Transaction, new: NewRelease) -> Release:
    """A draft of a release."""
    await tx.run(QUERIES.insert_release, **{name: getattr(new, name) for name in new.__struct_fields__})
    return release_of(await tx.one(QUERIES.find_release, tenant_id=new.tenant_id, id=new.id))


async def find(tx: Transaction, tenant_id: str, release_id: str) -> Release | None:
    """The tenant's release."""
    row = await tx.maybe(QUERIES.find_release, tenant_id=tenant_id, id=release_id)
    return release_of(row) if row else None


async def find_tenant(tx: Transaction, release_id: str) -> str | None:
    """Whose release it is. For the platform, or for its own tenant."""
    tenant_id: str | None = await tx.value(QUERIES.find_tenant, id=release_id)
    return tenant_id


async def list_page(
    tx: Transaction, tenant_id: str | None, caller: Caller, query: ReleaseQuery, paging: Paging
) -> Page[Release]:
    """The tenant's releases that the caller may know of, or (None, for the platform) every tenant's; latest change first."""
    asked = {
        "tenant_id": tenant_id,
        "state": query.state,
        "kind": query.kind,
        "name": query.name,
        "sees_private": caller.is_admin,
        "user_id": caller.user_id,
    }
    rows = await tx.many(QUERIES.list_releases, **asked, offset=paging.offset, limit=paging.limit)
    return Page(items=[release_of(row) for row in rows], total=await tx.value(QUERIES.count_releases, **asked))


async def list_of_plugin(
    tx: Transaction, plugin: Plugin, states: Sequence[ReleaseState], *, deleted: bool = False
) -> list[Release]:
    """The releases of a plug-in's live versions in one of these states, lowest number first; with `deleted` also of others."""
    rows = await tx.many(
        QUERIES.list_pending,
        tenant_id=plugin.tenant_id,
        object_id=plugin.id,
        states=[str(each) for each in states],
        deleted=deleted,
    )
    return [release_of(row) for row in rows]


async def move(tx: Transaction, before: Release, act: Act, after: Release) -> Release:
    """The release goes from `before` to what `after` says, by that act. Raises `ChecksNotPassed` where the database refuses."""
    try:
        await tx.run(
            QUERIES.move_release,
            tenant_id=before.tenant_id,
            id=before.id,
            before=before.state,
            round=before.round,
            act=act,
            after=after.state,
            message=after.message,
            reasons=after.reasons,
            publisher_id=after.publisher_id,
            submitter_id=after.submitter_id,
            submitter_name=after.submitter_name,
            deprecation=after.deprecation,
            replacement=after.replacement,
            removal_date=after.removal_date,
            restores_to=after.restores_to,
        )
    except asyncpg.IntegrityConstraintViolationError as error:
        if error.sqlstate != _REFUSED_BY_TRIGGER or act not in (Act.PASS, Act.ACCEPT):
            raise
        raise ChecksNotPassed(reasons=f"the database says that {error}") from error
    return release_of(await tx.one(QUERIES.find_release, tenant_id=before.tenant_id, id=before.id))


async def count_released(tx: Transaction, release: Release) -> tuple[int, int]:
    """How many releases have gone out of the same publisher, and of the same extension or plug-in."""
    row = await tx.one(
        QUERIES.count_released,
        tenant_id=release.tenant_id,
        publisher_id=release.publisher_id,
        object_id=release.object_id,
    )
    return row["of_publisher"], row["of_object"]


async def find_plugin(tx: Transaction, release: Release) -> Plugin | None:
    """The plug-in that it is a release of."""
    row = await tx.maybe(QUERIES.find_plugin, tenant_id=release.tenant_id, id=release.object_id)
    return plugin_of(row) if row else None


def release_of(row: Any) -> Release:
    """The release of a row that has every column of it."""
    told = {name: row[name] for name in Release.__struct_fields__} | {
        "kind": SubjectKind(row["kind"]),
        "state": ReleaseState(row["state"]),
        "restores_to": ReleaseState(row["restores_to"]) if row["restores_to"] else None,
    }
    return Release(**told)
