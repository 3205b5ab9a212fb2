"""Rows of icons, and which publisher shows one."""

from schemas.model.access import Caller
from schemas.model.icons import Icon, IconKind
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("icons")


async def insert(tx: Transaction, icon: Icon) -> None:
    """Its bytes are in `blobs` already."""
    await tx.run(
        QUERIES.insert_icon,
        object_key=icon.object_key,
        tenant_id=icon.tenant_id,
        kind=icon.kind,
        path=icon.path,
        media_type=icon.media_type,
        digest=icon.sha256,
        size=icon.size,
    )


async def find(tx: Transaction, object_key: str) -> Icon | None:
    """The icon, if the transaction's tenant may see it: its own, or one of what everybody sees."""
    row = await tx.maybe(QUERIES.find_icon, object_key=object_key)
    return Icon(**{**row, "kind": IconKind(row["kind"])}) if row else None


async def show_on_publisher(tx: Transaction, icon: Icon, en_name: str, by: Caller) -> str | None:
    """Gives the icon to the tenant's live publisher of that English name; answers its id, or None."""
    publisher_id: str | None = await tx.value(
        QUERIES.set_publisher_logo,
        tenant_id=icon.tenant_id,
        en_name=en_name,
        path=icon.path,
        user_id=by.user_id,
        user_name=by.user_name,
    )
    return publisher_id
