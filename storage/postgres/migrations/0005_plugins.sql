-- Plug-ins, their versions, and who uses whom.

CREATE SEQUENCE plugin_changes;
GRANT USAGE ON SEQUENCE plugin_changes TO plugport_app;

CREATE TABLE plugins (
    id                  hex32       PRIMARY KEY,
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    name                text        NOT NULL,
    display_name        text        NOT NULL,
    description         text        NOT NULL,
    business_type       text        NOT NULL CHECK (business_type IN ('Build', 'Gate', 'Deploy', 'Test', 'Normal')),
    runtime_attribution text        NOT NULL CHECK (runtime_attribution IN ('agent', 'agentless')),
    icon_url            text        NOT NULL,
    is_private          boolean     NOT NULL,
    region              text        NOT NULL,
    maintainers         text[]      NOT NULL,
    composition         text        NOT NULL CHECK (composition IN ('single', 'multi')),
    attribution         text        NOT NULL CHECK (attribution IN ('official', 'custom', 'published')),
    publisher_id        hex32       REFERENCES publishers (id),
    public_name         boolean     NOT NULL DEFAULT false,     -- is, or was once, offered to everybody by this name
    creator_id          text        NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    updated_by_id       text        NOT NULL,
    updated_by_name     text        NOT NULL,
    deleted_at          timestamptz,
    -- Kept by triggers, so that no list counts or sorts the catalogue:
    change              bigint      NOT NULL DEFAULT nextval('plugin_changes'),  -- place in "latest change first"
    current_version_id  hex32,                                                   -- newest released, else newest draft
    has_release         boolean     NOT NULL DEFAULT false,
    refer_count         integer     NOT NULL DEFAULT 0,                          -- plug-ins whose steps use this one
    -- Who can see it: the tenant and the class, or '*' for everybody. Each live plug-in is in exactly one scope.
    scope               text        COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN deleted_at IS NOT NULL THEN NULL
             WHEN is_private THEN tenant_id || '|private'
             WHEN has_release AND attribution IN ('official', 'published') THEN '*|' || attribution
             ELSE tenant_id || '|' || attribution END) STORED,
    shared              boolean     GENERATED ALWAYS AS (
        deleted_at IS NULL AND NOT is_private AND has_release AND attribution IN ('official', 'published')) STORED,
    search_text         text        GENERATED ALWAYS AS (lower(name) || E'\n' || lower(display_name)) STORED,
    -- A name stays its tenant's, also after deletion: made again, the plug-in goes on with the version numbers it used.
    UNIQUE (tenant_id, name),
    CHECK (NOT (is_private AND attribution = 'published')),
    CHECK (public_name OR attribution = 'custom')
);
-- Everybody finds a public plug-in by its name alone, so such a name belongs to one tenant for good.
CREATE UNIQUE INDEX plugins_public_name ON plugins (name) WHERE public_name;
CREATE INDEX plugins_of_publisher ON plugins (publisher_id) WHERE publisher_id IS NOT NULL;
CREATE INDEX plugins_shared_icon ON plugins (icon_url) WHERE shared;
-- Not unique, although changes are: every update of a column with such an index would wait for foreign keys to the row.
CREATE INDEX plugins_by_change ON plugins (change);

CREATE TABLE plugin_versions (
    id                  hex32       PRIMARY KEY,
    plugin_id           hex32       NOT NULL REFERENCES plugins (id),
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    version             text        NOT NULL,
    precedence          bytea       NOT NULL,   -- compares as SemVer 2 does (app/registry/plugins/versions.py)
    state               text        NOT NULL CHECK (state IN ('draft', 'formal')),
    version_description text        NOT NULL,
    facts               jsonb       NOT NULL,   -- what the plug-in is called and looks like, once this draft is released
    inputs              jsonb       NOT NULL,
    outputs             jsonb       NOT NULL,
    metrics             jsonb       NOT NULL,
    execution           jsonb       NOT NULL,
    manifest            jsonb,                  -- as the package's author wrote it; null where there is no package
    manifest_version    text        NOT NULL,
    package_sha256      text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    updated_by_id       text        NOT NULL,
    updated_by_name     text        NOT NULL,
    released_at         timestamptz,
    deleted_at          timestamptz,
    UNIQUE (plugin_id, precedence),             -- numbers that differ in build metadata only are the same number
    FOREIGN KEY (tenant_id, package_sha256) REFERENCES blobs (tenant_id, sha256)
);
CREATE INDEX plugin_versions_of_package ON plugin_versions (tenant_id, package_sha256) WHERE package_sha256 IS NOT NULL;

-- Which plug-ins the steps of a composite plug-in's version run. A name that names nothing yet has no used_plugin_id.
CREATE TABLE plugin_uses (
    version_id      hex32   NOT NULL REFERENCES plugin_versions (id) ON DELETE CASCADE,
    plugin_id       hex32   NOT NULL REFERENCES plugins (id),
    tenant_id       hex32   NOT NULL REFERENCES tenants (id),
    used_name       text    NOT NULL,
    used_plugin_id  hex32   REFERENCES plugins (id),
    PRIMARY KEY (version_id, used_name)
);
CREATE INDEX plugin_uses_of ON plugin_uses (used_plugin_id, plugin_id);
CREATE INDEX plugin_uses_unresolved ON plugin_uses (tenant_id, used_name) WHERE used_plugin_id IS NULL;
CREATE INDEX plugin_uses_by ON plugin_uses (plugin_id);

