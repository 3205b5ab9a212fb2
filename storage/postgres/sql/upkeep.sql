-- name: list_icons
-- The next icons by key, each with whether nobody shows it and it is old enough to go.
SELECT i.object_key, i.tenant_id,
       i.stored_at < clock_timestamp() - make_interval(hours => :hours)
       AND NOT is_icon_shown(i.tenant_id, i.object_key) AS useless
  FROM icons i WHERE i.object_key > :after ORDER BY i.object_key LIMIT :most

-- name: delete_icons
DELETE FROM icons i
 WHERE i.tenant_id = :tenant_id AND i.object_key = ANY (:object_keys::text[])
   AND NOT is_icon_shown(i.tenant_id, i.object_key)
RETURNING i.object_key, i.sha256

-- name: list_blobs
-- The next blobs by key, each with whether nothing needs it and it is old enough to go.
SELECT b.tenant_id, b.sha256, b.size, b.key,
       b.stored_at < clock_timestamp() - make_interval(hours => :hours)
       AND NOT is_blob_needed(b.tenant_id, b.sha256) AS useless
  FROM blobs_after(:after, :most) b ORDER BY b.key

-- name: doom_blobs
-- Removes the rows of what nothing needs, and keeps the keys until the bytes are removed.
WITH gone AS (
    DELETE FROM blobs b
     WHERE b.tenant_id = :tenant_id AND b.sha256 = ANY (:digests::text[])
       AND b.stored_at < clock_timestamp() - make_interval(hours => :hours)
       AND NOT is_blob_needed(b.tenant_id, b.sha256)
    RETURNING b.tenant_id, b.key)
INSERT INTO doomed_blobs (key, tenant_id) SELECT key, tenant_id FROM gone
    ON CONFLICT (key) DO UPDATE SET doomed_at = EXCLUDED.doomed_at
RETURNING key

-- name: list_doomed
SELECT key FROM doomed_blobs WHERE key > :after ORDER BY key LIMIT :most

-- name: forget_doomed
DELETE FROM doomed_blobs WHERE tenant_id = :tenant_id AND key = :key

-- name: list_unnamed_keys
-- Of these keys, those that no row says to be kept or on their way in, and whether they are doomed. A tenant that this
-- database does not know has its bytes in the same bucket for another installation.
SELECT stored.key, EXISTS (SELECT FROM doomed_blobs d WHERE d.key = stored.key) AS doomed
  FROM unnest(:keys::text[], :tenant_ids::text[], :digests::text[], :upload_ids::text[])
       AS stored (key, tenant_id, digest, upload_id)
 WHERE EXISTS (SELECT FROM tenants t WHERE t.id = stored.tenant_id)
   AND NOT EXISTS (SELECT FROM blobs b WHERE b.key = stored.key)
   AND NOT EXISTS (SELECT FROM incoming_blobs i WHERE i.key = stored.key)
   AND NOT EXISTS (SELECT FROM incoming_blobs i WHERE i.tenant_id = stored.tenant_id AND i.sha256 = stored.digest)
   AND NOT EXISTS (SELECT FROM uploads u WHERE u.id = stored.upload_id AND u.tenant_id = stored.tenant_id
                                           AND (u.is_open OR u.cleared_at IS NULL))

-- name: list_uploads_to_clear
-- Uploads whose chunks nobody needs any more, by their ids. One that is inspected, or will be again, may mend a damaged blob.
SELECT id, tenant_id, assembly_key, assembly_handle, round FROM uploads
 WHERE NOT is_open AND state NOT IN ('checking', 'failed') AND cleared_at IS NULL AND id > :after::text ORDER BY id LIMIT :most

-- name: note_cleared
UPDATE uploads SET cleared_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id AND NOT is_open AND state NOT IN ('checking', 'failed') AND cleared_at IS NULL
RETURNING id

-- name: list_old_uploads
-- What the checks said of an upload is needed as long as there is a version of it.
SELECT id, tenant_id FROM uploads
 WHERE NOT is_open AND NOT needs_file AND cleared_at IS NOT NULL
   AND updated_at < clock_timestamp() - make_interval(days => :days)
   AND NOT EXISTS (SELECT FROM extension_versions v WHERE v.upload_id = uploads.id AND v.state <> 'rejected')
 ORDER BY updated_at LIMIT :most

-- name: delete_uploads
DELETE FROM uploads WHERE tenant_id = :tenant_id AND id = ANY (:ids::text[])
   AND NOT is_open AND NOT needs_file AND cleared_at IS NOT NULL
   AND NOT EXISTS (SELECT FROM extension_versions v
                    WHERE v.tenant_id = :tenant_id AND v.upload_id = uploads.id AND v.state <> 'rejected')
RETURNING id

-- name: list_assemblies
-- What the store calls the files that still come in.
SELECT assembly_handle FROM uploads WHERE is_open

-- name: read_clock
SELECT clock_timestamp()

-- name: find_longest_unread
SELECT tenant_id, sha256, size, key, pieces, quarantined_at IS NOT NULL AS quarantined
  FROM blobs WHERE scrubbed_at < :before ORDER BY scrubbed_at, tenant_id, sha256 LIMIT 1

-- name: note_read
UPDATE blobs SET scrubbed_at = clock_timestamp() WHERE tenant_id = :tenant_id AND sha256 = :digest AND key = :key
RETURNING key

-- name: note_whole
UPDATE blobs SET pieces = :pieces, proven_at = clock_timestamp(), quarantined_at = NULL, quarantine_reason = NULL
 WHERE tenant_id = :tenant_id AND sha256 = :digest
