"""Rows of checks: what each came to in which run, and what it found. They are only ever added.

And what checks need to know of the rows of others: releases before, names nearby, what is to be checked again.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.model.checks import (
    Area,
    CheckedRelease,
    CheckResult,
    Definition,
    EarlierRelease,
    Finding,
    Neighbour,
    Outcome,
    PackageLocation,
    Severity,
    Subject,
    SubjectKind,
)
from schemas.model.packages import InputDefinition, MetricGroup, OutputDefinition
from schemas.model.plugins import PluginFacts
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("checks")

_LONGEST = 4096
_MOST_NEIGHBOURS = 5
_POPULAR_PLUGIN, _POPULAR_EXTENSION = 5, 100
"""So many plug-ins use it; so often it was installed."""


async def keep(tx: Transaction, subject: Subject, results: Sequence[CheckResult]) -> int:
    """Adds a run with these results, which is the one that counts from now on; answers its number. The caller holds the lock of
    the tenant."""
    named = {"tenant_id": subject.tenant_id, "kind": subject.kind, "subject_id": subject.subject_id}
    run: int = (await tx.value(QUERIES.find_last_run, **named) or 0) + 1
    digest = subject.package.sha256 if subject.package is not None else None
    for each in results:
        await tx.run(
            QUERIES.insert_check,
            **named,
            run=run,
            name=each.name,
            area=each.area,
            outcome=each.outcome,
            blocking=each.blocking,
            rule_set=each.rule_set,
            digest=digest,
        )
        if each.findings:
            await tx.run(
                QUERIES.insert_findings,
                **named,
                run=run,
                name=each.name,
                rules=[finding.rule for finding in each.findings],
                severities=[finding.severity for finding in each.findings],
                entries=[finding.entry[:_LONGEST] for finding in each.findings],
                lines=[finding.line for finding in each.findings],
                messages=[finding.message[:_LONGEST] for finding in each.findings],
                remedies=[finding.remedy[:_LONGEST] for finding in each.findings],
            )
    return run


async def find(tx: Transaction, tenant_id: str, kind: SubjectKind, subject_id: str) -> list[CheckResult]:
    """What the newest run came to, by the names of its checks; nothing where there is none."""
    named = {"tenant_id": tenant_id, "kind": kind, "subject_id": subject_id}
    run = await tx.value(QUERIES.find_last_run, **named)
    if run is None:
        return []
    findings: dict[str, list[Finding]] = {}
    for row in await tx.many(QUERIES.list_findings, **named, run=run):
        told = Finding(
            check=row["name"],
            rule=row["rule"],
            severity=Severity(row["severity"]),
            entry=row["entry"],
            line=row["line"],
            message=row["message"],
            remedy=row["remedy"],
        )
        findings.setdefault(row["name"], []).append(told)
    return [
        CheckResult(
            name=row["name"],
            area=Area(row["area"]),
            outcome=Outcome(row["outcome"]),
            blocking=row["blocking"],
            rule_set=row["rule_set"],
            findings=findings.get(row["name"], []),
        )
        for row in await tx.many(QUERIES.list_checks, **named, run=run)
    ]


# -- what else there is ------------------------------------------------------------------------------------------------------


async def find_earlier_plugin(tx: Transaction, tenant_id: str, name: str, precedence: bytes) -> EarlierRelease | None:
    """The release of the tenant's plug-in with the highest number below that one."""
    row = await tx.maybe(QUERIES.find_earlier_plugin, tenant_id=tenant_id, name=name, precedence=precedence)
    if row is None:
        return None
    return EarlierRelease(version=row["version"], definition=_definition({**row, "name": name}), package=_package(row))


