-- name: find_extension
-- Its id, where the tenant sees it.
SELECT id FROM extensions WHERE id = :extension_id AND (tenant_id = :tenant_id OR is_public)

-- name: find_star
SELECT id, extension_id, stars, comment, created_at, updated_at, user_id, user_name, tenant_id, tenant_name
  FROM extension_stars
 WHERE extension_id = :extension_id AND user_id = :user_id AND tenant_id = :tenant_id

-- name: put_star
INSERT INTO extension_stars (tenant_id, tenant_name, user_id, user_name, extension_id, stars, comment)
VALUES (:tenant_id, :tenant_name, :user_id, :user_name, :extension_id, :stars, :comment)
    ON CONFLICT (extension_id, user_id) DO UPDATE
   SET stars = excluded.stars, comment = excluded.comment, updated_at = clock_timestamp(),
       tenant_name = excluded.tenant_name, user_name = excluded.user_name
RETURNING id, extension_id, stars, comment, created_at, updated_at, user_id, user_name, tenant_id, tenant_name

-- name: list_stars
SELECT id, extension_id, stars, comment, created_at, updated_at, user_id, user_name, tenant_id, tenant_name
  FROM extension_stars
 WHERE extension_id = :extension_id
   AND EXISTS (SELECT FROM extensions e WHERE e.id = :extension_id AND (e.tenant_id = :tenant_id OR e.is_public))
 ORDER BY id DESC OFFSET :offset LIMIT :limit

-- name: count_stars
-- They were counted when they were given.
SELECT (SELECT coalesce(sum(counted), 0) FROM unnest(s.stars) AS counted)::bigint
  FROM extension_stats s JOIN extensions e ON e.id = s.extension_id
 WHERE s.extension_id = :extension_id AND (e.tenant_id = :tenant_id OR e.is_public)

-- name: insert_evaluation
INSERT INTO extension_evaluations (tenant_id, tenant_name, user_id, user_name, extension_id, text)
VALUES (:tenant_id, :tenant_name, :user_id, :user_name, :extension_id, :text)
RETURNING id, extension_id, text, created_at, updated_at, user_id, user_name, tenant_id, tenant_name

-- name: list_evaluations
SELECT id, extension_id, text, created_at, updated_at, user_id, user_name, tenant_id, tenant_name
  FROM extension_evaluations
 WHERE extension_id = :extension_id AND deleted_at IS NULL
   AND EXISTS (SELECT FROM extensions e WHERE e.id = :extension_id AND (e.tenant_id = :tenant_id OR e.is_public))
 ORDER BY id DESC OFFSET :offset LIMIT :limit

-- name: count_evaluations
-- They were counted when they were written and deleted.
SELECT s.evaluations
  FROM extension_stats s JOIN extensions e ON e.id = s.extension_id
 WHERE s.extension_id = :extension_id AND (e.tenant_id = :tenant_id OR e.is_public)

-- name: list_replies
-- To several evaluations of an extension, oldest first: those that are there, and deleted ones that they answer.
WITH RECURSIVE shown AS (
    SELECT r.id, r.evaluation_id, r.answers, r.text, r.created_at, r.deleted_at IS NOT NULL AS is_deleted,
           r.user_id, r.user_name, r.tenant_id, r.tenant_name
      FROM extension_replies r
     WHERE r.evaluation_id = ANY (:evaluation_ids::bigint[]) AND r.extension_id = :extension_id AND r.deleted_at IS NULL
       AND EXISTS (SELECT FROM extensions e WHERE e.id = :extension_id AND (e.tenant_id = :tenant_id OR e.is_public))
    UNION
    SELECT r.id, r.evaluation_id, r.answers, r.text, r.created_at, r.deleted_at IS NOT NULL AS is_deleted,
           r.user_id, r.user_name, r.tenant_id, r.tenant_name
      FROM shown JOIN extension_replies r ON r.id = shown.answers)
SELECT * FROM shown ORDER BY id

-- name: find_evaluation
-- One that is there, where the tenant sees the extension, or (null) whatever the transaction may see.
SELECT v.extension_id, v.id AS evaluation_id, NULL::bigint AS reply_id, 0 AS depth, v.text,
       v.user_id, v.user_name, v.tenant_id, v.tenant_name
  FROM extension_evaluations v JOIN extensions e ON e.id = v.extension_id
 WHERE v.id = :evaluation_id AND v.deleted_at IS NULL
   AND (:tenant_id::text IS NULL OR e.tenant_id = :tenant_id OR e.is_public)

-- name: find_reply
-- The same for a reply.
SELECT r.extension_id, r.evaluation_id, r.id AS reply_id, r.depth::int AS depth, r.text,
       r.user_id, r.user_name, r.tenant_id, r.tenant_name
  FROM extension_replies r JOIN extensions e ON e.id = r.extension_id
 WHERE r.id = :reply_id AND r.deleted_at IS NULL
   AND (:tenant_id::text IS NULL OR e.tenant_id = :tenant_id OR e.is_public)

-- name: lock_thread
-- Makes changes of one evaluation and the replies to it wait for each other, whatever tenants they are of.
SELECT pg_advisory_xact_lock(hashtextextended('evaluation ' || :evaluation_id::bigint, 0))

