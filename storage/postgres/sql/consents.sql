-- name: find_consent
SELECT status FROM extension_consents
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND instance_id = :instance_id
   AND identifier = :identifier AND version = :version

-- name: count_consents
SELECT count(*) FROM extension_consents WHERE tenant_id = :tenant_id AND user_id = :user_id

-- name: save_consent
INSERT INTO extension_consents (tenant_id, user_id, instance_id, identifier, version, status)
VALUES (:tenant_id, :user_id, :instance_id, :identifier, :version, :status)
    ON CONFLICT (tenant_id, user_id, instance_id, identifier, version)
    DO UPDATE SET status = excluded.status, answered_at = clock_timestamp()

-- name: delete_consent
DELETE FROM extension_consents
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND instance_id = :instance_id
   AND identifier = :identifier AND version = :version
