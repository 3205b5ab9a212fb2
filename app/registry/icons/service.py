"""Use-cases about icons."""

import hashlib
from collections.abc import AsyncIterator

import msgspec

from app.registry.access import permissions
from app.registry.icons import rules
from app.registry.memberships.service import has_right
from app.registry.packages.intake import Intake
from app.registry.plugins.rules import may_see, require_change
from schemas.errors import BytesDamaged, IconUnknown, NotMaintainer
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.icons import Icon, IconKind, MediaType
from schemas.model.publishers import Act
from storage.blobs.base import BlobStore
from storage.executors import Executor
from storage.postgres import audit, icons, packages, plugins, publishers
from storage.postgres.database import Database, Transaction


class Icons:
    """The pictures of plug-ins and publishers."""

    def __init__(self, database: Database, blobs: BlobStore, intake: Intake, decoding: Executor) -> None:
        self._database = database
        self._blobs = blobs
        self._intake = intake
        self._decoding = decoding

    async def upload(
        self, caller: Caller, kind: IconKind, name: str, file_name: str, body: AsyncIterator[bytes]
    ) -> Icon:
        """Stores a picture for the plug-in or publisher of that name, which need not exist yet (empty: for none).

        Where the tenant has it already, and the caller may change it, it shows the new icon from now on. Raises
        `BodyTooLarge` beyond 1 MiB and `IconRefused` for anything but a PNG, JPEG, WEBP or GIF that decodes.
        """
        permissions.require(caller, _OPERATIONS[kind])
        rules.checked_name(kind, name)
        object_key = rules.new_object_key(caller.tenant_id, name, file_name)
        async with self._intake.receive(caller, body, rules.MAX_BYTES, "icon") as received:
            media_type = await self._decoding.run(self._inspect, received.stored.key)
            await received.settle()
            icon = Icon(
                object_key=object_key,
                tenant_id=caller.tenant_id,
                kind=kind,
                path=rules.path(caller.tenant_id, kind, object_key),
                media_type=media_type,
                sha256=received.stored.sha256,
                size=received.stored.size,
            )
            async with self._database.transaction(caller.tenant_id) as tx:
                await audit.lock_tenant(tx, caller.tenant_id)
                await received.keep(tx)
                await icons.insert(tx, icon)
                show = _show_on_plugin if kind is IconKind.PLUGIN else _show_on_publisher
                shown_on = await show(tx, icon, name, caller)
                await audit.record(tx, caller.tenant_id, caller, Change(
                    action="icon.uploaded", object_kind="icon", object_id=object_key,
                    detail={"kind": kind, "sha256": icon.sha256, "shown_on": shown_on}))  # fmt: skip
        return icon

    def _inspect(self, key: str) -> MediaType:
        with self._blobs.open(key) as picture:
            content = picture.read(rules.MAX_BYTES)
        return rules.inspect(content)

    async def find(self, caller: Caller, domain_id: str, object_key: str, kind: str | None = None) -> Icon:
        """The icon of that key, if the caller may see it: one of the own tenant, or of what everybody sees.

        `domain_id` is the caller's tenant, the icon's, or `*`; `kind` is the icon's or None. Raises `IconUnknown`.
        """
        icon = None
        if rules.is_object_key(object_key):
            async with self._database.transaction(caller.tenant_id) as tx:
                icon = await icons.find(tx, object_key)
        if icon is None or kind not in (None, icon.kind) or domain_id not in ("*", caller.tenant_id, icon.tenant_id):
            raise IconUnknown("object_key")
        return icon

    async def read(self, icon: Icon) -> bytes:
        """The bytes of an icon that `find` answered, at most 1 MiB, exactly as they were sent.

        Raises `BytesDamaged` when the store has lost or changed them.
        """
        async with self._database.transaction(icon.tenant_id) as tx:
            blob = await packages.find_blob(tx, icon.tenant_id, icon.sha256)
        if blob is None or blob.quarantine is not None:
            raise BytesDamaged
        try:
            picture = b"".join([piece async for piece in self._blobs.read(blob.stored.key, length=rules.MAX_BYTES)])
        except KeyError as error:
            raise BytesDamaged from error
        if hashlib.sha256(picture).hexdigest() != icon.sha256:
            raise BytesDamaged
        return picture


async def _show_on_publisher(tx: Transaction, icon: Icon, en_name: str, caller: Caller) -> str | None:
    """Gives the icon to the tenant's live publisher of that name; answers its id, or None where the caller may not."""
    publisher = await publishers.find_by_name(tx, icon.tenant_id, en_name)
    if publisher is None or not await has_right(tx, caller, publisher, Act.BRING):
        return None
    return await icons.show_on_publisher(tx, icon, publisher.en_name, caller)


async def _show_on_plugin(tx: Transaction, icon: Icon, name: str, caller: Caller) -> str | None:
    """Gives the icon to the tenant's live plug-in of that name; answers its id, or None where the caller may not."""
    plugin = await plugins.find_own_plugin(tx, icon.tenant_id, name)
    if plugin is None or plugin.deleted_at is not None or not may_see(caller, plugin):
        return None
    try:
        require_change(caller, plugin)
    except NotMaintainer:
        return None
    await plugins.save_plugin(tx, msgspec.structs.replace(plugin, icon_url=icon.path), caller)
    return plugin.id


_OPERATIONS = {IconKind.PLUGIN: "upload_plugin_icon", IconKind.PUBLISHER: "upload_publisher_icon"}
