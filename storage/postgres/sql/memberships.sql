-- name: find_role
SELECT role FROM publisher_members WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND user_id = :user_id

-- name: list_members
SELECT m.user_id, u.name AS user_name, m.role, m.since
  FROM publisher_members m JOIN users u ON u.id = m.user_id
 WHERE m.tenant_id = :tenant_id AND m.publisher_id = :publisher_id
 ORDER BY array_position(ARRAY['owner', 'maintainer', 'member'], m.role), m.since, m.user_id

-- name: count_members
-- And those who are invited.
SELECT (SELECT count(*) FROM publisher_members WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id)
     + (SELECT count(*) FROM publisher_invitations
         WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND state = 'waiting' AND expires_at > clock_timestamp())

-- name: count_owners
SELECT count(*) FROM publisher_members WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND role = 'owner'

-- name: save_member
INSERT INTO publisher_members (publisher_id, tenant_id, user_id, role)
VALUES (:publisher_id, :tenant_id, :user_id, :role)
    ON CONFLICT (publisher_id, user_id) DO UPDATE SET role = excluded.role

-- name: delete_member
DELETE FROM publisher_members WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND user_id = :user_id

-- name: find_oldest_owner
SELECT user_id FROM publisher_members
 WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND role = 'owner' ORDER BY since, user_id LIMIT 1

-- name: list_memberships
-- The publishers that the user belongs to, or (of administrators) all of the tenant; latest change first.
SELECT p.id, p.tenant_id, p.en_name, p.name, p.user_id, p.description, p.logo_url, p.website, p.support_url, p.source_url,
       p.status, p.reason, p.updated_at, p.updated_by_id, p.updated_by_name, p.publisher_review, p.system_review, m.role
  FROM publishers p
  LEFT JOIN publisher_members m ON m.publisher_id = p.id AND m.user_id = :user_id
 WHERE p.tenant_id = :tenant_id AND p.deleted_at IS NULL AND (:sees_all::boolean OR m.user_id IS NOT NULL)
 ORDER BY p.updated_at DESC, p.id DESC OFFSET :offset LIMIT :limit

-- name: count_memberships
SELECT count(*)
  FROM publishers p
  LEFT JOIN publisher_members m ON m.publisher_id = p.id AND m.user_id = :user_id
 WHERE p.tenant_id = :tenant_id AND p.deleted_at IS NULL AND (:sees_all::boolean OR m.user_id IS NOT NULL)

-- name: end_expired_invitations
-- Those of one user to one publisher: they make room for another one.
UPDATE publisher_invitations SET state = 'expired', ended_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND user_id = :user_id
   AND state = 'waiting' AND expires_at <= clock_timestamp()

-- name: insert_invitation
-- The database's clock decides when it ends.
INSERT INTO publisher_invitations (id, publisher_id, tenant_id, user_id, role, hands_over_from, invited_by_id, invited_by_name,
                                   expires_at)
VALUES (:id, :publisher_id, :tenant_id, :user_id, :role, :hands_over_from, :invited_by_id, :invited_by_name,
        clock_timestamp() + make_interval(days => :days))

-- name: find_invitation
-- One that waits past its end has expired.
SELECT i.id, i.publisher_id, i.tenant_id, p.en_name, i.user_id, u.name AS user_name, i.role, i.hands_over_from,
       CASE WHEN i.state = 'waiting' AND i.expires_at <= clock_timestamp() THEN 'expired' ELSE i.state END AS state,
       i.invited_by_id, i.invited_by_name, i.created_at, i.expires_at
  FROM publisher_invitations i
  JOIN publishers p ON p.id = i.publisher_id AND p.deleted_at IS NULL
  JOIN users u ON u.id = i.user_id
 WHERE i.tenant_id = :tenant_id AND i.id = :id

-- name: list_invitations
-- Those that wait, of one publisher or to one user; the latest first.
SELECT i.id, i.publisher_id, i.tenant_id, p.en_name, i.user_id, u.name AS user_name, i.role, i.hands_over_from, i.state,
       i.invited_by_id, i.invited_by_name, i.created_at, i.expires_at
  FROM publisher_invitations i
  JOIN publishers p ON p.id = i.publisher_id AND p.deleted_at IS NULL
  JOIN users u ON u.id = i.user_id
 WHERE i.tenant_id = :tenant_id AND i.state = 'waiting' AND i.expires_at > clock_timestamp()
   AND (:publisher_id::text IS NULL OR i.publisher_id = :publisher_id)
   AND (:user_id::text IS NULL OR i.user_id = :user_id)
 ORDER BY i.created_at DESC, i.id DESC LIMIT :most

-- name: end_invitation
UPDATE publisher_invitations SET state = :state, ended_at = clock_timestamp() WHERE tenant_id = :tenant_id AND id = :id
