-- name: insert_publisher
INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url,
                        updated_at, updated_by_id, updated_by_name)
VALUES (:id, :tenant_id, :en_name, :name, :user_id, :description, :logo_url, :website, :support_url, :source_url,
        clock_timestamp(), :updated_by_id, :updated_by_name)

-- name: find_publisher
-- A live one, of the tenant or (null) of whatever tenant the transaction may see.
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review
  FROM publishers
 WHERE id = :id AND deleted_at IS NULL AND (:tenant_id::text IS NULL OR tenant_id = :tenant_id)

-- name: find_publisher_by_name
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review
  FROM publishers
 WHERE tenant_id = :tenant_id AND lower(en_name) = lower(:en_name) AND deleted_at IS NULL

-- name: list_publishers_by_id
-- Every tenant's, as far as row-level security shows them.
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review
  FROM publishers
 WHERE id = ANY (:ids::text[]) AND deleted_at IS NULL

-- name: list_publishers
-- Position and not LIKE: no character of the text means anything but itself.
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review
  FROM publishers
 WHERE tenant_id = :tenant_id AND deleted_at IS NULL
   AND (position(lower(:text) IN lower(name)) > 0 OR position(lower(:text) IN lower(en_name)) > 0)
 ORDER BY updated_at DESC, id DESC OFFSET :offset LIMIT :limit

-- name: count_publishers
SELECT count(*) FROM publishers
 WHERE tenant_id = :tenant_id AND deleted_at IS NULL
   AND (position(lower(:text) IN lower(name)) > 0 OR position(lower(:text) IN lower(en_name)) > 0)

-- name: list_own_publishers
-- Position and not LIKE, as above; each with how many extensions and members it has, and what the user is to it.
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review, created_at,
       (SELECT count(*) FROM extensions e WHERE e.tenant_id = :tenant_id AND e.publisher_id = publishers.id) AS extension_count,
       (SELECT count(*) FROM publisher_members m WHERE m.publisher_id = publishers.id) AS member_count,
       (SELECT m.role FROM publisher_members m WHERE m.publisher_id = publishers.id AND m.user_id = :user_id) AS role,
       coalesce((SELECT u.name FROM users u WHERE u.id = publishers.user_id AND u.tenant_id = :tenant_id), '') AS owner_name
  FROM publishers
 WHERE tenant_id = :tenant_id AND deleted_at IS NULL
   AND (position(lower(:text) IN lower(name)) > 0 OR position(lower(:text) IN lower(en_name)) > 0)
   AND (:publisher_id::text IS NULL OR id = :publisher_id)
 ORDER BY updated_at DESC, id DESC

-- name: list_accepted_publishers
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review
  FROM publishers
 WHERE tenant_id = :tenant_id AND deleted_at IS NULL AND status = 'accept'
 ORDER BY updated_at DESC, id DESC

-- name: list_publishers_by_status
-- Every tenant's: the one that waits longest first.
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review
  FROM publishers
 WHERE status = :status AND deleted_at IS NULL
 ORDER BY updated_at, id OFFSET :offset LIMIT :limit

-- name: count_publishers_by_status
SELECT count(*) FROM publishers WHERE status = :status AND deleted_at IS NULL

-- name: decide_publisher
UPDATE publishers
   SET status = :status, reason = :reason, updated_at = clock_timestamp(),
       updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND deleted_at IS NULL
RETURNING id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
          updated_at, updated_by_id, updated_by_name, publisher_review, system_review

-- name: set_publisher_reviews
UPDATE publishers
   SET publisher_review = :publisher_review, system_review = :system_review, updated_at = clock_timestamp(),
       updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND deleted_at IS NULL
RETURNING id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
          updated_at, updated_by_id, updated_by_name, publisher_review, system_review

-- name: delete_publisher
UPDATE publishers
   SET deleted_at = clock_timestamp(), updated_at = clock_timestamp(),
       updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND deleted_at IS NULL

