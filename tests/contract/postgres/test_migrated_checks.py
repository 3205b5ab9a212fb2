"""What the three checks of extensions said before there were others is still there after the migration, and still counts."""

from collections.abc import Awaitable, Callable

import asyncpg
import msgspec
import pytest

from schemas.model.checks import Finding
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrations

TENANT, PASSED, FAILED = "a" * 32, "b" * 32, "c" * 32
DIGEST = "0" * 64
FOUND = '[{"entry": "extension/.env", "rule": "it holds a key", "remedy": "take it out"}]'
NewDatabase = Callable[[], Awaitable[Urls]]


@pytest.fixture
async def old(new_database: NewDatabase) -> asyncpg.Connection:
    """The owner of a database from before, in which one upload passed its three checks, and one did not."""
    urls = await new_database()
    owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    await owner.execute("CREATE SCHEMA plugport")
    for each in migrations():
        if each.name == "checks":
            break
        await owner.execute(each.sql)
    await owner.execute("INSERT INTO tenants (id, name) VALUES ($1, 'old')", TENANT)
    for upload, outcome, findings in ((PASSED, "pass", "[]"), (FAILED, "fail", FOUND)):
        await owner.execute(
            """INSERT INTO uploads (id, tenant_id, user_id, user_name, credential, purpose, file_name, size, override,
                                    total_chunks, state, assembly_key, assembly_handle, found_sha256, findings)
               VALUES ($1, $2, 'u', 'u', 'token', 'extension', 'a.vsix', 1, false, 1, 'checking', 'k', '', $3, $4)""",
            upload, TENANT, DIGEST, findings,
        )  # fmt: skip
        for name in ("security", "file", "basicInformation"):
            worst = (outcome, findings) if name == "security" else ("pass", "[]")
            await owner.execute(
                "INSERT INTO extension_checks (upload_id, tenant_id, name, outcome, findings) VALUES ($1, $2, $3, $4, $5)",
                upload, TENANT, name, *worst,
            )  # fmt: skip
    [migration] = [each for each in migrations() if each.name == "checks"]
    await owner.execute(migration.sql)
    return owner


async def test_old_results_are_a_run_of_the_first_rule_set(old: asyncpg.Connection) -> None:
    try:
        rows = await old.fetch(
            "SELECT subject_id, name, area, outcome, run, rule_set, blocking, package_sha256 FROM checks"
        )
        assert {(row["subject_id"], row["name"], row["area"], row["outcome"]) for row in rows} == {
            (PASSED, "secrets", "security", "pass"), (PASSED, "archive", "file", "pass"),
            (PASSED, "manifest", "basicInformation", "pass"), (FAILED, "secrets", "security", "fail"),
            (FAILED, "archive", "file", "pass"), (FAILED, "manifest", "basicInformation", "pass"),
        }  # fmt: skip
        assert {(row["run"], row["rule_set"], row["blocking"], row["package_sha256"]) for row in rows} == {
            (1, 1, True, DIGEST)
        }
        [finding] = await old.fetch(
            "SELECT subject_id, name, rule, severity, entry, message, remedy FROM check_findings"
        )
        assert tuple(finding) == (
            FAILED, "secrets", "secrets.refused", "error", "extension/.env", "it holds a key", "take it out",
        )  # fmt: skip
        passed = "SELECT checks_passed($1, 'extension', $2, $3)"
        assert [await old.fetchval(passed, TENANT, each, DIGEST) for each in (PASSED, FAILED, "d" * 32)] == [
            True,
            False,
            False,
        ]
        assert await old.fetchval(passed, TENANT, PASSED, "1" * 64) is False
    finally:
        await old.close()


async def test_findings_of_old_uploads_can_still_be_read(old: asyncpg.Connection) -> None:
    try:
        told = {
            row["id"]: msgspec.json.decode(row["findings"], type=list[Finding])
            for row in await old.fetch("SELECT id, findings FROM uploads")
        }
        assert told == {
            PASSED: [], FAILED: [Finding(entry="extension/.env", message="it holds a key", remedy="take it out")],
        }  # fmt: skip
    finally:
        await old.close()