-- name: insert_reply
INSERT INTO extension_replies (tenant_id, tenant_name, user_id, user_name, extension_id, evaluation_id, answers, depth, text)
VALUES (:tenant_id, :tenant_name, :user_id, :user_name, :extension_id, :evaluation_id, :answers, :depth, :text)
RETURNING id, evaluation_id, answers, text, created_at, false AS is_deleted, user_id, user_name, tenant_id, tenant_name

-- name: count_replies
-- Those that are there. The caller sees the extension, so all of them are counted.
SELECT count(*) FROM extension_replies r JOIN extensions e ON e.id = r.extension_id
 WHERE r.evaluation_id = :evaluation_id AND r.deleted_at IS NULL
   AND (:tenant_id::text IS NULL OR e.tenant_id = :tenant_id OR e.is_public)

-- name: delete_evaluation
-- A trigger takes the replies along.
UPDATE extension_evaluations SET text = '', updated_at = clock_timestamp(), deleted_at = clock_timestamp()
 WHERE id = :evaluation_id AND tenant_id = :tenant_id AND deleted_at IS NULL

-- name: delete_reply
UPDATE extension_replies SET text = '', deleted_at = clock_timestamp()
 WHERE id = :reply_id AND tenant_id = :tenant_id AND deleted_at IS NULL

-- name: read_recent_texts
-- How many evaluations and replies the user wrote in the latest seconds, and in how many the first of them is no more recent.
SELECT count(*) AS said,
       ceil(extract(epoch FROM min(created_at) - clock_timestamp()) + :seconds)::int AS first_ends_in
  FROM (SELECT created_at FROM extension_evaluations
         WHERE tenant_id = :tenant_id AND user_id = :user_id
           AND created_at > clock_timestamp() - make_interval(secs => :seconds)
         UNION ALL
        SELECT created_at FROM extension_replies
         WHERE tenant_id = :tenant_id AND user_id = :user_id
           AND created_at > clock_timestamp() - make_interval(secs => :seconds)) recent

-- name: read_recent_reports
SELECT count(*) AS said,
       ceil(extract(epoch FROM min(created_at) - clock_timestamp()) + :seconds)::int AS first_ends_in
  FROM extension_reports
 WHERE tenant_id = :tenant_id AND user_id = :user_id
   AND created_at > clock_timestamp() - make_interval(secs => :seconds)

-- name: find_open_report
-- The user's own, of that evaluation or of that reply to it.
SELECT id, extension_id, evaluation_id, reply_id, text, text_user_id, text_user_name, text_tenant_id, text_tenant_name,
       reason, user_id, user_name, tenant_id, tenant_name, state, note, decided_by, created_at, decided_at
  FROM extension_reports
 WHERE tenant_id = :tenant_id AND user_id = :user_id AND evaluation_id = :evaluation_id
   AND coalesce(reply_id, 0) = coalesce(:reply_id::bigint, 0) AND state = 'open'

-- name: insert_report
INSERT INTO extension_reports (tenant_id, tenant_name, user_id, user_name, extension_id, evaluation_id, reply_id, text,
                               text_tenant_id, text_tenant_name, text_user_id, text_user_name, reason)
VALUES (:tenant_id, :tenant_name, :user_id, :user_name, :extension_id, :evaluation_id, :reply_id, :text,
        :text_tenant_id, :text_tenant_name, :text_user_id, :text_user_name, :reason)
RETURNING id, extension_id, evaluation_id, reply_id, text, text_user_id, text_user_name, text_tenant_id, text_tenant_name,
          reason, user_id, user_name, tenant_id, tenant_name, state, note, decided_by, created_at, decided_at

-- name: find_report
-- Every tenant's, for the platform.
SELECT id, extension_id, evaluation_id, reply_id, text, text_user_id, text_user_name, text_tenant_id, text_tenant_name,
       reason, user_id, user_name, tenant_id, tenant_name, state, note, decided_by, created_at, decided_at
  FROM extension_reports WHERE id = :report_id

-- name: list_other_open_reports
-- Every tenant's, for the platform: of the text that a report is of, but that report.
SELECT id, extension_id, evaluation_id, reply_id, text, text_user_id, text_user_name, text_tenant_id, text_tenant_name,
       reason, user_id, user_name, tenant_id, tenant_name, state, note, decided_by, created_at, decided_at
  FROM extension_reports
 WHERE evaluation_id = :evaluation_id AND coalesce(reply_id, 0) = coalesce(:reply_id::bigint, 0) AND state = 'open'
   AND id <> :report_id
 ORDER BY id

-- name: list_reports
-- Every tenant's, for the platform: the one that waits longest first.
SELECT id, extension_id, evaluation_id, reply_id, text, text_user_id, text_user_name, text_tenant_id, text_tenant_name,
       reason, user_id, user_name, tenant_id, tenant_name, state, note, decided_by, created_at, decided_at
  FROM extension_reports
 WHERE state = ANY (:states::text[]) ORDER BY id OFFSET :offset LIMIT :limit

-- name: count_reports
SELECT count(*) FROM extension_reports WHERE state = ANY (:states::text[])

-- name: decide_report
UPDATE extension_reports SET state = :state, note = :note, decided_by = :decided_by, decided_at = clock_timestamp()
 WHERE id = :report_id AND tenant_id = :tenant_id AND state = 'open'
RETURNING id, extension_id, evaluation_id, reply_id, text, text_user_id, text_user_name, text_tenant_id, text_tenant_name,
          reason, user_id, user_name, tenant_id, tenant_name, state, note, decided_by, created_at, decided_at
