"""What was everybody's before there were releases still is, what waited still waits, and whose each plug-in is stays so."""

from collections.abc import Awaitable, Callable

import asyncpg

from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrations

PLATFORM, TENANT, PUBLISHER = "a" * 32, "b" * 32, "c" * 32
NewDatabase = Callable[[], Awaitable[Urls]]

# name, tenant, attribution, private, versions (state, deleted); as they were before.
PLUGINS = [
    ("official", PLATFORM, "official", False, [("formal", False)]),
    ("hidden", PLATFORM, "official", True, [("formal", False)]),
    ("announced", TENANT, "published", False, []),
    ("published", TENANT, "published", False, [("formal", True), ("formal", False), ("draft", False)]),
    ("own", TENANT, "custom", False, [("formal", False)]),
    ("private", TENANT, "custom", True, [("formal", False), ("draft", False)]),
    ("drafted", TENANT, "custom", False, [("draft", False)]),
]


async def test_old_releases_are_what_they_were(new_database: NewDatabase) -> None:
    urls = await new_database()
    owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    try:
        await owner.execute("CREATE SCHEMA plugport")
        for each in migrations():
            if each.name == "releases":
                await _fill(owner)
            await owner.execute(each.sql)
            if each.name == "releases":
                break
        await _look(owner)
    finally:
        await owner.close()


async def _fill(owner: asyncpg.Connection) -> None:
    await owner.execute(
        "INSERT INTO tenants (id, name, official) VALUES ($1, 'p', true), ($2, 't', false)", PLATFORM, TENANT
    )
    await owner.execute(
        """INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url,
                                   status, updated_by_id, updated_by_name)
           VALUES ($1, $2, 'makers', 'M', '', '', '', '', 'x', '', 'accept', '', '')""", PUBLISHER, TENANT,
    )  # fmt: skip
    for name, tenant, attribution, is_private, versions in PLUGINS:
        id = await owner.fetchval(
            """INSERT INTO plugins (id, tenant_id, name, display_name, description, business_type, runtime_attribution, icon_url,
                                    is_private, region, maintainers, composition, attribution, publisher_id, public_name,
                                    creator_id, updated_by_id, updated_by_name)
               VALUES (replace(gen_random_uuid()::text, '-', ''), $1, $2, $2, '', 'Test', 'agent', '', $3, '', '{}', 'single', $4,
                       CASE $4 WHEN 'published' THEN $5 END, $4 <> 'custom', 'ann', 'ann', 'ann') RETURNING id""",
            tenant, name, is_private, attribution, PUBLISHER,
        )  # fmt: skip
        for number, (state, is_deleted) in enumerate(versions):
            await owner.execute(
                """INSERT INTO plugin_versions (id, plugin_id, tenant_id, version, precedence, state, version_description, facts,
                                                inputs, outputs, metrics, execution, manifest_version, updated_by_id,
                                                updated_by_name, released_at, deleted_at)
                   VALUES (replace(gen_random_uuid()::text, '-', ''), $1, $2, $3, $4, $5, '', '{}', '[]', '[]', '[]', '{}', '',
                           'ann', 'ann', now(), CASE WHEN $6 THEN now() END)""",
                id, tenant, f"1.{number}.0", bytes([number]), state, is_deleted,
            )  # fmt: skip
        await owner.execute(
            """UPDATE plugins p
                  SET has_release = EXISTS (SELECT FROM plugin_versions v
                                             WHERE v.plugin_id = p.id AND v.state = 'formal' AND v.deleted_at IS NULL),
                      current_version_id = (SELECT v.id FROM plugin_versions v WHERE v.plugin_id = p.id AND v.deleted_at IS NULL
                                             ORDER BY v.state = 'formal' DESC, v.precedence DESC LIMIT 1)
                WHERE id = $1""", id,
        )  # fmt: skip
    # Extensions without all that they come of.
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        """INSERT INTO extensions (id, tenant_id, publisher_id, publisher_name, name, official, display_name, description,
                                   categories, tags, targets, engines, preview, published_at, creator_id, creator_name)
           VALUES (repeat('e', 32), $1, $2, 'makers', 'linter', false, '', '', '{}', '{}', '{}', '{}', false, now(), 'ann',
                   'ann')""",
        TENANT, PUBLISHER,
    )  # fmt: skip
    for number, state in enumerate(("published", "in-review", "rejected")):
        await owner.execute(
            """INSERT INTO extension_versions (id, extension_id, tenant_id, version, precedence, target_platform, state, reason,
                                               package_sha256, package_size, facts, uploader_id, uploader_name, published_at)
               VALUES (repeat($1, 32), repeat('e', 32), $2, '1.' || $1 || '.0', convert_to($1, 'UTF8'), 'universal', $3,
                       'because', repeat('0', 64), 1, '{}', 'ann', 'ann', CASE $3 WHEN 'published' THEN now() END)""",
            str(number), TENANT, state,
        )  # fmt: skip
    await owner.execute("SET session_replication_role = origin")


async def _look(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch("SELECT name, version, state, released_at IS NOT NULL AS out FROM releases")
    assert {(row["name"], row["version"], row["state"], row["out"]) for row in rows} == {
        ("official", "1.0.0", "released", True), ("hidden", "1.0.0", "draft", False), ("published", "1.0.0", "released", True),
        ("published", "1.1.0", "released", True), ("own", "1.0.0", "draft", False), ("private", "1.0.0", "draft", False),
        ("makers.linter", "1.0.0", "released", True), ("makers.linter", "1.1.0", "in-review", False),
        ("makers.linter", "1.2.0", "rejected", False),
    }  # fmt: skip
    [review] = await owner.fetch("SELECT release_id, kind, round, text FROM reviews")
    assert tuple(review) == ("1" * 32, "release", 1, "because")
    offers = await owner.fetch("SELECT version, offer FROM extension_versions ORDER BY version")
    assert [tuple(row) for row in offers] == [("1.0.0", "listed"), ("1.1.0", "none"), ("1.2.0", "none")]

    faces = (
        "SELECT p.name, p.attribution, p.publishing, p.shared, p.served, p.public_name, v.version FROM plugins p"
        " LEFT JOIN plugin_versions v ON v.id = p.public_version_id ORDER BY p.name"
    )
    expected = [
        ("announced", "published", True, False, False, True, None), ("drafted", "custom", False, False, False, False, None),
        ("hidden", "official", False, False, False, True, None), ("official", "official", False, True, True, True, "1.0.0"),
        ("own", "custom", False, False, False, False, None), ("private", "custom", False, False, False, False, None),
        ("published", "published", True, True, True, True, "1.1.0"),
    ]  # fmt: skip
    assert [tuple(row) for row in await owner.fetch(faces)] == expected
    # And the triggers say the same, whenever a plug-in changes next.
    await owner.execute("UPDATE plugins SET change = nextval('plugin_changes')")
    assert [tuple(row) for row in await owner.fetch(faces)] == expected
