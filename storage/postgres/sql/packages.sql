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

-- name: insert_blob
INSERT INTO blobs (tenant_id, sha256, size, key) VALUES (:tenant_id, :digest, :size, :key)
    ON CONFLICT (tenant_id, sha256) DO NOTHING

-- name: is_needed
-- Whether these bytes are kept, or about to be by something else of the tenant that has the same.
SELECT EXISTS (SELECT FROM blobs WHERE tenant_id = :tenant_id AND sha256 = :digest)
    OR EXISTS (SELECT FROM incoming_blobs WHERE tenant_id = :tenant_id AND sha256 = :digest AND key <> :incoming_key)

-- name: find_blob
SELECT sha256, size, key FROM blobs WHERE tenant_id = :tenant_id AND sha256 = :digest
