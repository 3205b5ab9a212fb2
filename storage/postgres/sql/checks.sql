-- name: find_last_run
SELECT max(run) FROM checks WHERE tenant_id = :tenant_id AND subject_kind = :kind AND subject_id = :subject_id

-- name: insert_check
INSERT INTO checks (tenant_id, subject_kind, subject_id, run, name, area, outcome, blocking, rule_set, package_sha256)
VALUES (:tenant_id, :kind, :subject_id, :run, :name, :area, :outcome, :blocking, :rule_set, :digest)

-- name: insert_findings
INSERT INTO check_findings (tenant_id, subject_kind, subject_id, run, name, number, rule, severity, entry, line, message, remedy)
SELECT :tenant_id, :kind, :subject_id, :run, :name, told.number, told.rule, told.severity, told.entry, told.line, told.message,
       told.remedy
  FROM unnest(:rules::text[], :severities::text[], :entries::text[], :lines::bigint[], :messages::text[], :remedies::text[])
       WITH ORDINALITY AS told (rule, severity, entry, line, message, remedy, number)

-- name: list_checks
-- Those of one run.
SELECT name, area, outcome, blocking, rule_set FROM checks
 WHERE tenant_id = :tenant_id AND subject_kind = :kind AND subject_id = :subject_id AND run = :run ORDER BY name

-- name: list_findings
SELECT name, rule, severity, entry, line, message, remedy FROM check_findings
 WHERE tenant_id = :tenant_id AND subject_kind = :kind AND subject_id = :subject_id AND run = :run ORDER BY name, number

-- name: find_earlier_plugin
-- The release of the tenant's plug-in with the highest number below one; of one that is everybody's, only what everybody has: a
-- release that waits, or is in quarantine, must not make the next one look as if it changed nothing.
SELECT v.version, v.facts, v.inputs, v.outputs, v.metrics, v.execution, b.key, b.size, b.sha256
  FROM plugins p
  JOIN plugin_versions v ON v.plugin_id = p.id
  LEFT JOIN blobs b ON b.tenant_id = v.tenant_id AND b.sha256 = v.package_sha256 AND b.quarantined_at IS NULL
 WHERE p.tenant_id = :tenant_id AND v.tenant_id = :tenant_id AND p.name = :name
   AND v.state = 'formal' AND v.deleted_at IS NULL AND v.precedence < :precedence
   AND (v.offer IN ('listed', 'pinned') OR NOT p.publishing)
 ORDER BY v.precedence DESC LIMIT 1

-- name: find_earlier_extension
-- The version on offer of the tenant's extension for that platform with the highest number below one.
SELECT v.version, b.key, b.size, b.sha256
  FROM extensions e
  JOIN extension_versions v ON v.extension_id = e.id
  JOIN blobs b ON b.tenant_id = v.tenant_id AND b.sha256 = v.package_sha256 AND b.quarantined_at IS NULL
 WHERE e.tenant_id = :tenant_id AND v.tenant_id = :tenant_id AND e.identifier = lower(:publisher || '.' || :name)
   AND v.offer IN ('listed', 'pinned') AND v.target_platform = :target_platform AND v.precedence < :precedence
 ORDER BY v.precedence DESC LIMIT 1

-- name: find_look_alike_key
SELECT look_alike_key(:name)

-- name: list_plugin_neighbours
-- Plug-ins of other tenants that everybody sees, by keys of their names.
SELECT p.name, coalesce(b.name, 'another account') AS owner, p.look_alike_key = :key AS is_alike,
       p.refer_count >= :popular AS is_popular
  FROM plugins p LEFT JOIN publishers b ON b.id = p.publisher_id
 WHERE p.shared AND p.look_alike_key = ANY (:keys::text[]) AND p.tenant_id <> :tenant_id
 ORDER BY is_alike DESC, p.refer_count DESC, p.name LIMIT :most

