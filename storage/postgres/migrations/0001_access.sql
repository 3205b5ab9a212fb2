-- Tenants, their projects and users, and the credentials users hold.
--
-- The application works as the role plugport_app, which owns nothing. Row-level security shows it one tenant at a
-- time: the one that the transaction names in the setting plugport.tenant. Credentials must be found before a tenant is
-- known; the functions at the end of this file do that and nothing else, with their owner's rights.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plugport_app') THEN
        CREATE ROLE plugport_app NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA plugport TO plugport_app;

CREATE FUNCTION current_tenant() RETURNS text
    LANGUAGE sql STABLE
    RETURN current_setting('plugport.tenant', true);

CREATE FUNCTION is_platform() RETURNS boolean
    LANGUAGE sql STABLE
    RETURN coalesce(current_setting('plugport.platform', true), '') = 'on';

CREATE DOMAIN hex32 AS text COLLATE "C" CHECK (VALUE ~ '^[0-9a-f]{32}$');

CREATE TABLE tenants (
    id          hex32       PRIMARY KEY,
    name        text        NOT NULL UNIQUE,
    official    boolean     NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
    id          hex32       PRIMARY KEY,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    name        text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);

CREATE TABLE users (
    id            hex32       PRIMARY KEY,
    tenant_id     hex32       NOT NULL REFERENCES tenants (id),
    name          text        NOT NULL,
    roles         text[]      NOT NULL CHECK (roles <@ ARRAY['admin', 'author', 'reviewer', 'viewer', 'operator']),
    password_hash text        NOT NULL,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name)
);

CREATE TABLE tokens (
    digest      bytea       PRIMARY KEY,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    user_id     hex32       NOT NULL REFERENCES users (id),
    project_id  hex32       REFERENCES projects (id),
    issued_at   timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX tokens_by_user ON tokens (tenant_id, user_id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE access_keys (
    access_key  text        PRIMARY KEY,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    user_id     hex32       NOT NULL REFERENCES users (id),
    secret      bytea       NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);
CREATE INDEX access_keys_by_user ON access_keys (tenant_id, user_id);

-- A signature works once. The official SDKs date their requests to the second, so two equal calls within one second are
-- the same bytes: the connection that sent a signature may repeat it for one second, nobody else may at all.
CREATE TABLE seen_signatures (
    access_key  text        NOT NULL,
    signature   text        NOT NULL,
    connection  text        NOT NULL,
    seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (access_key, signature)
);
CREATE INDEX seen_signatures_by_time ON seen_signatures (seen_at);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE projects ENABLE ROW LEVEL SECURITY;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_keys ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON tenants USING (id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON projects USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON users USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON tokens USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON access_keys USING (tenant_id = current_tenant() OR is_platform());

GRANT SELECT, INSERT ON tenants, projects TO plugport_app;
GRANT SELECT, INSERT, UPDATE ON users, access_keys TO plugport_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON tokens TO plugport_app;

-- Finding a credential's holder, before any tenant is known -----------------------------------------------------------


CREATE FUNCTION find_token_holder(token_digest bytea,
    OUT user_id text, OUT user_name text, OUT roles text[], OUT tenant_id text, OUT tenant_name text,
    OUT official boolean, OUT project_id text, OUT issued_at timestamptz, OUT expires_at timestamptz)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT u.id, u.name, u.roles, t.id, t.name, t.official, k.project_id, k.issued_at, k.expires_at
      FROM tokens k JOIN users u ON u.id = k.user_id JOIN tenants t ON t.id = u.tenant_id
     WHERE k.digest = token_digest AND k.revoked_at IS NULL AND k.expires_at > clock_timestamp() AND u.disabled_at IS NULL
$$;

CREATE FUNCTION find_access_key_holder(key text,
    OUT user_id text, OUT user_name text, OUT roles text[], OUT tenant_id text, OUT tenant_name text,
    OUT official boolean, OUT secret bytea)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT u.id, u.name, u.roles, t.id, t.name, t.official, k.secret
      FROM access_keys k JOIN users u ON u.id = k.user_id JOIN tenants t ON t.id = u.tenant_id
     WHERE k.access_key = key AND k.revoked_at IS NULL AND u.disabled_at IS NULL
$$;

-- A user by the account's name or id and the own name, or by the own id alone.
CREATE FUNCTION find_login(account_name text, account_id text, login_name text, login_id text,
    OUT user_id text, OUT user_name text, OUT roles text[], OUT tenant_id text, OUT tenant_name text,
    OUT official boolean, OUT password_hash text)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT u.id, u.name, u.roles, t.id, t.name, t.official, u.password_hash
      FROM users u JOIN tenants t ON t.id = u.tenant_id
     WHERE u.disabled_at IS NULL
       AND CASE WHEN login_id IS NOT NULL THEN u.id = login_id
                ELSE u.name = login_name AND (t.id = account_id OR (account_id IS NULL AND t.name = account_name)) END
$$;

CREATE FUNCTION note_signature(key text, seen_signature text, seen_connection text) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    -- The answer need not wait for the disk: what a crash could forget is less than a second of signatures.
    SELECT set_config('synchronous_commit', 'off', true);
    WITH noted AS (
        INSERT INTO seen_signatures AS seen (access_key, signature, connection)
        VALUES (key, seen_signature, seen_connection)
        ON CONFLICT (access_key, signature) DO UPDATE SET connection = seen.connection
         WHERE seen.connection = seen_connection AND seen.seen_at > clock_timestamp() - interval '1 second'
        RETURNING 1)
    SELECT EXISTS (SELECT FROM noted)
$$;

CREATE FUNCTION sweep_credentials(signature_window interval) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    DELETE FROM seen_signatures WHERE seen_at < clock_timestamp() - signature_window;
    DELETE FROM tokens WHERE expires_at < clock_timestamp() - interval '1 day';
$$;

