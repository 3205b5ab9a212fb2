-- name: find_entry
SELECT tenant_id, number, recorded_at, actor_id, actor_name, credential, action, object_kind, object_id, detail, request_id,
       changes, previous_hash, hash
  FROM audit_entries WHERE tenant_id = :tenant_id AND number = :number

-- name: list_publisher_users
-- Who answers for a publisher: its owners and maintainers, and the administrators of its tenant.
SELECT u.id, u.tenant_id
  FROM publishers p JOIN users u ON u.tenant_id = p.tenant_id
 WHERE p.tenant_id = :tenant_id AND p.id = :publisher_id AND u.disabled_at IS NULL
   AND ('admin' = ANY (u.roles) OR EXISTS (SELECT FROM publisher_members m WHERE m.publisher_id = p.id AND m.user_id = u.id
                                                  AND m.role IN ('owner', 'maintainer')))
 ORDER BY u.id LIMIT :most

-- name: list_platform_users
-- Who decides for the platform: operators, and the reviewers of official tenants.
SELECT u.id, u.tenant_id
  FROM users u JOIN tenants t ON t.id = u.tenant_id
 WHERE u.disabled_at IS NULL AND u.roles && ARRAY['operator', 'reviewer']
   AND ('operator' = ANY (u.roles) OR t.official)
 ORDER BY u.id LIMIT :most

-- name: find_users
SELECT id, tenant_id FROM users WHERE tenant_id = :tenant_id AND id = ANY (:ids::text[]) AND disabled_at IS NULL ORDER BY id

-- name: insert_notifications
-- Each user is told of an entry once, however often this is asked for.
INSERT INTO notifications (tenant_id, user_id, entry_tenant_id, entry_number, action, object_kind, object_id, text)
SELECT told.tenant_id, told.user_id, :entry_tenant_id, :entry_number, :action, :object_kind, :object_id, :text
  FROM unnest(:tenant_ids::text[], :user_ids::text[]) AS told (tenant_id, user_id)
    ON CONFLICT (user_id, entry_tenant_id, entry_number) DO NOTHING

-- name: list_notifications
SELECT id, action, object_kind, object_id, text, created_at, read_at
  FROM notifications
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND id < :before
   AND (NOT :unread::boolean OR read_at IS NULL)
 ORDER BY id DESC LIMIT :most

-- name: count_unread
SELECT count(*) FROM (
    SELECT FROM notifications WHERE tenant_id = :tenant_id AND user_id = :user_id AND read_at IS NULL LIMIT :most) unread

-- name: mark_read
-- All up to that one, or that one alone.
UPDATE notifications SET read_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND read_at IS NULL
   AND id <= :id AND (:and_older::boolean OR id = :id)

-- name: find_notification
SELECT id FROM notifications WHERE tenant_id = :tenant_id AND user_id = :user_id AND id = :id

-- name: sweep_notifications
DELETE FROM notifications
 WHERE id IN (SELECT id FROM notifications WHERE created_at < clock_timestamp() - make_interval(days => :days)
               ORDER BY created_at LIMIT :most)
