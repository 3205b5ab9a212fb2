-- name: insert_incoming
INSERT INTO incoming_blobs (key, tenant_id, purpose) VALUES (:key, :tenant_id, :purpose)

-- name: find_incoming
SELECT key, tenant_id, sha256 FROM incoming_blobs WHERE tenant_id = :tenant_id AND key = :key

-- name: settle_incoming
UPDATE incoming_blobs SET sha256 = :digest WHERE tenant_id = :tenant_id AND key = :key RETURNING key

-- name: delete_incoming
DELETE FROM incoming_blobs WHERE tenant_id = :tenant_id AND key = :key RETURNING key

-- name: list_stale_incoming
SELECT key, tenant_id, sha256 FROM incoming_blobs WHERE begun_at < now() - make_interval(hours => :hours) ORDER BY begun_at

-- name: is_needed
-- Whether what lies under a key is kept, or about to be by something else of the tenant that has the same digest.
SELECT EXISTS (SELECT FROM blobs WHERE tenant_id = :tenant_id AND key = :key)
    OR EXISTS (SELECT FROM incoming_blobs WHERE tenant_id = :tenant_id AND sha256 = :digest AND key <> :incoming_key)

-- name: insert_blob
INSERT INTO blobs (tenant_id, sha256, size, key) VALUES (:tenant_id, :digest, :size, :key)
    ON CONFLICT (tenant_id, sha256) DO NOTHING

-- name: find_blob
SELECT sha256, size, key, pieces, quarantine_reason FROM blobs WHERE tenant_id = :tenant_id AND sha256 = :digest

-- name: prove_blob
UPDATE blobs SET pieces = :pieces, proven_at = now()
 WHERE tenant_id = :tenant_id AND sha256 = :digest AND size = :size AND pieces IS NULL

-- name: quarantine_blob
UPDATE blobs SET quarantined_at = now(), quarantine_reason = :reason
 WHERE tenant_id = :tenant_id AND sha256 = :digest AND quarantined_at IS NULL AND key = coalesce(:key, key)
RETURNING sha256

-- name: replace_blob
-- The old key, where it is another one, becomes one on its way in, where the sweep finds it.
WITH old AS (
         SELECT key, tenant_id FROM blobs WHERE tenant_id = :tenant_id AND sha256 = :digest AND key <> :key),
     left_behind AS (
         INSERT INTO incoming_blobs (key, tenant_id, purpose) SELECT key, tenant_id, 'damaged' FROM old RETURNING key)
UPDATE blobs SET key = :key, stored_at = now(), pieces = :pieces, proven_at = now(), quarantined_at = NULL,
                 quarantine_reason = NULL
 WHERE tenant_id = :tenant_id AND sha256 = :digest
RETURNING (SELECT key FROM left_behind)
