-- Work that nobody waits for: one queue for every kind of it, and the schedule of what comes again and again.

-- A job that was done is deleted. `due_at` is when a worker may take it: from the start, after the pause that follows a
-- failure, or, while one runs it, when that one's lease ends. Each taking is a new epoch; who comes with an old one has
-- lost the job.
CREATE TABLE jobs (
    id          hex32       PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind ~ '^[a-z_]{1,60}$'),
    tenant_id   hex32       REFERENCES tenants (id),  -- null: of the whole platform
    payload     jsonb       NOT NULL DEFAULT '{}',
    unique_key  text,
    state       text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'failed')),
    due_at      timestamptz NOT NULL,
    attempts    integer     NOT NULL DEFAULT 0,
    epoch       bigint      NOT NULL DEFAULT 0,
    error       text        NOT NULL DEFAULT '',
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    changed_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX jobs_by_due ON jobs (due_at) WHERE state <> 'failed';
CREATE INDEX jobs_by_change ON jobs (state, changed_at);
-- Of each key one may wait, and one may have failed for good.
CREATE UNIQUE INDEX jobs_unique_key ON jobs (kind, tenant_id, unique_key, state) NULLS NOT DISTINCT
    WHERE unique_key IS NOT NULL AND state <> 'running';

-- When each kind that recurs is enqueued next. Workers say at their start which kinds these are, and how often.
CREATE TABLE job_schedule (
    kind            text        PRIMARY KEY,
    every_seconds   integer     NOT NULL CHECK (every_seconds > 0),
    next_at         timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_schedule ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON jobs USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY platform ON job_schedule USING (is_platform());
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO plugport_app;
GRANT SELECT, INSERT, UPDATE ON job_schedule TO plugport_app;