-- A released version never changes, whatever the code says -------------------------------------------------------------

CREATE FUNCTION keep_releases() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
       AND to_jsonb(OLD) - 'deleted_at' = to_jsonb(NEW) - 'deleted_at' THEN
        RETURN NEW;
    END IF;
    RAISE integrity_constraint_violation
        USING MESSAGE = format('version %s of plug-in %s is released and cannot change', OLD.version, OLD.plugin_id);
END
$$;
CREATE TRIGGER keep_releases BEFORE UPDATE OR DELETE ON plugin_versions
    FOR EACH ROW EXECUTE FUNCTION keep_releases();

-- How many plug-ins use one: counted as uses come and go, because the users may be other tenants' ------------------------

CREATE TYPE use_move AS (used_plugin_id text, plugin_id text, delta integer);

-- A plug-in counts once, however many of its versions use the other: so for each pair that a statement touched, whether there
-- is a use now is compared with whether there was one before.
--
-- Uses reach into other tenants' plug-ins, and a use-case changes them in several statements before it changes its own
-- plug-in. So that two tenants never wait for each other, whoever changes uses goes alone until the end of the transaction;
-- rows are locked no stronger than an update does, because foreign keys to them are checked before.
CREATE FUNCTION count_uses() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    moves use_move[];
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        moves := (SELECT array_agg(ROW(used_plugin_id, plugin_id, 1)::use_move) FROM new_uses);
    END IF;
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        moves := moves || (SELECT array_agg(ROW(used_plugin_id, plugin_id, -1)::use_move) FROM old_uses);
    END IF;
    IF moves IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('plugin_uses', 0));
    WITH pairs AS (
             SELECT used_plugin_id, plugin_id, sum(delta) AS delta FROM unnest(moves)
              WHERE used_plugin_id IS NOT NULL GROUP BY used_plugin_id, plugin_id HAVING sum(delta) <> 0),
         users AS (
             SELECT pairs.used_plugin_id, sum((present > 0)::integer - (present - pairs.delta > 0)::integer) AS delta
               FROM pairs
              CROSS JOIN LATERAL (
                    SELECT count(*) AS present FROM plugin_uses u
                     WHERE u.used_plugin_id = pairs.used_plugin_id AND u.plugin_id = pairs.plugin_id) now
              GROUP BY pairs.used_plugin_id),
         locked AS (
             SELECT id FROM plugins WHERE id IN (SELECT used_plugin_id FROM users WHERE delta <> 0)
              ORDER BY id FOR NO KEY UPDATE)
    UPDATE plugins p SET refer_count = p.refer_count + users.delta
      FROM locked JOIN users ON users.used_plugin_id = locked.id
     WHERE p.id = locked.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_new_uses AFTER INSERT ON plugin_uses
    REFERENCING NEW TABLE AS new_uses FOR EACH STATEMENT EXECUTE FUNCTION count_uses();
CREATE TRIGGER count_old_uses AFTER DELETE ON plugin_uses
    REFERENCING OLD TABLE AS old_uses FOR EACH STATEMENT EXECUTE FUNCTION count_uses();
CREATE TRIGGER count_changed_uses AFTER UPDATE ON plugin_uses
    REFERENCING OLD TABLE AS old_uses NEW TABLE AS new_uses FOR EACH STATEMENT EXECUTE FUNCTION count_uses();

-- Row-level security -------------------------------------------------------------------------------------------------------

ALTER TABLE plugins ENABLE ROW LEVEL SECURITY;
ALTER TABLE plugin_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE plugin_uses ENABLE ROW LEVEL SECURITY;

CREATE POLICY visible ON plugins FOR SELECT USING (tenant_id = current_tenant() OR shared OR is_platform());
CREATE POLICY own_insert ON plugins FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON plugins FOR UPDATE USING (tenant_id = current_tenant());

CREATE POLICY visible ON plugin_versions FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR (state = 'formal' AND EXISTS (SELECT FROM plugins p WHERE p.id = plugin_id AND p.shared)));
CREATE POLICY own_insert ON plugin_versions FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON plugin_versions FOR UPDATE USING (tenant_id = current_tenant());
CREATE POLICY own_delete ON plugin_versions FOR DELETE USING (tenant_id = current_tenant());

CREATE POLICY visible ON plugin_uses FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR EXISTS (SELECT FROM plugins p WHERE p.id = plugin_id AND p.shared));
CREATE POLICY own_insert ON plugin_uses FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON plugin_uses FOR UPDATE USING (tenant_id = current_tenant());
CREATE POLICY own_delete ON plugin_uses FOR DELETE USING (tenant_id = current_tenant());

GRANT SELECT, INSERT, UPDATE ON plugins TO plugport_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON plugin_versions, plugin_uses TO plugport_app;

-- A publisher is its tenant's own business until something is published under it.
CREATE POLICY visible ON publishers FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR EXISTS (SELECT FROM plugins p WHERE p.publisher_id = publishers.id AND p.shared));
CREATE POLICY own_insert ON publishers FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON publishers FOR UPDATE USING (tenant_id = current_tenant() OR is_platform());
