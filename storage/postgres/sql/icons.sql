-- name: insert_icon
INSERT INTO icons (object_key, tenant_id, kind, path, media_type, sha256, size)
VALUES (:object_key, :tenant_id, :kind, :path, :media_type, :digest, :size)

-- name: find_icon
-- The own tenant's, and those of what everybody sees: row-level security decides.
SELECT object_key, tenant_id, kind, path, media_type, sha256, size FROM icons WHERE object_key = :object_key

-- name: set_publisher_logo
UPDATE publishers
   SET logo_url = :path, updated_at = clock_timestamp(), updated_by_id = :user_id, updated_by_name = :user_name
 WHERE tenant_id = :tenant_id AND lower(en_name) = lower(:en_name) AND deleted_at IS NULL
RETURNING id
