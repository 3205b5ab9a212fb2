-- name: lock_tenant
SELECT lock_tenant(:tenant_id)

-- name: record_audit
SELECT record_audit(:tenant_id, :actor_id, :actor_name, :credential, :action, :object_kind, :object_id,
                    :detail::jsonb, :request_id)
