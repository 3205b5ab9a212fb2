-- name: find_served
-- By the identifier in small letters. A published one before one that waits, whose number another may still get.
SELECT e.id AS extension_id, v.id AS version_id, v.tenant_id, e.publisher_name, e.name, v.version, v.target_platform,
       v.state = 'published' AS is_published, v.offer = 'withheld' AS is_withheld,
       v.package_sha256
  FROM extensions e
  JOIN extension_versions v ON v.extension_id = e.id AND v.tenant_id = e.tenant_id
 WHERE e.identifier = :identifier
   AND v.precedence = :precedence AND v.version = :version AND v.target_platform = :target_platform
   AND (v.state = 'published' OR (v.state = 'in-review' AND v.tenant_id = :tenant_id))
 ORDER BY v.state = 'published' DESC, v.id LIMIT 1

-- name: find_visible_version
-- Whether a version is there for whichever platform, by the same rules.
SELECT FROM extensions e
  JOIN extension_versions v ON v.extension_id = e.id AND v.tenant_id = e.tenant_id
 WHERE e.identifier = :identifier AND v.precedence = :precedence AND v.version = :version
   AND (v.state = 'published' OR (v.state = 'in-review' AND v.tenant_id = :tenant_id))
 LIMIT 1

-- name: find_asset
SELECT kind, media_type, sha256, content FROM extension_assets
 WHERE tenant_id = :tenant_id AND package_sha256 = :digest AND kind = :kind

-- name: count_install
-- By whom, in the tenant that the transaction is for.
SELECT count_install(:user_id, :version_id)

-- name: find_own_extension
-- By the identifier in small letters; the published one before others of that name.
SELECT e.id FROM extensions e WHERE e.identifier = :identifier AND e.tenant_id = :tenant_id
 ORDER BY e.is_public DESC, e.id LIMIT 1

-- name: read_installs
SELECT s.installs, (SELECT count(*) FROM install_counts c WHERE c.extension_id = s.extension_id) AS counted
  FROM extension_stats s WHERE s.extension_id = :extension_id AND s.tenant_id = :tenant_id

-- name: list_install_days
SELECT c.day, v.version, v.target_platform, c.installs
  FROM install_counts c JOIN extension_versions v ON v.id = c.version_id
 WHERE c.extension_id = :extension_id AND c.tenant_id = :tenant_id
 ORDER BY c.day DESC, v.precedence DESC, v.target_platform, c.version_id
 LIMIT :limit OFFSET :offset

-- name: sweep_recent_installs
SELECT sweep_recent_installs()
