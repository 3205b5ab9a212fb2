-- name: owns_catalogue
-- Asked of the system's tables, which every login may read.
SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
 WHERE relname = 'plugins' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'plugport')

-- name: list_taken_names
SELECT name FROM plugins WHERE tenant_id = ANY (:tenant_ids::text[]) OR public_name

-- name: list_taken_extensions
SELECT lower(name) AS name FROM extensions WHERE tenant_id = ANY (:tenant_ids::text[])

-- name: begin_loading
-- Until the end of the transaction new extensions are not entered into the marketplace one by one.
SELECT set_config('plugport.loading', 'on', true)

-- name: show_versions
UPDATE extensions e SET latest_version_id = shown.version_id
  FROM unnest(:ids::text[], :version_ids::text[]) AS shown (id, version_id)
 WHERE e.id = shown.id AND e.tenant_id = ANY (:tenant_ids::text[])

-- name: enter_marketplace
SELECT enter_marketplace(:ids::text[])

-- name: release_plugins
-- Loaded as released long ago, or as drafts of releases; only the owner may.
INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, package_sha256, name, version, author_id, publisher_id, state,
                      act, created_at, updated_at, released_at)
SELECT v.id, v.tenant_id, CASE WHEN v.package_sha256 IS NULL THEN 'composite-plugin' ELSE 'basic-plugin' END, p.id, v.id,
       v.package_sha256, p.name, v.version, v.updated_by_id, p.publisher_id,
       CASE v.offer WHEN 'listed' THEN 'released' ELSE 'draft' END, 'open', v.created_at, v.updated_at,
       CASE v.offer WHEN 'listed' THEN v.released_at END
  FROM plugin_versions v JOIN plugins p ON p.id = v.plugin_id
 WHERE v.id = ANY (:ids::text[])

-- name: release_extensions
INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, package_sha256, name, version, target_platform, author_id,
                      publisher_id, state, act, round, submitter_id, submitter_name, created_at, updated_at, submitted_at,
                      released_at)
SELECT v.id, v.tenant_id, 'extension', e.id, v.upload_id, v.package_sha256, e.publisher_name || '.' || e.name, v.version,
       v.target_platform, v.uploader_id, e.publisher_id, 'released', 'open', 1, v.uploader_id, v.uploader_name, v.created_at,
       v.updated_at, v.created_at, v.published_at
  FROM extension_versions v JOIN extensions e ON e.id = v.extension_id
 WHERE v.id = ANY (:ids::text[]) AND v.state = 'published'
