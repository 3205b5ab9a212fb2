"""Rows of extensions: what packages hold, and the versions that came of it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.model.access import Caller
from schemas.model.extensions import (
    Asset,
    AssetKind,
    Extension,
    ExtensionReview,
    ExtensionVersion,
    PackageFacts,
    VersionState,
)
from schemas.model.publishers import Publisher
from schemas.model.uploads import Upload
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("extensions")

_FACTS = msgspec.json.Decoder(PackageFacts)


# -- packages ----------------------------------------------------------------------------------------------------------------


async def keep_package(
    tx: Transaction, tenant_id: str, sha256: str, facts: PackageFacts, assets: Sequence[Asset]
) -> None:
    """What the tenant's package of that digest says and holds; nothing changes where it is known. The blob is kept already."""
    told = msgspec.json.encode(facts).decode()
    await tx.run(QUERIES.insert_package, tenant_id=tenant_id, digest=sha256, facts=told)
    for asset in assets:
        await tx.run(
            QUERIES.insert_asset,
            tenant_id=tenant_id,
            digest=sha256,
            kind=asset.kind,
            media_type=asset.media_type,
            asset_digest=asset.sha256,
            content=asset.content,
        )


async def find_package(tx: Transaction, tenant_id: str, sha256: str) -> PackageFacts | None:
    """What the tenant's package of that digest says, where it was readable and is still kept."""
    facts = await tx.value(QUERIES.find_package, tenant_id=tenant_id, digest=sha256)
    return _FACTS.decode(facts) if facts is not None else None


async def list_asset_kinds(tx: Transaction, tenant_id: str, sha256: str) -> list[AssetKind]:
    """Which files of the tenant's package of that digest are kept."""
    rows = await tx.many(QUERIES.list_asset_kinds, tenant_id=tenant_id, digest=sha256)
    return [AssetKind(row["kind"]) for row in rows]


# -- extensions --------------------------------------------------------------------------------------------------------------


async def find(tx: Transaction, tenant_id: str, extension_id: str) -> Extension | None:
    """The tenant's extension."""
    row = await tx.maybe(QUERIES.find_extension, tenant_id=tenant_id, id=extension_id)
    return extension_of(row) if row else None


async def find_by_name(tx: Transaction, publisher: Publisher, name: str) -> Extension | None:
    """The publisher's extension of that name, whatever its case."""
    row = await tx.maybe(
        QUERIES.find_extension_by_name, tenant_id=publisher.tenant_id, publisher_id=publisher.id, name=name
    )
    return extension_of(row) if row else None


async def insert(
    tx: Transaction, extension_id: str, publisher: Publisher, facts: PackageFacts, by: Caller
) -> Extension:
    """A new extension, which nobody else sees yet."""
    await tx.run(
        QUERIES.insert_extension,
        id=extension_id,
        tenant_id=publisher.tenant_id,
        publisher_id=publisher.id,
        publisher_name=publisher.en_name,
        official=by.official,
        creator_id=by.user_id,
        creator_name=by.user_name,
        **_face(facts),
    )
    return extension_of(await tx.one(QUERIES.find_extension, tenant_id=publisher.tenant_id, id=extension_id))


async def show_version(tx: Transaction, version: ExtensionVersion) -> None:
    """From now on the extension looks as this published version says, is public, and is the one that changed last."""
    await tx.run(
        QUERIES.show_version,
        tenant_id=version.tenant_id,
        id=version.extension_id,
        version_id=version.id,
        **_face(version.facts),
    )


async def hide(tx: Transaction, extension: Extension) -> None:
    """Nothing of the extension is offered any more: nobody but its own tenant finds it."""
    await tx.run(QUERIES.hide, tenant_id=extension.tenant_id, id=extension.id)


# -- versions ----------------------------------------------------------------------------------------------------------------


