-- name: find_upload
SELECT *, moved_at + make_interval(hours => :hours) AS expires_at FROM uploads_seen WHERE tenant_id = :tenant_id AND id = :upload_id

-- name: list_uploads
SELECT *, moved_at + make_interval(hours => :hours) AS expires_at FROM uploads_seen
 WHERE tenant_id = :tenant_id AND (:user_id::text IS NULL OR user_id = :user_id)
   AND (:publisher_id::text IS NULL OR publisher_id = :publisher_id)
 ORDER BY created_at DESC, id OFFSET :offset LIMIT :limit

-- name: count_uploads
SELECT count(*) FROM uploads
 WHERE tenant_id = :tenant_id AND (:user_id::text IS NULL OR user_id = :user_id)
   AND (:publisher_id::text IS NULL OR publisher_id = :publisher_id)

-- name: sum_open_uploads
SELECT count(*) AS uploads, coalesce(sum(size), 0)::bigint AS bytes FROM uploads WHERE tenant_id = :tenant_id AND is_open

-- name: count_checking
SELECT count(*) FROM uploads WHERE tenant_id = :tenant_id AND state = 'checking'

-- name: insert_upload
-- Without an assembly its bytes are there already, and nothing of it is ever to be cleared.
INSERT INTO uploads (id, tenant_id, user_id, user_name, credential, purpose, publisher_id, plugin_name, business_type, file_name,
                     size, sha256, override, chunk_bytes, total_chunks, state, assembly_key, assembly_handle, found_sha256,
                     joined_at, cleared_at)
VALUES (:id, :tenant_id, :user_id, :user_name, :credential, :purpose, :publisher_id, :plugin_name, :business_type, :file_name,
        :size, :sha256, :override, :chunk_bytes, :total_chunks, :state, :assembly_key, :assembly_handle, :found_sha256,
        CASE WHEN :found_sha256::text IS NOT NULL THEN clock_timestamp() END,
        CASE WHEN :assembly_handle = '' THEN clock_timestamp() END)

-- name: promise_digest
-- The digest of the whole file may come later than the first chunk, but it never changes.
UPDATE uploads SET sha256 = :digest WHERE tenant_id = :tenant_id AND id = :upload_id AND sha256 IS NULL AND state = 'receiving'

-- name: move_upload
-- Compare and swap. Beside it only claim_joining and reassemble_upload change the state, in the same way.
UPDATE uploads SET state = :to_state, reason = :reason, findings = :findings, found_sha256 = coalesce(:digest, found_sha256),
       joined_at = CASE WHEN :digest::text IS NULL THEN joined_at ELSE clock_timestamp() END,
       claimed_until = NULL, updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :upload_id AND state = :from_state AND epoch = :epoch
RETURNING id

-- name: claim_joining
-- Whoever gets a row joins the file, alone, as long as the claim lasts: nobody else holds one that has not run out.
UPDATE uploads SET state = 'joining', epoch = epoch + 1, updated_at = clock_timestamp(),
       claimed_until = clock_timestamp() + make_interval(secs => :seconds)
 WHERE tenant_id = :tenant_id AND id = :upload_id
   AND (state = 'receiving' OR (state = 'joining' AND claimed_until < clock_timestamp()))
RETURNING epoch

-- name: prolong_joining
UPDATE uploads SET claimed_until = clock_timestamp() + make_interval(secs => :seconds)
 WHERE tenant_id = :tenant_id AND id = :upload_id AND state = 'joining' AND epoch = :epoch
RETURNING id

-- name: reassemble_upload
-- Back to receiving, with the same parts in another assembly.
UPDATE uploads SET state = 'receiving', reason = :reason, round = round + 1, claimed_until = NULL,
       assembly_key = :assembly_key, assembly_handle = :assembly_handle, updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :upload_id AND state = 'joining' AND epoch = :epoch
RETURNING id

-- name: replace_slot
UPDATE upload_chunks SET slot = :slot, tag = :tag
 WHERE tenant_id = :tenant_id AND upload_id = :upload_id AND number = :number

-- name: begin_chunk
-- One more attempt, which may bring so many bytes, and how many those before of all chunks might. The upload stays in its state until the end of the
-- transaction.
WITH receiving AS (
         SELECT id FROM uploads
          WHERE tenant_id = :tenant_id AND id = :upload_id AND state = 'receiving' AND round = :round FOR SHARE)
INSERT INTO upload_chunks AS c (upload_id, tenant_id, number, begun_bytes)
SELECT id, :tenant_id, :number, :bytes FROM receiving
    ON CONFLICT (upload_id, number) DO UPDATE SET attempts = c.attempts + 1, begun_bytes = c.begun_bytes + :bytes
RETURNING c.attempts, (
       SELECT coalesce(sum(o.begun_bytes), 0)::bigint FROM upload_chunks o
        WHERE o.tenant_id = :tenant_id AND o.upload_id = :upload_id) AS begun_bytes

-- name: release_joining
-- The next one who wants to join need not wait.
UPDATE uploads SET claimed_until = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :upload_id AND state = 'joining' AND epoch = :epoch

-- name: drop_chunks
-- What the store has lost.
UPDATE upload_chunks SET slot = NULL, size = NULL, tag = NULL, md5 = NULL, sha256 = NULL, stored_at = NULL, direct_slot = NULL
 WHERE tenant_id = :tenant_id AND upload_id = :upload_id AND number = ANY (:numbers::integer[])

