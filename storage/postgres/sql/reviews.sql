-- name: insert_review
INSERT INTO reviews (id, tenant_id, release_id, kind, round, opened_by_id, opened_by_name, text)
VALUES (:id, :tenant_id, :release_id, :kind, :round, :opened_by_id, :opened_by_name, :text)

-- name: find_open
-- The review of that kind that waits.
SELECT v.id FROM reviews v WHERE v.tenant_id = :tenant_id AND v.release_id = :release_id AND v.kind = :kind AND v.decided_at IS NULL

-- name: find_tenant
-- Whose release it is about. For the platform.
SELECT tenant_id FROM reviews WHERE id = :id

-- name: list_queue
-- Every tenant's, or one review: what waits longest first, of decided ones the latest first.
SELECT v.id AS v_id, v.tenant_id AS v_tenant_id, v.release_id AS v_release_id, v.kind AS v_kind, v.round AS v_round,
       v.opened_by_id AS v_opened_by_id, v.opened_by_name AS v_opened_by_name, v.text AS v_text, v.filed_at AS v_filed_at,
       extract(epoch FROM coalesce(v.decided_at, clock_timestamp()) - v.filed_at)::bigint AS v_age_seconds,
       CASE WHEN v.held_until > clock_timestamp() THEN v.holder_id END AS v_holder_id,
       CASE WHEN v.held_until > clock_timestamp() THEN v.holder_name END AS v_holder_name,
       CASE WHEN v.held_until > clock_timestamp() THEN v.held_until END AS v_held_until,
       v.outcome AS v_outcome, v.decided_at AS v_decided_at, r.*,
       coalesce(b.en_name, '') AS b_name, coalesce(b.sensitive, false) AS b_sensitive,
       coalesce(p.business_type, 'Extension') AS p_business_type,
       (SELECT count(*) FROM review_decisions d WHERE d.review_id = v.id AND d.verdict = 'accept') AS accepted
  FROM reviews v
  JOIN releases r ON r.id = v.release_id
  LEFT JOIN publishers b ON b.id = r.publisher_id
  LEFT JOIN plugins p ON r.kind <> 'extension' AND p.id = r.object_id
 WHERE (:id::text IS NULL OR v.id = :id)
   AND (:id IS NOT NULL OR (v.decided_at IS NOT NULL) = :decided::boolean)
   AND (:kind::text IS NULL OR v.kind = :kind)
   AND (:publisher_id::text IS NULL OR r.publisher_id = :publisher_id)
   AND (:business_type::text IS NULL OR coalesce(p.business_type, 'Extension') = :business_type)
   AND (:held::boolean IS NULL OR coalesce(v.held_until > clock_timestamp(), false) = :held)
   AND (:holder_id::text IS NULL OR (v.holder_id = :holder_id AND v.held_until > clock_timestamp()))
   AND v.filed_at <= clock_timestamp() - make_interval(hours => :hours::integer)
 ORDER BY CASE WHEN v.decided_at IS NULL THEN v.filed_at END, v.decided_at DESC, v.id OFFSET :offset LIMIT :limit

-- name: count_queue
SELECT count(*)
  FROM reviews v
  JOIN releases r ON r.id = v.release_id
  LEFT JOIN plugins p ON r.kind <> 'extension' AND p.id = r.object_id
 WHERE (v.decided_at IS NOT NULL) = :decided::boolean
   AND (:kind::text IS NULL OR v.kind = :kind)
   AND (:publisher_id::text IS NULL OR r.publisher_id = :publisher_id)
   AND (:business_type::text IS NULL OR coalesce(p.business_type, 'Extension') = :business_type)
   AND (:held::boolean IS NULL OR coalesce(v.held_until > clock_timestamp(), false) = :held)
   AND (:holder_id::text IS NULL OR (v.holder_id = :holder_id AND v.held_until > clock_timestamp()))
   AND v.filed_at <= clock_timestamp() - make_interval(hours => :hours::integer)

-- name: claim
-- For so many minutes by the database's clock, unless somebody else holds it now.
UPDATE reviews
   SET holder_id = :user_id, holder_name = :user_name, held_until = clock_timestamp() + make_interval(mins => :minutes::integer)
 WHERE tenant_id = :tenant_id AND id = :id AND decided_at IS NULL
   AND (held_until IS NULL OR held_until <= clock_timestamp() OR holder_id = :user_id)
