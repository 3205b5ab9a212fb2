-- name: enqueue_job
-- Where one of the key waits already, that one is due no later, and stays locked until this transaction ends: it would
-- otherwise run without what the transaction changes. Workers are told at the commit.
WITH enqueued AS (
    INSERT INTO jobs AS waiting (id, kind, tenant_id, payload, unique_key, due_at)
    VALUES (:id, :kind, :tenant_id, :payload::jsonb, :unique_key, now() + make_interval(secs => :delay))
    ON CONFLICT (kind, tenant_id, unique_key, state) WHERE unique_key IS NOT NULL AND state <> 'running'
    DO UPDATE SET due_at = least(waiting.due_at, EXCLUDED.due_at)
)
SELECT pg_notify(:channel, '')

-- name: claim_jobs
-- Of these kinds, each with the seconds of its lease, those that are due, whoever ran them before.
WITH due AS (
    SELECT j.id, known.lease
      FROM jobs j JOIN unnest(:kinds::text[], :leases::float8[]) AS known (kind, lease) ON known.kind = j.kind
     WHERE j.state <> 'failed' AND j.due_at <= now()
     ORDER BY j.due_at LIMIT :most
       FOR UPDATE OF j SKIP LOCKED
)
UPDATE jobs j
   SET state = 'running', attempts = j.attempts + 1, epoch = j.epoch + 1, changed_at = clock_timestamp(),
       due_at = clock_timestamp() + make_interval(secs => due.lease),
       error = CASE WHEN j.state = 'running' THEN 'The process that ran it ended before it.' ELSE j.error END
  FROM due WHERE j.id = due.id
RETURNING j.id, j.kind, j.tenant_id, j.payload, j.state, j.attempts, j.epoch, j.due_at, j.error, j.enqueued_at

-- name: renew_lease
UPDATE jobs SET due_at = clock_timestamp() + make_interval(secs => :lease)
 WHERE id = :id AND epoch = :epoch AND state = 'running' RETURNING id

-- name: delete_twin
-- The one of the same key that waits, or that failed.
DELETE FROM jobs twin USING jobs j
 WHERE j.id = :id AND j.epoch = :epoch AND twin.id <> j.id AND twin.state = :state AND twin.kind = j.kind
   AND twin.tenant_id IS NOT DISTINCT FROM j.tenant_id AND twin.unique_key = j.unique_key

-- name: finish_job
DELETE FROM jobs WHERE id = :id AND epoch = :epoch AND state = 'running' RETURNING id

-- name: leave_job
-- Ends the run of the epoch otherwise than well.
UPDATE jobs
   SET state = :state, attempts = :attempts, error = :error, changed_at = clock_timestamp(),
       due_at = clock_timestamp() + make_interval(secs => :pause)
 WHERE id = :id AND epoch = :epoch AND state = 'running' RETURNING id

-- name: retry_job
UPDATE jobs SET state = 'waiting', attempts = 0, due_at = now(), changed_at = clock_timestamp()
 WHERE id = :id AND epoch = :epoch AND state = 'failed'
RETURNING id, kind, tenant_id, payload, state, attempts, epoch, due_at, error, enqueued_at

-- name: find_job
SELECT id, kind, tenant_id, payload, state, attempts, epoch, due_at, error, enqueued_at FROM jobs WHERE id = :id

-- name: list_jobs
-- Of one state, or (null) of all: latest change first.
SELECT id, kind, tenant_id, payload, state, attempts, epoch, due_at, error, enqueued_at
  FROM jobs WHERE :state::text IS NULL OR state = :state
 ORDER BY changed_at DESC, id OFFSET :offset LIMIT :limit

-- name: count_jobs
SELECT count(*) FROM jobs WHERE :state::text IS NULL OR state = :state

-- name: plan_job
INSERT INTO job_schedule (kind, every_seconds) VALUES (:kind, :every_seconds)
    ON CONFLICT (kind) DO UPDATE SET every_seconds = EXCLUDED.every_seconds,
       next_at = least(job_schedule.next_at, now() + make_interval(secs => EXCLUDED.every_seconds))
 WHERE job_schedule.every_seconds <> EXCLUDED.every_seconds

-- name: take_planned
-- The kinds whose turn it is, moved on to their next; what another worker takes at this moment is left to it.
WITH due AS (
    SELECT kind FROM job_schedule WHERE kind = ANY (:kinds::text[]) AND next_at <= now() FOR UPDATE SKIP LOCKED
)
UPDATE job_schedule s SET next_at = now() + make_interval(secs => s.every_seconds)
  FROM due WHERE s.kind = due.kind RETURNING s.kind
