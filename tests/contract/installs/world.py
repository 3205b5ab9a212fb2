"""What tests of installing extensions stand on: an extension of an account, published version by version.

package = await shelf.put("1.0.0")
download = await registry.installs.find(caller, shelf.publisher, shelf.name, "1.0.0", "universal")
"""

import hashlib
from typing import Any

import asyncpg

from app.wiring import Wiring
from schemas.model.access import Caller
from schemas.model.publishers import PublisherFacts
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member
from tests.builders import a_name, a_vsix
from tests.contract.postgres.furnished import pieces
from tests.publishing import inspected

README = b"# Linter\n\n<script>alert(1)</script>\n"


class Shelf:
    """An extension of an account, under an accepted publisher of its own."""

    def __init__(self, wiring: Wiring, owner: Any, account: Account, operator: Member, maker: Caller) -> None:
        self.owner = owner
        """A connection of the role that owns everything."""
        self.account = account
        self.caller = maker
        self.publisher = ""
        self.name = a_name("linter")
        self._registry = wiring.registry
        self._operator = operator.caller
        self._publisher_id = ""

    @classmethod
    async def open(cls, wiring: Wiring, urls: Urls, account: Account, operator: Member) -> "Shelf":
        """An extension without versions."""
        owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
        name = a_name("Maker")
        facts = PublisherFacts(en_name=name, name=name, support_url="x@y.example")
        maker = account.user("author").caller
        publisher = await wiring.registry.publishers.create(maker, facts)
        await wiring.registry.publishers.accept(operator.caller, publisher.id)
        shelf = cls(wiring, owner, account, operator, maker)
        shelf.publisher, shelf._publisher_id = name, publisher.id
        return shelf

    async def close(self) -> None:
        """Disconnects."""
        await self.owner.close()

    async def put(self, version: str, target_platform: str = "universal", *, state: str = "published") -> bytes:
        """Brings a version, as far as to that state; answers its package."""
        platform = None if target_platform == "universal" else target_platform
        readme = {"extension/readme.md": README}
        package = a_vsix(self.publisher, self.name, version, target_platform=platform, files=readme)
        await self.owner.execute(
            "UPDATE publishers SET publisher_review = $2 WHERE id = $1", self._publisher_id, state != "published"
        )
        upload = await self._registry.extensions.upload(self.caller, pieces(package), "package.vsix")
        await inspected(self._registry, upload)
        task = await self._registry.extensions.publish(self.caller, upload.id)
        assert task.version is not None, task
        if state == "rejected":
            await self._registry.extensions.reject(self._operator, task.version.id, "not today")
        return package

    # -- what lies behind, and what time does --------------------------------------------------------------------------

    async def id(self) -> str:
        """The extension's."""
        return str(await self.owner.fetchval("SELECT id FROM extensions WHERE name = $1", self.name))

    async def key(self, package: bytes) -> str:
        """Under which key the bytes of a package lie."""
        key = await self.owner.fetchval(
            "SELECT key FROM blobs WHERE tenant_id = $1 AND sha256 = $2",
            self.account.id,
            hashlib.sha256(package).hexdigest(),
        )
        return str(key)

    async def grow_old(self, *, minutes: int) -> None:
        """Puts every install of the extension into the past."""
        await self.owner.execute(
            "UPDATE recent_installs SET counted_at = counted_at - make_interval(mins => $2)"
            " WHERE version_id IN (SELECT id FROM extension_versions WHERE extension_id = $1)",
            await self.id(),
            minutes,
        )
