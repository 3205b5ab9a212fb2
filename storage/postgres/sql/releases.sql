-- name: insert_release
INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, package_sha256, name, version, target_platform, author_id)
VALUES (:id, :tenant_id, :kind, :object_id, :subject_id, :package_sha256, :name, :version, :target_platform, :author_id)

-- name: find_release
SELECT r.* FROM releases r WHERE r.tenant_id = :tenant_id AND r.id = :id

-- name: find_tenant
-- Whose release it is. For the platform.
SELECT tenant_id FROM releases WHERE id = :id

-- name: list_releases
-- The tenant's, or (null) every tenant's: latest change first.
SELECT r.* FROM releases r
 WHERE (:tenant_id::text IS NULL OR r.tenant_id = :tenant_id) AND (:state::text IS NULL OR r.state = :state)
   AND (:kind::text IS NULL OR r.kind = :kind) AND (:name::text IS NULL OR lower(r.name) = lower(:name))
   AND (:sees_private OR r.kind = 'extension' OR NOT EXISTS (
            SELECT FROM plugins p WHERE p.id = r.object_id AND p.is_private
                                    AND NOT :user_id = ANY (p.maintainers || p.creator_id)))
 ORDER BY r.updated_at DESC, r.id DESC OFFSET :offset LIMIT :limit

-- name: count_releases
SELECT count(*) FROM releases r
 WHERE (:tenant_id::text IS NULL OR r.tenant_id = :tenant_id) AND (:state::text IS NULL OR r.state = :state)
   AND (:kind::text IS NULL OR r.kind = :kind) AND (:name::text IS NULL OR lower(r.name) = lower(:name))
   AND (:sees_private OR r.kind = 'extension' OR NOT EXISTS (
            SELECT FROM plugins p WHERE p.id = r.object_id AND p.is_private
                                    AND NOT :user_id = ANY (p.maintainers || p.creator_id)))

-- name: list_pending
-- What of a plug-in's live versions could be submitted (draft), or has been and is not decided.
SELECT r.* FROM releases r JOIN plugin_versions v ON v.id = r.id
 WHERE r.tenant_id = :tenant_id AND r.object_id = :object_id AND r.state = ANY (:states::text[])
   AND (v.deleted_at IS NULL OR :deleted) ORDER BY v.precedence

-- name: move_release
-- The guard of the table refuses what is no legal move.
UPDATE releases
   SET act = :act, state = :after, message = :message, reasons = :reasons, publisher_id = :publisher_id,
       round = round + CASE WHEN :act = 'submit' THEN 1 ELSE 0 END,
       submitter_id = :submitter_id, submitter_name = :submitter_name,
       submitted_at = CASE WHEN :act = 'submit' THEN clock_timestamp() ELSE submitted_at END,
       deprecation = :deprecation, replacement = :replacement, removal_date = :removal_date, restores_to = :restores_to,
       released_at = CASE WHEN :act IN ('pass', 'accept') THEN clock_timestamp() ELSE released_at END,
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id AND state = :before AND round = :round

-- name: count_released
-- How many of the publisher's releases, and of the same extension or plug-in, have ever gone out.
SELECT count(*) FILTER (WHERE publisher_id = :publisher_id AND publisher_id IS NOT NULL) AS of_publisher,
       count(*) FILTER (WHERE object_id = :object_id) AS of_object
  FROM releases
 WHERE tenant_id = :tenant_id AND released_at IS NOT NULL AND (publisher_id = :publisher_id OR object_id = :object_id)

-- name: find_plugin
-- What decides about releases of a plug-in: who may see and change it, and where it belongs.
SELECT p.* FROM plugins p WHERE p.tenant_id = :tenant_id AND p.id = :id

