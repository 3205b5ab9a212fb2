-- Files that come in chunks.

-- The row comes first: it is the intent behind every key below its assembly.
CREATE TABLE uploads (
    id              hex32       PRIMARY KEY,
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    user_id         text        NOT NULL,
    user_name       text        NOT NULL,
    credential      text        NOT NULL,
    purpose         text        NOT NULL CHECK (purpose IN ('basic-plugin', 'extension')),
    publisher_id    hex32       REFERENCES publishers (id),
    plugin_name     text,
    business_type   text,
    file_name       text        NOT NULL,
    size            bigint      NOT NULL CHECK (size > 0),
    sha256          text        CHECK (sha256 ~ '^[0-9a-f]{64}$'),          -- of the whole file, as the client told it
    override        boolean     NOT NULL,
    chunk_bytes     bigint      CHECK (chunk_bytes > 0),                    -- null: chunks of any size
    total_chunks    integer     NOT NULL CHECK (total_chunks BETWEEN 1 AND 1000),
    state           text        NOT NULL,
    reason          text        NOT NULL DEFAULT '',
    findings        jsonb       NOT NULL DEFAULT '[]',
    epoch           bigint      NOT NULL DEFAULT 0,                         -- a new one for each claim
    claimed_until   timestamptz,                                            -- of whoever joins
    round           integer     NOT NULL DEFAULT 1,
    assembly_key    text        NOT NULL,
    assembly_handle text        NOT NULL,
    found_sha256    text        CHECK (found_sha256 ~ '^[0-9a-f]{64}$'),    -- of the joined file
    joined_at       timestamptz,                                            -- when its file came to be
    superseded_at   timestamptz,                                            -- when a later file of its name was accepted
    cleared_at      timestamptz,                                            -- when its parts were removed
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Its chunks are needed...
    is_open         boolean     GENERATED ALWAYS AS (state IN ('receiving', 'joining')) STORED,
    -- ...and then the blob found_sha256 is.
    needs_file      boolean     GENERATED ALWAYS AS (
        state IN ('checking', 'failed')
        OR (state = 'accepted' AND purpose = 'extension' AND superseded_at IS NULL)) STORED,
    CHECK (purpose <> 'extension' OR publisher_id IS NOT NULL),
    CHECK (purpose <> 'basic-plugin' OR plugin_name IS NOT NULL)
);
CREATE INDEX uploads_open ON uploads (tenant_id) WHERE is_open;
CREATE INDEX uploads_in_inspection ON uploads (tenant_id) WHERE state = 'checking';
CREATE INDEX uploads_by_age ON uploads (created_at) WHERE is_open;
CREATE INDEX uploads_newest ON uploads (tenant_id, created_at DESC, id);
CREATE INDEX uploads_of_file ON uploads (tenant_id, found_sha256) WHERE needs_file;
CREATE INDEX uploads_by_name ON uploads (publisher_id, file_name) WHERE needs_file;
CREATE INDEX uploads_to_clear ON uploads (updated_at) WHERE NOT is_open AND cleared_at IS NULL;

-- Each number has a row from its first attempt on; a slot says that its bytes are there. Slots are never used twice.
CREATE TABLE upload_chunks (
    upload_id       hex32       NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    number          integer     NOT NULL CHECK (number BETWEEN 1 AND 1000),
    attempts        integer     NOT NULL DEFAULT 1,
    direct_slot     integer,                                -- of the URL that was given out last
    slot            integer,
    size            bigint,
    tag             text,
    md5             text,
    sha256          text,
    begun_bytes     bigint      NOT NULL,                   -- that all attempts might bring
    stored_at       timestamptz,
    PRIMARY KEY (upload_id, number),
    CHECK ((slot IS NULL) = (size IS NULL) AND (slot IS NULL) = (tag IS NULL) AND (slot IS NULL) = (stored_at IS NULL))
);

-- An upload and what has come of it.
CREATE VIEW uploads_seen WITH (security_invoker = true) AS
SELECT u.*, c.received, c.received_bytes, greatest(u.created_at, c.newest_at) AS moved_at
  FROM uploads u
 CROSS JOIN LATERAL (
       SELECT coalesce(array_agg(number ORDER BY number), '{}') AS received, coalesce(sum(size), 0)::bigint AS received_bytes,
              max(stored_at) AS newest_at
         FROM upload_chunks WHERE upload_id = u.id AND slot IS NOT NULL) c;

-- What a client asked for under a key of its own has one effect, however often it asks.
CREATE TABLE idempotency_keys (
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    user_id     text        NOT NULL,
    key         text        NOT NULL,
    request     text        NOT NULL,       -- SHA-256 over the operation and what it was asked
    upload_id   hex32       NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    used_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, user_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at);
CREATE INDEX idempotency_keys_of_upload ON idempotency_keys (upload_id);

-- The legal moves, as schemas/model/uploads.py has them; no statement whatever makes another.
CREATE TABLE upload_moves (
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    PRIMARY KEY (from_state, to_state)
);
INSERT INTO upload_moves VALUES
    ('receiving', 'joining'), ('receiving', 'aborted'), ('receiving', 'expired'),
    ('joining', 'receiving'), ('joining', 'checking'), ('joining', 'refused'),
    ('checking', 'accepted'), ('checking', 'refused'), ('checking', 'failed'),
    ('failed', 'checking');

CREATE FUNCTION keep_upload_moves() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('receiving', 'checking') THEN
            RAISE integrity_constraint_violation USING MESSAGE = format('no upload begins as %s', NEW.state);
        END IF;
    ELSIF NEW.state <> OLD.state
          AND NOT EXISTS (SELECT FROM upload_moves WHERE from_state = OLD.state AND to_state = NEW.state) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('upload %s is %s and cannot become %s', OLD.id, OLD.state, NEW.state);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_upload_moves BEFORE INSERT OR UPDATE OF state ON uploads
    FOR EACH ROW EXECUTE FUNCTION keep_upload_moves();

ALTER TABLE uploads ENABLE ROW LEVEL SECURITY;
ALTER TABLE upload_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON uploads USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON upload_chunks USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON idempotency_keys USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, UPDATE, DELETE ON uploads, upload_chunks, idempotency_keys TO plugport_app;
GRANT SELECT ON upload_moves, uploads_seen TO plugport_app;