async def find_earlier_extension(
    tx: Transaction, tenant_id: str, publisher: str, name: str, target_platform: str, precedence: bytes
) -> EarlierRelease | None:
    """The published version of the tenant's extension, for that platform, with the highest number below that one."""
    row = await tx.maybe(
        QUERIES.find_earlier_extension,
        tenant_id=tenant_id,
        publisher=publisher,
        name=name,
        target_platform=target_platform,
        precedence=precedence,
    )
    return EarlierRelease(version=row["version"], package=_package(row)) if row else None


async def look_alike_key(tx: Transaction, name: str) -> str:
    """What names that read alike have in common."""
    key: str = await tx.value(QUERIES.find_look_alike_key, name=name)
    return key


async def list_neighbours(
    tx: Transaction, tenant_id: str, kind: SubjectKind, key: str, near: Sequence[str]
) -> list[Neighbour]:
    """What others have shown to everybody under names that have `key`, or one of the keys that are `near` it; a few of them, the
    likest and most popular first."""
    is_extension = kind is SubjectKind.EXTENSION
    rows = await tx.many(
        QUERIES.list_extension_neighbours if is_extension else QUERIES.list_plugin_neighbours,
        tenant_id=tenant_id,
        key=key,
        keys=[key, *near],
        popular=_POPULAR_EXTENSION if is_extension else _POPULAR_PLUGIN,
        most=_MOST_NEIGHBOURS,
    )
    return [Neighbour(**row) for row in rows]


async def find_subject(tx: Transaction, tenant_id: str, kind: SubjectKind, subject_id: str) -> Subject | None:
    """What is to be checked again; None where it is no more."""
    named = {"tenant_id": tenant_id, "subject_id": subject_id}
    if kind is SubjectKind.EXTENSION:
        row = await tx.maybe(QUERIES.find_extension_subject, **named)
        return _subject(kind, tenant_id, subject_id, row) if row else None
    row = await tx.maybe(QUERIES.find_plugin_subject, **named)
    if row is None:
        return None
    found = _subject(SubjectKind(row["kind"]), tenant_id, subject_id, row)
    return msgspec.structs.replace(found, definition=_definition(row))


async def find_checked(tx: Transaction, subject_id: str) -> tuple[str, SubjectKind] | None:
    """Whose it is, and what. For the platform."""
    row = await tx.maybe(QUERIES.find_subject_tenant, subject_id=subject_id)
    return (row["tenant_id"], SubjectKind(row["kind"])) if row else None


async def list_releases(
    tx: Transaction, kind: SubjectKind | None, after: tuple[str, str], most: int
) -> list[CheckedRelease]:
    """Every tenant's releases of that kind, or of all, by kind and id, from the one behind `after` on. For the platform."""
    rows = await tx.many(QUERIES.list_releases, kind=kind, after_kind=after[0], after_id=after[1], most=most)
    return [CheckedRelease(**{**row, "kind": SubjectKind(row["kind"])}) for row in rows]


async def forget(tx: Transaction, days: int) -> int:
    """Forgets results older than that which are of no upload and no version; answers how many."""
    count: int = await tx.value(QUERIES.forget_checks, days=days)
    return count


def _subject(kind: SubjectKind, tenant_id: str, subject_id: str, row: Any) -> Subject:
    return Subject(kind=kind, tenant_id=tenant_id, subject_id=subject_id, package=_package(row))


def _definition(row: Any) -> Definition:
    facts = msgspec.json.decode(row["facts"], type=PluginFacts)
    return Definition(
        name=row["name"],
        version=row["version"],
        display_name=facts.display_name or "",
        description=facts.description or "",
        inputs=msgspec.json.decode(row["inputs"], type=list[InputDefinition]),
        outputs=msgspec.json.decode(row["outputs"], type=list[OutputDefinition]),
        metrics=msgspec.json.decode(row["metrics"], type=list[MetricGroup]),
        execution=msgspec.json.decode(row["execution"], type=dict[str, Any]),
    )


def _package(row: Any) -> PackageLocation | None:
    return PackageLocation(key=row["key"], size=row["size"], sha256=row["sha256"]) if row["key"] is not None else None