async def insert_version(
    tx: Transaction,
    version_id: str,
    extension: Extension,
    facts: PackageFacts,
    precedence: bytes,
    upload: Upload,
    by: Caller,
    *,
    reason: str,
) -> ExtensionVersion:
    """A version of an uploaded package, which waits for review because of `reason`. Raises `UniqueTaken`."""
    await tx.run(
        QUERIES.insert_version,
        id=version_id,
        extension_id=extension.id,
        tenant_id=extension.tenant_id,
        version=facts.version,
        precedence=precedence,
        target_platform=facts.target_platform,
        reason=reason,
        digest=upload.found_sha256,
        package_size=upload.spec.size,
        facts=msgspec.json.encode(facts).decode(),
        upload_id=upload.id,
        uploader_id=by.user_id,
        uploader_name=by.user_name,
    )
    return version_of(await tx.one(QUERIES.find_version, tenant_id=extension.tenant_id, id=version_id))


async def find_version(tx: Transaction, tenant_id: str, version_id: str) -> ExtensionVersion | None:
    """The tenant's version."""
    row = await tx.maybe(QUERIES.find_version, tenant_id=tenant_id, id=version_id)
    return version_of(row) if row else None


async def find_version_tenant(tx: Transaction, version_id: str) -> str | None:
    """Whose version it is. For the platform."""
    tenant_id: str | None = await tx.value(QUERIES.find_version_tenant, id=version_id)
    return tenant_id


async def find_number(
    tx: Transaction, extension: Extension, precedence: bytes, target_platform: str
) -> ExtensionVersion | None:
    """The version that has the number (what differs in build metadata only is one number) for that platform."""
    row = await tx.maybe(
        QUERIES.find_number,
        tenant_id=extension.tenant_id,
        extension_id=extension.id,
        precedence=precedence,
        target_platform=target_platform,
    )
    return version_of(row) if row else None


async def find_rejected(tx: Transaction, extension: Extension, sha256: str) -> ExtensionVersion | None:
    """The version that was rejected last of those with these bytes."""
    row = await tx.maybe(QUERIES.find_rejected, tenant_id=extension.tenant_id, extension_id=extension.id, digest=sha256)
    return version_of(row) if row else None


async def find_newest(
    tx: Transaction, extension: Extension, target_platform: str | None = None
) -> ExtensionVersion | None:
    """The version on offer of the highest precedence, of that platform or of any."""
    row = await tx.maybe(
        QUERIES.find_newest,
        tenant_id=extension.tenant_id,
        extension_id=extension.id,
        target_platform=target_platform,
    )
    return version_of(row) if row else None


async def list_in_review(tx: Transaction, paging: Paging) -> Page[ExtensionReview]:
    """Every tenant's versions that wait for review, the one that waits longest first. For the platform."""
    rows = await tx.many(QUERIES.list_in_review, offset=paging.offset, limit=paging.limit)
    versions = [version_of(row) for row in rows]
    found = await tx.many(QUERIES.list_extensions_by_id, ids=[each.extension_id for each in versions])
    extensions = {row["id"]: extension_of(row) for row in found}
    return Page(
        items=[ExtensionReview(extension=extensions[each.extension_id], version=each) for each in versions],
        total=await tx.value(QUERIES.count_in_review),
    )


def extension_of(row: Any) -> Extension:
    """The extension of a row that has every column of it."""
    return Extension(**{name: row[name] for name in Extension.__struct_fields__})


def version_of(row: Any) -> ExtensionVersion:
    """The version of a row that has every column of it, and the kinds of its package's files as `assets`."""
    told = {name: row[name] for name in ExtensionVersion.__struct_fields__} | {
        "state": VersionState(row["state"]),
        "facts": _FACTS.decode(row["facts"]),
        "assets": [AssetKind(each) for each in row["assets"]],
    }
    return ExtensionVersion(**told)


def _face(facts: PackageFacts) -> dict[str, Any]:
    """What an extension is called and found by."""
    return {
        "name": facts.name,
        "display_name": facts.display_name,
        "description": facts.description,
        "categories": facts.categories,
        "tags": facts.tags,
        "targets": facts.targets,
        "engines": sorted(facts.engines),
        "preview": facts.preview,
    }