-- name: store_chunk
-- Only while chunks are taken: whoever joins waits for this transaction, or this one for his. What came directly counts only
-- where it is awaited, and never in place of something newer. With `ahead_bytes` the first chunk that nobody has begun is begun,
-- too: it is likely the next to come.
WITH receiving AS (
         SELECT id, total_chunks FROM uploads
          WHERE tenant_id = :tenant_id AND id = :upload_id AND state = 'receiving' AND round = :round FOR SHARE),
     ahead AS (
         INSERT INTO upload_chunks (upload_id, tenant_id, number, begun_bytes)
         SELECT receiving.id, :tenant_id, last.number + 1, :ahead_bytes::bigint
           FROM receiving
          CROSS JOIN LATERAL (
                SELECT max(o.number) AS number FROM upload_chunks o
                 WHERE o.upload_id = receiving.id AND o.tenant_id = :tenant_id) last
          WHERE last.number < receiving.total_chunks AND :ahead_bytes::bigint IS NOT NULL
             ON CONFLICT DO NOTHING
         RETURNING number)
UPDATE upload_chunks c SET slot = :slot, size = :size, tag = :tag, md5 = :md5, sha256 = :sha256,
       stored_at = clock_timestamp()
  FROM receiving
 WHERE c.upload_id = receiving.id AND c.tenant_id = :tenant_id AND c.number = :number
   AND (NOT :direct OR (c.direct_slot = :slot AND c.direct_slot > coalesce(c.slot, 0)))
RETURNING (SELECT count(*) FROM upload_chunks o
            WHERE o.upload_id = :upload_id AND o.tenant_id = :tenant_id AND o.number <> :number AND o.slot IS NOT NULL) + 1
       AS received, (SELECT number FROM ahead) AS ahead

-- name: offer_slot
-- The part that is awaited under a URL that was given out; an earlier URL's is no longer.
UPDATE upload_chunks SET direct_slot = :slot
 WHERE tenant_id = :tenant_id AND upload_id = :upload_id AND number = :number

-- name: list_offered
SELECT number, direct_slot FROM upload_chunks
 WHERE tenant_id = :tenant_id AND upload_id = :upload_id AND direct_slot IS NOT NULL AND direct_slot > coalesce(slot, 0)
 ORDER BY number

-- name: list_chunks
SELECT number, slot, size, tag, md5, sha256 FROM upload_chunks
 WHERE tenant_id = :tenant_id AND upload_id = :upload_id AND slot IS NOT NULL ORDER BY number

-- name: find_chunk
SELECT number, slot, size, tag, md5, sha256 FROM upload_chunks
 WHERE tenant_id = :tenant_id AND upload_id = :upload_id AND number = :number AND slot IS NOT NULL

-- name: find_file
-- The upload whose file has that name under the publisher. One whose inspection failed stands in nobody's way.
SELECT id FROM uploads
 WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND file_name = :file_name AND purpose = 'extension' AND needs_file
   AND state <> 'failed' AND id <> :besides
 LIMIT 1

-- name: name_publisher
-- What came in one request says whose it is when it is inspected.
UPDATE uploads SET publisher_id = :publisher_id WHERE tenant_id = :tenant_id AND id = :upload_id AND publisher_id IS NULL

-- name: supersede_files
-- Of the accepted files of a name the one that was joined last stays.
WITH accepted AS (
         SELECT id, joined_at FROM uploads
          WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND file_name = :file_name AND purpose = 'extension'
            AND needs_file AND state = 'accepted')
UPDATE uploads u SET superseded_at = clock_timestamp()
  FROM accepted
 WHERE u.tenant_id = :tenant_id AND u.id = accepted.id AND accepted.joined_at < (SELECT max(joined_at) FROM accepted)

-- name: use_idempotency_key
-- An upload is completed once whatever the keys, so of its keys the first hundred will do.
INSERT INTO idempotency_keys (tenant_id, user_id, key, request, upload_id)
SELECT :tenant_id::text, :user_id, :key, :request, :upload_id::text
 WHERE (SELECT count(*) FROM idempotency_keys WHERE tenant_id = :tenant_id AND upload_id = :upload_id) < 100
    ON CONFLICT (tenant_id, user_id, key) DO NOTHING

-- name: find_idempotency_key
SELECT request, upload_id FROM idempotency_keys WHERE tenant_id = :tenant_id AND user_id = :user_id AND key = :key

-- name: forget_idempotency_keys
DELETE FROM idempotency_keys WHERE used_at < clock_timestamp() - make_interval(hours => :hours)

-- name: list_expired
-- Of every tenant: open uploads to which nothing came for that long.
SELECT u.tenant_id, u.id FROM uploads u
 WHERE u.state = 'receiving' AND u.created_at < clock_timestamp() - make_interval(hours => :hours)
   AND NOT EXISTS (SELECT FROM upload_chunks c
                    WHERE c.upload_id = u.id AND c.stored_at > clock_timestamp() - make_interval(hours => :hours))
 ORDER BY u.created_at LIMIT :limit

-- name: lock_upload
-- Whoever stores a chunk waits for this transaction, or this one for him.
SELECT id FROM uploads WHERE tenant_id = :tenant_id AND id = :upload_id FOR UPDATE

-- name: is_overdue
SELECT moved_at < clock_timestamp() - make_interval(hours => :hours) FROM uploads_seen
 WHERE tenant_id = :tenant_id AND id = :upload_id

-- name: list_left_joining
-- Of every tenant: uploads whose joiner is gone.
SELECT tenant_id, id FROM uploads
 WHERE is_open AND state = 'joining' AND claimed_until < clock_timestamp() ORDER BY created_at LIMIT :limit
