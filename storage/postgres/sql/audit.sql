-- name: lock_tenant
SELECT lock_tenant(:tenant_id)

-- name: record_audit
SELECT record_audit(:tenant_id, :actor_id, :actor_name, :credential, :action, :object_kind, :object_id,
                    :detail::jsonb, :request_id)

-- name: find_next_chain
-- The next tenant, by id, that has entries or should have some.
SELECT least((SELECT min(id) FROM tenants WHERE id > :after::text),
             (SELECT min(tenant_id) FROM audit_entries WHERE tenant_id > :after::text))

-- name: follow_chain
-- The next entries of a chain, checked: how many there are, the last one's number and hash, and the place of the first that
-- does not follow from the one before it. Beside them the head as it was at the same moment.
WITH batch AS (
    SELECT e AS entry FROM audit_entries e
     WHERE e.tenant_id = :tenant_id AND e.number > :after ORDER BY e.number LIMIT :most),
checked AS (
    SELECT entry, :followed::bigint + row_number() OVER by_number AS due_number,
           lag((entry).hash, 1, :last_hash::bytea) OVER by_number AS due_hash
      FROM batch WINDOW by_number AS (ORDER BY (entry).number))
SELECT found.*, head.entries AS head_entries, head.hash AS head_hash
  FROM (SELECT count(*) AS entries, max((entry).number) AS last_number,
               (array_agg((entry).hash ORDER BY (entry).number DESC))[1] AS last_hash,
               min(due_number) FILTER (WHERE (entry).number <> due_number OR (entry).previous_hash <> due_hash
                                          OR (entry).hash <> audit_hash(due_hash, entry)) AS broken_at
          FROM checked) found
  LEFT JOIN audit_head(:tenant_id) head ON true

-- name: find_head
SELECT entries, hash FROM audit_head(:tenant_id)

-- name: find_hash
SELECT hash FROM audit_entries WHERE tenant_id = :tenant_id AND number = :number

-- name: plan_for_values
SELECT set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: list_entries_before
SELECT tenant_id, number, recorded_at, actor_id, actor_name, credential, action, object_kind, object_id, detail, request_id,
       changes, previous_hash, hash
  FROM audit_entries
 WHERE tenant_id = :tenant_id AND number < :before
   AND (:action::text IS NULL OR action = :action) AND (:object_kind::text IS NULL OR object_kind = :object_kind)
   AND (:object_id::text IS NULL OR object_id = :object_id) AND (:actor_id::text IS NULL OR actor_id = :actor_id)
   AND (:since::timestamptz IS NULL OR recorded_at >= :since) AND (:until::timestamptz IS NULL OR recorded_at < :until)
 ORDER BY number DESC LIMIT :most

-- name: list_entries_after
SELECT tenant_id, number, recorded_at, actor_id, actor_name, credential, action, object_kind, object_id, detail, request_id,
       changes, previous_hash, hash
  FROM audit_entries
 WHERE tenant_id = :tenant_id AND number > :after
   AND (:action::text IS NULL OR action = :action) AND (:object_kind::text IS NULL OR object_kind = :object_kind)
   AND (:object_id::text IS NULL OR object_id = :object_id) AND (:actor_id::text IS NULL OR actor_id = :actor_id)
   AND (:since::timestamptz IS NULL OR recorded_at >= :since) AND (:until::timestamptz IS NULL OR recorded_at < :until)
 ORDER BY number LIMIT :most
