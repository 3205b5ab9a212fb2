-- name: insert_tenant
INSERT INTO tenants (id, name, official) VALUES (:id, :name, :official)

-- name: list_tenants
SELECT id, name, official FROM tenants ORDER BY name

-- name: find_tenant
SELECT id, name, official FROM tenants WHERE id = :reference OR name = :reference ORDER BY (id = :reference) DESC LIMIT 1

-- name: insert_project
INSERT INTO projects (id, tenant_id, name) VALUES (:id, :tenant_id, :name)

-- name: list_projects
-- All projects of the tenant, or the one of that name.
SELECT id, tenant_id, name FROM projects
 WHERE tenant_id = :tenant_id AND (:name::text IS NULL OR name = :name)
 ORDER BY name

-- name: find_project
SELECT id, tenant_id, name FROM projects WHERE tenant_id = :tenant_id AND (id = :id OR name = :name)

-- name: insert_user
INSERT INTO users (id, tenant_id, name, roles, password_hash) VALUES (:id, :tenant_id, :name, :roles, :password_hash)

-- name: find_user
SELECT id, tenant_id, name, roles FROM users
 WHERE tenant_id = :tenant_id AND (id = :reference OR name = :reference)
 ORDER BY (id = :reference) DESC LIMIT 1

-- name: find_working_user
SELECT u.id, u.tenant_id, u.name, u.roles, t.name AS tenant_name, t.official
  FROM users u JOIN tenants t ON t.id = u.tenant_id
 WHERE u.tenant_id = :tenant_id AND u.id = :user_id AND u.disabled_at IS NULL

-- name: set_password_hash
UPDATE users SET password_hash = :password_hash WHERE tenant_id = :tenant_id AND id = :user_id

-- name: disable_user
UPDATE users SET disabled_at = coalesce(disabled_at, now()) WHERE tenant_id = :tenant_id AND id = :user_id

-- name: find_login
SELECT * FROM find_login(:account_name, :account_id, :user_name, :user_id)

-- name: insert_token
-- The database's clock decides when it ends.
INSERT INTO tokens (digest, tenant_id, user_id, project_id, expires_at)
VALUES (:digest, :tenant_id, :user_id, :project_id, now() + make_interval(hours => :hours))
RETURNING issued_at, expires_at

-- name: find_token_holder
SELECT * FROM find_token_holder(:digest)

-- name: revoke_token
UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = :tenant_id AND digest = :digest

-- name: revoke_tokens
-- Every token of a tenant, or of one user.
WITH revoked AS (
    UPDATE tokens SET revoked_at = now()
     WHERE tenant_id = :tenant_id AND (:user_id::text IS NULL OR user_id = :user_id)
       AND revoked_at IS NULL AND expires_at > now()
    RETURNING 1)
SELECT count(*) FROM revoked

-- name: insert_access_key
INSERT INTO access_keys (access_key, tenant_id, user_id, secret) VALUES (:access_key, :tenant_id, :user_id, :secret)

-- name: find_access_key_tenant
SELECT tenant_id FROM access_keys WHERE access_key = :access_key

-- name: revoke_access_key
UPDATE access_keys SET revoked_at = coalesce(revoked_at, now())
 WHERE tenant_id = :tenant_id AND access_key = :access_key

-- name: find_access_key_holder
SELECT * FROM find_access_key_holder(:access_key)

-- name: note_signature
SELECT note_signature(:access_key, :signature, :connection)

-- name: sweep_credentials
SELECT sweep_credentials(make_interval(mins => :minutes))

-- name: insert_publisher_token
-- Nothing where the user is disabled. The database's clock decides when it ends.
INSERT INTO publisher_tokens (id, digest, tenant_id, publisher_id, user_id, name, hint, expires_at)
SELECT :id, :digest, u.tenant_id, :publisher_id, u.id, :name, :hint, now() + make_interval(days => :days)
  FROM users u WHERE u.tenant_id = :tenant_id AND u.id = :user_id AND u.disabled_at IS NULL
RETURNING created_at, expires_at

-- name: find_publisher_token
-- Of the tokens in this user's hands, or (null) of all; in the hands of its holder and of the publisher's owners.
SELECT k.id, k.tenant_id, k.publisher_id, k.user_id, u.name AS user_name, k.name, k.hint, k.created_at, k.expires_at,
       k.revoked_at, k.last_used_at
  FROM publisher_tokens k JOIN users u ON u.id = k.user_id
 WHERE k.tenant_id = :tenant_id AND k.id = :id
   AND (:in_hands_of::text IS NULL OR k.user_id = :in_hands_of OR EXISTS (SELECT FROM publisher_members m
                   WHERE m.publisher_id = k.publisher_id AND m.user_id = :in_hands_of AND m.role = 'owner'))

-- name: find_publisher_token_tenant
SELECT tenant_id FROM publisher_tokens WHERE id = :id

-- name: list_publisher_tokens
-- Latest first; those of one publisher, or (null) of all.
SELECT k.id, k.tenant_id, k.publisher_id, k.user_id, u.name AS user_name, k.name, k.hint, k.created_at, k.expires_at,
       k.revoked_at, k.last_used_at
  FROM publisher_tokens k JOIN users u ON u.id = k.user_id
 WHERE k.tenant_id = :tenant_id AND (:publisher_id::text IS NULL OR k.publisher_id = :publisher_id)
   AND (:in_hands_of::text IS NULL OR k.user_id = :in_hands_of OR EXISTS (SELECT FROM publisher_members m
                   WHERE m.publisher_id = k.publisher_id AND m.user_id = :in_hands_of AND m.role = 'owner'))
 ORDER BY k.created_at DESC, k.id DESC OFFSET :offset LIMIT :limit

-- name: count_publisher_tokens
SELECT count(*)
  FROM publisher_tokens k
 WHERE k.tenant_id = :tenant_id AND (:publisher_id::text IS NULL OR k.publisher_id = :publisher_id)
   AND (:in_hands_of::text IS NULL OR k.user_id = :in_hands_of OR EXISTS (SELECT FROM publisher_members m
                   WHERE m.publisher_id = k.publisher_id AND m.user_id = :in_hands_of AND m.role = 'owner'))

-- name: revoke_publisher_token
UPDATE publisher_tokens SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = :tenant_id AND id = :id
RETURNING revoked_at

-- name: find_publisher_token_holder
SELECT * FROM find_publisher_token_holder(:digest)
