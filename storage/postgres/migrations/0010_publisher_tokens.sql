-- Publisher tokens: long-lived credentials of one user for one publisher, for machines that upload.

CREATE TABLE publisher_tokens (
    id            hex32       PRIMARY KEY,
    digest        bytea       NOT NULL UNIQUE,
    tenant_id     hex32       NOT NULL REFERENCES tenants (id),
    publisher_id  hex32       NOT NULL REFERENCES publishers (id),
    user_id       hex32       NOT NULL REFERENCES users (id),
    name          text        NOT NULL,
    hint          text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    last_used_at  timestamptz
);
CREATE INDEX publisher_tokens_by_time ON publisher_tokens (tenant_id, created_at DESC, id DESC);
CREATE INDEX publisher_tokens_by_publisher ON publisher_tokens (publisher_id, created_at DESC, id DESC);
CREATE INDEX publisher_tokens_by_end ON publisher_tokens (least(expires_at, revoked_at));

ALTER TABLE publisher_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON publisher_tokens USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, UPDATE (revoked_at) ON publisher_tokens TO plugport_app;

-- Who holds a token that works now: it is neither revoked nor expired, its user is not disabled, and its publisher is neither
-- deleted nor rejected. Notes its use, at most once a minute and without waiting for anybody.
CREATE FUNCTION find_publisher_token_holder(token_digest bytea,
    OUT user_id text, OUT user_name text, OUT roles text[], OUT tenant_id text, OUT tenant_name text,
    OUT official boolean, OUT publisher_id text)
    RETURNS SETOF record
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    -- The answer need not wait for the disk: a crash forgets when tokens were used last, and nothing else.
    SELECT set_config('synchronous_commit', 'off', true);
    WITH holder AS (
        SELECT k.id AS token_id, u.id, u.name, u.roles, t.id AS tenant_id, t.name AS tenant_name, t.official, p.id AS publisher_id
          FROM publisher_tokens k
          JOIN users u ON u.id = k.user_id AND u.tenant_id = k.tenant_id
          JOIN tenants t ON t.id = k.tenant_id
          JOIN publishers p ON p.id = k.publisher_id AND p.tenant_id = k.tenant_id
         WHERE k.digest = token_digest AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp()
           AND u.disabled_at IS NULL AND p.deleted_at IS NULL AND p.status <> 'reject'),
    due AS (
        SELECT k.id FROM publisher_tokens k JOIN holder ON holder.token_id = k.id
         WHERE k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute'
           FOR UPDATE OF k SKIP LOCKED),
    noted AS (
        UPDATE publisher_tokens SET last_used_at = clock_timestamp() WHERE id IN (SELECT id FROM due))
    SELECT id, name, roles, tenant_id, tenant_name, official, publisher_id FROM holder
$$;

-- An ended publisher token is listed for thirty days more, so that whoever looks for what stopped working finds it.
CREATE OR REPLACE FUNCTION sweep_credentials(signature_window interval) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    DELETE FROM seen_signatures WHERE seen_at < clock_timestamp() - signature_window;
    DELETE FROM tokens WHERE expires_at < clock_timestamp() - interval '1 day';
    DELETE FROM publisher_tokens WHERE least(expires_at, revoked_at) < clock_timestamp() - interval '30 days';
$$;
