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
-- Position and not LIKE, as above; each with how many extensions it has.
SELECT id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url, source_url, status, reason,
       updated_at, updated_by_id, updated_by_name, publisher_review, system_review, created_at,
       (SELECT count(*) FROM extensions e WHERE e.tenant_id = :tenant_id AND e.publisher_id = publishers.id) AS extension_count
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

-- name: lock_publisher_name
-- Makes decisions about one name wait for each other, whatever tenants they are about.
SELECT pg_advisory_xact_lock(hashtextextended('publisher ' || lower(:en_name), 0))

-- name: is_accepted_elsewhere
-- Whether another tenant has, or had until it deleted it, an accepted publisher of that name.
SELECT EXISTS (SELECT FROM publishers
                WHERE lower(en_name) = lower(:en_name) AND status = 'accept' AND tenant_id <> :tenant_id)
