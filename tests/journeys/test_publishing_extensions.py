"""An author brings an extension in chunks, a worker checks it, an operator looks at it, and everybody sees it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from app.jobs import HANDLERS
from app.jobs.worker import Worker
from app.registry.access.service import console
from app.settings import read_settings
from app.wiring import wired
from schemas.model.extensions import VersionState
from schemas.model.publishers import PublisherFacts
from schemas.model.uploads import NewUpload, Purpose, UploadState
from schemas.paging import Paging
from storage.postgres import extensions
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.builders import a_vsix
from tests.contract.uploads.world import CHUNK, a_caller, body, sha256
from tests.program import BY_CHECKS

FIRST_PAGE = Paging(offset=0, limit=10)


async def test_an_extension_goes_all_the_way_from_chunks_to_everybody(
    new_database: Callable[[], Awaitable[Urls]], tmp_path: Path
) -> None:
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    settings = read_settings({"PLUGPORT_DATABASE_URL": urls.app, **BY_CHECKS, "PLUGPORT_DATA_DIR": str(tmp_path)})
    async with wired(settings) as wiring:
        registry, operator = wiring.registry, console()
        author = await a_caller(wiring, await registry.access.create_tenant(operator, "makers"))
        stranger = await registry.access.create_tenant(operator, "others")
        facts = PublisherFacts(en_name="Makers", name="The makers", support_url="x@y.example")
        publisher = await registry.publishers.create(author, facts)
        worker = Worker(registry, wiring.database, urls.app, {"inspect_upload": HANDLERS["inspect_upload"]}, at_once=1)

        package = a_vsix("makers", files={"extension/noise.bin": bytes(CHUNK)})
        new = NewUpload(
            file_name="linter.vsix", size=len(package), sha256=sha256(package), purpose=Purpose.EXTENSION,
            publisher_id=publisher.id, chunk_bytes=CHUNK,
        )  # fmt: skip
        upload = (await registry.uploads.create(author, new)).upload
        for number in range(1, upload.spec.total_chunks + 1):
            chunk = package[CHUNK * (number - 1) :][:CHUNK]
            await registry.uploads.add_chunk(author, upload.id, number, body(chunk), length=len(chunk))
        await registry.uploads.complete(author, upload.id)
        assert await worker.run_due() == 1
        task = await registry.extensions.task(author, upload.id)
        assert task.upload.state is UploadState.ACCEPTED, task.upload.reason

        filed = await registry.extensions.publish(author, upload.id)
        assert filed.version is not None
        assert filed.version.state is VersionState.IN_REVIEW
        async with wiring.database.transaction(stranger.id) as tx:
            assert await extensions.find(tx, author.tenant_id, filed.version.extension_id) is None

        await registry.publishers.accept(operator, publisher.id)
        (waiting,) = (await registry.extensions.list_in_review(operator, FIRST_PAGE)).items
        await registry.extensions.approve(operator, waiting.version.id)
        assert (await registry.extensions.list_in_review(operator, FIRST_PAGE)).items == []
        async with wiring.database.transaction(stranger.id) as tx:
            seen = await extensions.find(tx, author.tenant_id, filed.version.extension_id)
        assert seen is not None
        assert (seen.identifier, seen.latest_version_id) == ("Makers.linter", waiting.version.id)

        update = await registry.extensions.upload(author, body(a_vsix("makers", version="1.1.0")), "linter-1.1.0.vsix")
        assert await worker.run_due() == 1
        published = await registry.extensions.publish(author, update.id)
        assert published.version is not None
        assert (published.version.version, published.version.state) == ("1.1.0", VersionState.PUBLISHED)