-- name: list_bound_plugins
-- Live ones, by name; without a name those that the caller may not know of. Only those that everybody sees, or did and keeps
-- the right to, where `published_only`.
SELECT CASE WHEN NOT is_private OR :sees_private OR :user_id = ANY (maintainers || creator_id) THEN name END AS name
  FROM plugins
 WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND deleted_at IS NULL
   AND (NOT :published_only OR shared OR served OR attribution = 'published')
 ORDER BY 1 NULLS LAST LIMIT :limit

-- name: list_bound_extensions
-- By their identifiers; only those that everybody sees where `published_only`.
SELECT identifier FROM extensions
 WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND (NOT :published_only OR is_public OR served)
 ORDER BY 1 LIMIT :limit

-- name: reapply_publisher
UPDATE publishers
   SET status = 'processing', reason = '', name = :name, description = :description, logo_url = :logo_url, website = :website,
       support_url = :support_url, source_url = :source_url, updated_at = clock_timestamp(),
       updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND deleted_at IS NULL
RETURNING id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
          updated_at, updated_by_id, updated_by_name, publisher_review, system_review

-- name: set_publisher_user
UPDATE publishers
   SET user_id = :user_id, updated_at = clock_timestamp(), updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND deleted_at IS NULL

-- name: find_publisher_of_key
-- The English name of the tenant's live publisher of that key.
SELECT en_name FROM publishers WHERE tenant_id = :tenant_id AND name_key = :name_key AND deleted_at IS NULL LIMIT 1

-- name: lock_publisher_names
-- Makes decisions about names wait for each other, whatever tenants they are about: a name may look like any other.
SELECT pg_advisory_xact_lock(hashtextextended('publisher names', 0))

-- name: find_taken_name
-- Of the English name, and of the name that is shown.
SELECT en_name, is_same FROM find_taken_name(:tenant_id, :name_key, :name_skeleton, :shown_key, :shown_skeleton)

-- name: reserve_name
INSERT INTO reserved_publisher_names (name_key, name_skeleton, shown_key, shown_skeleton, en_name, tenant_id, publisher_id)
VALUES (:name_key, :name_skeleton, :shown_key, :shown_skeleton, :en_name, :tenant_id, :publisher_id)
    ON CONFLICT (name_key) DO NOTHING

-- name: release_name
-- Only what this publisher brought: one before it, of the same name, may have been everybody's.
DELETE FROM reserved_publisher_names WHERE tenant_id = :tenant_id AND name_key = :name_key AND publisher_id = :publisher_id

-- name: list_names_of_others
-- Live publishers of other tenants: those that wait, and those that were accepted under a name that looks like this one.
SELECT p.id, p.en_name, p.name, p.status FROM publishers p
 WHERE p.tenant_id <> :tenant_id AND p.deleted_at IS NULL AND p.status = 'processing'
 UNION
SELECT p.id, p.en_name, p.name, p.status FROM reserved_publisher_names r JOIN publishers p ON p.tenant_id = r.tenant_id AND p.name_key = r.name_key
 WHERE r.tenant_id <> :tenant_id AND p.deleted_at IS NULL
   AND (r.name_skeleton = ANY (:skeletons::text[]) OR r.shown_skeleton = ANY (:skeletons::text[]))
 LIMIT :most

-- name: list_popular_publishers
SELECT publisher_id, en_name FROM popular_publishers(:tenant_id, :most)

-- name: find_verification
SELECT ground, domain, note, verified_at, verified_by_id, verified_by_name
  FROM publisher_verifications WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id

-- name: save_verification
INSERT INTO publisher_verifications (publisher_id, tenant_id, ground, domain, note, verified_by_id, verified_by_name)
VALUES (:publisher_id, :tenant_id, :ground, :domain, :note, :verified_by_id, :verified_by_name)
    ON CONFLICT (publisher_id) DO UPDATE
   SET ground = excluded.ground, domain = excluded.domain, note = excluded.note, verified_at = clock_timestamp(),
       verified_by_id = excluded.verified_by_id, verified_by_name = excluded.verified_by_name

-- name: delete_verification
DELETE FROM publisher_verifications WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id