RETURNING id

-- name: let_go
UPDATE reviews SET holder_id = NULL, holder_name = NULL, held_until = NULL
 WHERE tenant_id = :tenant_id AND id = :id AND decided_at IS NULL AND holder_id IS NOT NULL

-- name: insert_decision
INSERT INTO review_decisions (review_id, tenant_id, user_id, user_name, verdict, reasons, text)
VALUES (:review_id, :tenant_id, :user_id, :user_name, :verdict, :reasons, :text)

-- name: list_decisions
SELECT user_id, user_name, verdict, reasons, text, decided_at FROM review_decisions
 WHERE tenant_id = :tenant_id AND review_id = :review_id ORDER BY decided_at, user_id

-- name: list_decisions_of_release
-- What was decided about a release, of whatever kind, latest first.
SELECT d.user_id, d.user_name, d.verdict, d.reasons, d.text, d.decided_at
  FROM reviews v JOIN review_decisions d ON d.review_id = v.id
 WHERE v.tenant_id = :tenant_id AND v.release_id = :release_id ORDER BY d.decided_at DESC, d.user_id LIMIT :most

-- name: end_review
UPDATE reviews SET outcome = :outcome, decided_at = clock_timestamp() WHERE tenant_id = :tenant_id AND id = :id

-- name: read_metrics
SELECT count(*) FILTER (WHERE decided_at IS NULL) AS waiting,
       count(*) FILTER (WHERE decided_at IS NULL AND held_until > clock_timestamp()) AS held,
       extract(epoch FROM clock_timestamp() - min(filed_at) FILTER (WHERE decided_at IS NULL))::bigint AS oldest_seconds,
       count(*) FILTER (WHERE outcome <> 'withdraw') AS decided,
       (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - filed_at))
           FILTER (WHERE outcome <> 'withdraw'))::bigint AS median_seconds
  FROM reviews
 WHERE decided_at IS NULL OR decided_at > clock_timestamp() - make_interval(days => :days::integer)

-- name: list_rules
SELECT id, account_id, publisher_id, business_type, policy, updated_at, updated_by_name FROM review_rules
 ORDER BY publisher_id NULLS LAST, account_id NULLS LAST, business_type NULLS LAST

-- name: list_fitting_rules
SELECT id, account_id, publisher_id, business_type, policy, updated_at, updated_by_name FROM review_rules
 WHERE (account_id IS NULL OR account_id = :tenant_id) AND (publisher_id IS NULL OR publisher_id = :publisher_id)
   AND (business_type IS NULL OR business_type = :business_type)

-- name: set_rule
INSERT INTO review_rules (id, account_id, publisher_id, business_type, policy, updated_by_name)
VALUES (:id, :account_id, :publisher_id, :business_type, :policy, :user_name)
    ON CONFLICT (coalesce(account_id::text, ''), coalesce(publisher_id::text, ''), coalesce(business_type, ''))
    DO UPDATE SET policy = EXCLUDED.policy, updated_at = clock_timestamp(), updated_by_name = EXCLUDED.updated_by_name
RETURNING id, account_id, publisher_id, business_type, policy, updated_at, updated_by_name

-- name: delete_rule
DELETE FROM review_rules WHERE id = :id RETURNING account_id

-- name: is_sensitive
SELECT sensitive FROM publishers WHERE id = :id

-- name: set_sensitive
UPDATE publishers SET sensitive = :sensitive, updated_at = clock_timestamp(), updated_by_id = :user_id,
       updated_by_name = :user_name
 WHERE id = :id AND sensitive <> :sensitive

-- name: publisher_stands
SELECT publisher_stands(:id)

-- name: has_account
SELECT EXISTS (SELECT FROM tenants WHERE id = :tenant_id)

-- name: find_facts
SELECT v.facts FROM extension_versions v WHERE v.tenant_id = :tenant_id AND v.id = :id

-- name: find_facts_before
SELECT v.version, v.facts
  FROM extension_versions now
  JOIN extension_versions v ON v.tenant_id = now.tenant_id AND v.extension_id = now.extension_id
        AND v.target_platform = now.target_platform AND v.precedence < now.precedence AND v.offer IN ('listed', 'pinned')
 WHERE now.tenant_id = :tenant_id AND now.id = :id
 ORDER BY v.precedence DESC LIMIT 1