-- name: list_extension_neighbours
-- Extensions of other tenants that everybody sees, by keys of their names.
SELECT e.name, e.publisher_name AS owner, e.look_alike_key = :key AS is_alike,
       coalesce(s.installs, 0) >= :popular AS is_popular
  FROM extensions e LEFT JOIN extension_stats s ON s.extension_id = e.id
 WHERE e.is_public AND e.look_alike_key = ANY (:keys::text[]) AND e.tenant_id <> :tenant_id
 ORDER BY is_alike DESC, s.installs DESC NULLS LAST, e.name LIMIT :most

-- name: find_plugin_subject
-- A version of a plug-in with all that is checked of it.
SELECT CASE WHEN v.package_sha256 IS NULL THEN 'composite-plugin' ELSE 'basic-plugin' END AS kind,
       p.name, v.version, v.facts, v.inputs, v.outputs, v.metrics, v.execution, b.key, b.size, b.sha256
  FROM plugin_versions v
  JOIN plugins p ON p.id = v.plugin_id
  LEFT JOIN blobs b ON b.tenant_id = v.tenant_id AND b.sha256 = v.package_sha256
 WHERE v.tenant_id = :tenant_id AND v.id = :subject_id AND v.deleted_at IS NULL

-- name: find_extension_subject
-- The package of an upload.
SELECT b.key, b.size, b.sha256
  FROM uploads u JOIN blobs b ON b.tenant_id = u.tenant_id AND b.sha256 = u.found_sha256
 WHERE u.tenant_id = :tenant_id AND u.id = :subject_id AND u.purpose = 'extension'

-- name: find_subject_tenant
-- Whose a checked subject, an upload or a version is. Of whom nobody knows, nothing.
SELECT tenant_id, subject_kind AS kind FROM checks WHERE subject_id = :subject_id LIMIT 1

-- name: list_releases
-- Releases of every tenant by kind and id, each with what the newest run of its checks says.
WITH releases AS (
         SELECT 'extension' AS kind, v.tenant_id, v.upload_id AS subject_id, e.identifier AS name, v.version
           FROM extension_versions v JOIN extensions e ON e.id = v.extension_id
          WHERE v.state = 'published' AND v.upload_id IS NOT NULL
            AND coalesce(:kind, 'extension') = 'extension' AND ('extension', v.upload_id) > (:after_kind::text, :after_id::text)
         UNION ALL
         SELECT k.kind, v.tenant_id, v.id, p.name, v.version
           FROM plugin_versions v
           JOIN plugins p ON p.id = v.plugin_id
          CROSS JOIN LATERAL (
                SELECT CASE WHEN v.package_sha256 IS NULL THEN 'composite-plugin' ELSE 'basic-plugin' END AS kind) k
          WHERE v.state = 'formal' AND v.deleted_at IS NULL
            AND coalesce(:kind, k.kind) = k.kind AND (k.kind, v.id) > (:after_kind::text, :after_id::text)),
     page AS (SELECT DISTINCT ON (kind, subject_id) * FROM releases ORDER BY kind, subject_id LIMIT :most)
SELECT r.kind, r.tenant_id, r.subject_id, r.name, r.version, coalesce(c.rule_set, 0) AS rule_set,
       coalesce(c.failed, '{}') AS failed
  FROM page r
  LEFT JOIN LATERAL (
       SELECT max(c.rule_set) AS rule_set,
              array_agg(c.name ORDER BY c.name) FILTER (WHERE c.blocking AND c.outcome <> 'pass') AS failed
         FROM checks c
        WHERE c.tenant_id = r.tenant_id AND c.subject_kind = r.kind AND c.subject_id = r.subject_id
          AND c.run = (SELECT max(n.run) FROM checks n WHERE n.tenant_id = r.tenant_id AND n.subject_kind = r.kind
                                                         AND n.subject_id = r.subject_id)) c ON true
 ORDER BY r.kind, r.subject_id

-- name: forget_checks
SELECT forget_checks(:days)
