-- The life of publishers: which decision may follow which, who belongs to one and as what, whose identity is proven, and which
-- names are somebody's for good.

-- Standing ---------------------------------------------------------------------------------------------------------------------

ALTER TABLE publishers DROP CONSTRAINT publishers_status_check;
ALTER TABLE publishers ADD CONSTRAINT publishers_status_check
    CHECK (status IN ('processing', 'accept', 'reject', 'suspended'));

-- The same moves as app/registry/publishers/standing.py.
CREATE TABLE publisher_moves (
    from_status text,
    to_status   text,
    PRIMARY KEY (from_status, to_status)
);
INSERT INTO publisher_moves VALUES
    ('processing', 'accept'), ('processing', 'reject'),
    ('accept', 'reject'), ('accept', 'suspended'),
    ('reject', 'accept'), ('reject', 'processing'),
    ('suspended', 'accept');
GRANT SELECT ON publisher_moves TO plugport_app;

CREATE FUNCTION guard_publisher_move() RETURNS trigger
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM publisher_moves WHERE from_status = OLD.status AND to_status = NEW.status) THEN
        RAISE check_violation USING MESSAGE = format('a publisher does not go from %s to %s', OLD.status, NEW.status);
    END IF;
    IF OLD.deleted_at IS NOT NULL THEN
        RAISE check_violation USING MESSAGE = 'nothing is decided about a deleted publisher';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_move BEFORE UPDATE OF status ON publishers FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION guard_publisher_move();

-- Whether something can be published under it. The releases ask this, too.
CREATE OR REPLACE FUNCTION publisher_stands(publisher text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM publishers p WHERE p.id = publisher AND p.status = 'accept' AND p.deleted_at IS NULL)
$$;

-- Names ------------------------------------------------------------------------------------------------------------------------

-- What is the same in names that differ in case and separators only. Of English names, which are ASCII; the same as `key` in
-- app/registry/publishers/names.py.
CREATE FUNCTION publisher_key(en_name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(lower(en_name), '[-_. ]+', '-', 'g'), '-');

ALTER TABLE publishers ADD COLUMN name_key text COLLATE "C" GENERATED ALWAYS AS (publisher_key(en_name)) STORED;
CREATE INDEX publishers_by_key ON publishers (tenant_id, name_key) WHERE deleted_at IS NULL;

-- Names that were accepted are their tenant's for good, also when the publisher is deleted; but not when the acceptance was taken
-- back before anything was published. A skeleton is what a name
-- looks like (app/registry/publishers/names.py): of its English name, and of the name that is shown.
CREATE TABLE reserved_publisher_names (
    name_key        text        COLLATE "C" PRIMARY KEY,
    name_skeleton   text        COLLATE "C" NOT NULL,
    shown_key       text        COLLATE "C" NOT NULL,
    shown_skeleton  text        COLLATE "C" NOT NULL,
    en_name         text        NOT NULL,
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    publisher_id    hex32       NOT NULL,
    reserved_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (publisher_id, tenant_id) REFERENCES publishers (id, tenant_id)
);
CREATE INDEX reserved_publisher_names_by_skeleton ON reserved_publisher_names (name_skeleton);
CREATE INDEX reserved_publisher_names_by_shown ON reserved_publisher_names (shown_skeleton);

