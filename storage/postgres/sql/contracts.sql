-- name: find_release_before
-- The greatest number below one that promises something (the key of a pre-release does not end so), and its contract.
SELECT version, inputs, input_schema, outputs, metrics
  FROM plugin_versions
 WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND precedence < :precedence
   AND state = 'formal' AND deleted_at IS NULL
   AND substr(precedence, length(precedence)) = '\x03'
 ORDER BY precedence DESC
 LIMIT 1

-- name: find_override
SELECT version, reason, given_by_name, given_at
  FROM contract_overrides
 WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND precedence = :precedence

-- name: keep_override
INSERT INTO contract_overrides (tenant_id, plugin_id, version, precedence, reason, given_by_id, given_by_name)
VALUES (:tenant_id, :plugin_id, :version, :precedence, :reason, :user_id, :user_name)
    ON CONFLICT (tenant_id, plugin_id, precedence) DO UPDATE
   SET version = excluded.version, reason = excluded.reason, given_by_id = excluded.given_by_id,
       given_by_name = excluded.given_by_name, given_at = clock_timestamp()

-- name: delete_override
DELETE FROM contract_overrides
 WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND precedence = :precedence
RETURNING version