-- Names that were accepted before count as well; of those that are alike, the oldest. What they look like is told as far as ASCII
-- goes.
CREATE FUNCTION pg_temp.folded(name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN btrim(regexp_replace(lower(normalize(name, NFKC)), '[-_.[:space:]]+', '-', 'g'), '-');
INSERT INTO reserved_publisher_names
SELECT name_key, replace(pg_temp.folded(translate(en_name, '01I|', 'olll')), 'm', 'rn'),
       pg_temp.folded(name), replace(pg_temp.folded(translate(name, '01I|', 'olll')), 'm', 'rn'), en_name, tenant_id, id, updated_at
  FROM publishers
 WHERE status = 'accept' ORDER BY created_at, id
    ON CONFLICT DO NOTHING;

ALTER TABLE reserved_publisher_names ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON reserved_publisher_names FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY platform_insert ON reserved_publisher_names FOR INSERT WITH CHECK (is_platform());
CREATE POLICY platform_delete ON reserved_publisher_names FOR DELETE USING (is_platform());
GRANT SELECT, INSERT, DELETE ON reserved_publisher_names TO plugport_app;
CALL audit_table('reserved_publisher_names', 'INSERT OR UPDATE OR DELETE', '', 'name_key');

-- A name that another tenant has or had, which is the same as the given one, or looks the same and is written otherwise. Whoever
-- makes a publisher asks this; more than that one name he does not learn.
CREATE FUNCTION find_taken_name(tenant text, key text, skeleton text, other_key text, other_skeleton text,
                                OUT en_name text, OUT is_same boolean) RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT r.en_name, r.name_key = key AS is_same
      FROM reserved_publisher_names r
     WHERE r.tenant_id <> tenant
       AND (r.name_key = key
            OR r.name_skeleton = skeleton
            OR r.name_skeleton = other_skeleton AND r.name_key <> other_key
            OR r.shown_skeleton = skeleton AND r.shown_key <> key
            OR r.shown_skeleton = other_skeleton AND r.shown_key <> other_key)
     ORDER BY 2 DESC LIMIT 1
$$;

-- The English names of the publishers whose extensions and plug-ins are used most, of other tenants.
CREATE FUNCTION popular_publishers(besides text, most integer, OUT publisher_id text, OUT en_name text, OUT uses bigint)
    RETURNS SETOF record
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT p.id, p.en_name,
           (SELECT coalesce(sum(s.installs), 0) FROM extensions e JOIN extension_stats s ON s.extension_id = e.id
             WHERE e.publisher_id = p.id AND e.published_at IS NOT NULL)
           + (SELECT coalesce(sum(g.refer_count), 0) FROM plugins g WHERE g.publisher_id = p.id AND g.deleted_at IS NULL) AS uses
      FROM publishers p
     WHERE p.status = 'accept' AND p.deleted_at IS NULL AND p.tenant_id <> besides AND is_platform()
     ORDER BY uses DESC, p.created_at LIMIT most
$$;

-- Members ----------------------------------------------------------------------------------------------------------------------

CREATE TABLE publisher_members (
    publisher_id    hex32       NOT NULL,
    tenant_id       hex32       NOT NULL,
    user_id         hex32       NOT NULL REFERENCES users (id),
    role            text        NOT NULL CHECK (role IN ('owner', 'maintainer', 'member')),
    since           timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (publisher_id, user_id),
    FOREIGN KEY (publisher_id, tenant_id) REFERENCES publishers (id, tenant_id)
);
CREATE INDEX publisher_members_of_user ON publisher_members (user_id, publisher_id);
INSERT INTO publisher_members (publisher_id, tenant_id, user_id, role, since)
SELECT p.id, p.tenant_id, u.id, 'owner', p.created_at FROM publishers p JOIN users u ON u.id = p.user_id AND u.tenant_id = p.tenant_id;

-- Whose a new publisher is owns it.
CREATE FUNCTION add_first_owner() RETURNS trigger
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
BEGIN
    INSERT INTO publisher_members (publisher_id, tenant_id, user_id, role)
    SELECT NEW.id, NEW.tenant_id, u.id, 'owner' FROM users u WHERE u.id = NEW.user_id AND u.tenant_id = NEW.tenant_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER add_first_owner AFTER INSERT ON publishers FOR EACH ROW EXECUTE FUNCTION add_first_owner();

-- A live publisher never loses its last owner: asked at the end of the transaction, so that owners can change places in it. Two
-- transactions that each take one of two owners wait for each other here, and the second sees what the first has left.
CREATE FUNCTION keep_an_owner() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    PERFORM FROM publishers WHERE id = OLD.publisher_id AND deleted_at IS NULL FOR UPDATE;
    IF FOUND AND NOT EXISTS (SELECT FROM publisher_members WHERE publisher_id = OLD.publisher_id AND role = 'owner') THEN
        RAISE check_violation USING MESSAGE = format('the publisher %s would have no owner', OLD.publisher_id);
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER keep_an_owner AFTER DELETE OR UPDATE ON publisher_members DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION keep_an_owner();

-- Invitations, and offers to hand the publisher over: `hands_over_from` is whoever gives it away. The database's clock ends them.
CREATE TABLE publisher_invitations (
    id              hex32       PRIMARY KEY,
    publisher_id    hex32       NOT NULL,
    tenant_id       hex32       NOT NULL,
    user_id         hex32       NOT NULL REFERENCES users (id),
    role            text        NOT NULL CHECK (role IN ('owner', 'maintainer', 'member')),
    hands_over_from hex32       REFERENCES users (id) CHECK (hands_over_from IS NULL OR role = 'owner'),
    state           text        NOT NULL DEFAULT 'waiting'
                                CHECK (state IN ('waiting', 'accepted', 'declined', 'revoked', 'expired')),
    invited_by_id   text        NOT NULL,
    invited_by_name text        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    FOREIGN KEY (publisher_id, tenant_id) REFERENCES publishers (id, tenant_id),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX publisher_invitations_waiting ON publisher_invitations (publisher_id, user_id) WHERE state = 'waiting';
CREATE INDEX publisher_invitations_of_user ON publisher_invitations (user_id, expires_at) WHERE state = 'waiting';

CREATE FUNCTION guard_invitation() RETURNS trigger
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF OLD.state <> 'waiting' THEN
        RAISE check_violation USING MESSAGE = format('an invitation that is %s does not change', OLD.state);
    END IF;
    IF NEW.state = 'accepted' AND OLD.expires_at <= clock_timestamp() THEN
        RAISE check_violation USING MESSAGE = 'an invitation that has expired is not accepted';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_invitation BEFORE UPDATE ON publisher_invitations FOR EACH ROW EXECUTE FUNCTION guard_invitation();

-- Verified marks ---------------------------------------------------------------------------------------------------------------

-- On which ground the platform vouches for whom a publisher stands, and who said so.
CREATE TABLE publisher_verifications (
    publisher_id        hex32       PRIMARY KEY,
    tenant_id           hex32       NOT NULL,
    ground              text        NOT NULL CHECK (ground IN ('well-known', 'dns', 'by-hand')),
    domain              text        NOT NULL CHECK ((ground = 'by-hand') = (domain = '')),
    note                text        NOT NULL CHECK (ground <> 'by-hand' OR note <> ''),
    verified_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    verified_by_id      text        NOT NULL,
    verified_by_name    text        NOT NULL,
    FOREIGN KEY (publisher_id, tenant_id) REFERENCES publishers (id, tenant_id)
);

ALTER TABLE publisher_members ENABLE ROW LEVEL SECURITY;
ALTER TABLE publisher_invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE publisher_verifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON publisher_members USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON publisher_invitations USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY visible ON publisher_verifications FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY platform ON publisher_verifications USING (is_platform());
GRANT SELECT, INSERT, DELETE, UPDATE (role) ON publisher_members TO plugport_app;
GRANT SELECT, INSERT, UPDATE (state, ended_at) ON publisher_invitations TO plugport_app;
GRANT SELECT, INSERT, DELETE, UPDATE (ground, domain, note, verified_at, verified_by_id, verified_by_name)
    ON publisher_verifications TO plugport_app;
CALL audit_table('publisher_members', 'INSERT OR UPDATE OR DELETE', '', 'publisher_id,user_id');
CALL audit_table('publisher_invitations', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('publisher_verifications', 'INSERT OR UPDATE OR DELETE', '', 'publisher_id');

-- Publisher tokens -------------------------------------------------------------------------------------------------------------

-- As before, but a publisher that is suspended is shut as well as a rejected one. What a holder may who is not
-- with the publisher any more, the use-cases ask.
CREATE OR REPLACE FUNCTION find_publisher_token_holder(token_digest bytea,
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
           AND u.disabled_at IS NULL AND p.deleted_at IS NULL AND p.status NOT IN ('reject', 'suspended')),
    due AS (
        SELECT k.id FROM publisher_tokens k JOIN holder ON holder.token_id = k.id
         WHERE k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute'
           FOR UPDATE OF k SKIP LOCKED),
    noted AS (
        UPDATE publisher_tokens SET last_used_at = clock_timestamp() WHERE id IN (SELECT id FROM due))
    SELECT id, name, roles, tenant_id, tenant_name, official, publisher_id FROM holder
$$;
