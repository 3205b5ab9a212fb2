-- Extensions of IDEs: what their packages hold, what the checks of them said, and which versions are published.

-- Who looks at a publisher's releases before they are published: the publisher itself; nobody of the platform.
ALTER TABLE publishers
    ADD COLUMN publisher_review boolean NOT NULL DEFAULT false,
    ADD COLUMN system_review    boolean NOT NULL DEFAULT false;

-- A package can come in one request, before anybody knows which publisher it names.
ALTER TABLE uploads DROP CONSTRAINT uploads_check;

-- What a package says of itself, and the files of it that are shown. Both follow from its bytes alone, and go with them.
CREATE TABLE extension_packages (
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    sha256      text        NOT NULL,
    facts       jsonb       NOT NULL,
    PRIMARY KEY (tenant_id, sha256),
    FOREIGN KEY (tenant_id, sha256) REFERENCES blobs (tenant_id, sha256) ON DELETE CASCADE
);

CREATE TABLE extension_assets (
    tenant_id       hex32   NOT NULL REFERENCES tenants (id),
    package_sha256  text    NOT NULL,
    kind            text    NOT NULL CHECK (kind IN ('icon', 'readme', 'changelog', 'license', 'manifest', 'vsixmanifest')),
    media_type      text    NOT NULL,
    sha256          text    NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    content         bytea   NOT NULL CHECK (octet_length(content) <= 4 * 1024 * 1024),
    PRIMARY KEY (tenant_id, package_sha256, kind),
    FOREIGN KEY (tenant_id, package_sha256) REFERENCES extension_packages (tenant_id, sha256) ON DELETE CASCADE
);

-- What each check said of an uploaded package. "unknown" is never "pass".
CREATE TABLE extension_checks (
    upload_id   hex32       NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    name        text        NOT NULL CHECK (name IN ('security', 'file', 'basicInformation')),
    outcome     text        NOT NULL CHECK (outcome IN ('pass', 'fail', 'unknown')),
    findings    jsonb       NOT NULL,
    checked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (upload_id, name)
);

CREATE SEQUENCE extension_changes;
GRANT USAGE ON SEQUENCE extension_changes TO plugport_app;

CREATE UNIQUE INDEX publishers_of_tenants ON publishers (id, tenant_id);     -- for the foreign key below

CREATE TABLE extensions (
    id                  hex32       PRIMARY KEY,
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    publisher_id        hex32       NOT NULL,
    publisher_name      text        NOT NULL,       -- the publisher's English name, as it was when the extension came
    name                text        NOT NULL,       -- as the package spells it
    identifier          text        COLLATE "C" GENERATED ALWAYS AS (lower(publisher_name || '.' || name)) STORED,
    official            boolean     NOT NULL,
    -- Of the newest published version, or of the first one while none is:
    display_name        text        NOT NULL,
    description         text        NOT NULL,
    categories          text[]      NOT NULL,
    tags                text[]      NOT NULL,
    targets             text[]      NOT NULL,       -- clients it can be installed in
    engines             text[]      NOT NULL,       -- names of the engines it wants
    preview             boolean     NOT NULL,
    latest_version_id   hex32,                      -- the newest published one
    published_at        timestamptz,                -- of the first published version; from then on everybody sees it
    change              bigint      NOT NULL DEFAULT nextval('extension_changes'),  -- place in "latest change first"
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    creator_id          text        NOT NULL,
    creator_name        text        NOT NULL,
    is_public           boolean     GENERATED ALWAYS AS (published_at IS NOT NULL) STORED,
    status              text        GENERATED ALWAYS AS (CASE WHEN published_at IS NULL THEN 'INIT' ELSE 'NORMAL' END) STORED,
    UNIQUE (id, tenant_id),
    FOREIGN KEY (publisher_id, tenant_id) REFERENCES publishers (id, tenant_id)     -- under no other tenant's name
);
CREATE UNIQUE INDEX extensions_by_name ON extensions (publisher_id, lower(name));
-- Everybody finds a published extension by its identifier, so such an identifier belongs to one publisher for good.
CREATE UNIQUE INDEX extensions_by_identifier ON extensions (identifier) WHERE published_at IS NOT NULL;
CREATE INDEX extensions_of_tenant ON extensions (tenant_id, change DESC);

CREATE TABLE extension_versions (
    id                  hex32       PRIMARY KEY,
    extension_id        hex32       NOT NULL,
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    version             text        NOT NULL,
    precedence          bytea       NOT NULL,   -- compares as SemVer 2 does (app/registry/plugins/versions.py)
    target_platform     text        NOT NULL,   -- 'universal' or one of VS Code's names
    state               text        NOT NULL CHECK (state IN ('in-review', 'published', 'rejected')),
    reason              text        NOT NULL DEFAULT '',    -- why it waits, or why it was rejected
    package_sha256      text        NOT NULL,
    package_size        bigint      NOT NULL,
    facts               jsonb       NOT NULL,   -- what the package says of itself
    upload_id           hex32       REFERENCES uploads (id) ON DELETE SET NULL,
    uploader_id         text        NOT NULL,
    uploader_name       text        NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at        timestamptz,
    CHECK ((state = 'published') = (published_at IS NOT NULL)),
    FOREIGN KEY (extension_id, tenant_id) REFERENCES extensions (id, tenant_id),
    FOREIGN KEY (tenant_id, package_sha256) REFERENCES extension_packages (tenant_id, sha256)
);
-- A number is given once for each platform, unless what had it was rejected.
CREATE UNIQUE INDEX extension_versions_by_number ON extension_versions (extension_id, precedence, target_platform)
    WHERE state <> 'rejected';
CREATE INDEX extension_versions_newest ON extension_versions (extension_id, precedence DESC, target_platform);
CREATE INDEX extension_versions_of_package ON extension_versions (tenant_id, package_sha256);
CREATE INDEX extension_versions_of_upload ON extension_versions (upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX extension_versions_in_review ON extension_versions (created_at, id) WHERE state = 'in-review';
ALTER TABLE extensions ADD FOREIGN KEY (latest_version_id) REFERENCES extension_versions (id);

-- Nothing is published, whatever the code says, unless each of the three checks passed; a published version never changes.
CREATE FUNCTION keep_extension_versions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.state = 'published') THEN
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'upload_id' = to_jsonb(NEW) - 'upload_id' THEN
            RETURN NEW;     -- the row of an upload goes when nothing is left of it
        END IF;
        RAISE integrity_constraint_violation
            USING MESSAGE = format('version %s of extension %s cannot change', OLD.version, OLD.extension_id);
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - 'upload_id' <> to_jsonb(NEW) - 'upload_id'
       AND (OLD.state = 'rejected'
            OR (OLD.extension_id, OLD.tenant_id, OLD.version, OLD.target_platform, OLD.package_sha256, OLD.facts)
               IS DISTINCT FROM
               (NEW.extension_id, NEW.tenant_id, NEW.version, NEW.target_platform, NEW.package_sha256, NEW.facts)) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('version %s of extension %s keeps what it is', OLD.version, OLD.extension_id);
    END IF;
    IF NEW.state = 'published' AND NOT EXISTS (
        SELECT FROM uploads u
         WHERE u.id = NEW.upload_id AND u.tenant_id = NEW.tenant_id AND u.found_sha256 = NEW.package_sha256
           AND (SELECT count(*) FROM extension_checks c WHERE c.upload_id = u.id AND c.outcome = 'pass') = 3) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('version %s of extension %s did not pass every check', NEW.version, NEW.extension_id);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER keep_extension_versions BEFORE INSERT OR UPDATE OR DELETE ON extension_versions
    FOR EACH ROW EXECUTE FUNCTION keep_extension_versions();

-- What the checks said of a published version stands as long as the row of its upload does.
CREATE FUNCTION keep_extension_checks() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM extension_versions v JOIN uploads u ON u.id = v.upload_id
                WHERE v.upload_id = OLD.upload_id AND v.state = 'published') THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('what upload %s was published by cannot change', OLD.upload_id);
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
CREATE TRIGGER keep_extension_checks BEFORE UPDATE OR DELETE ON extension_checks
    FOR EACH ROW EXECUTE FUNCTION keep_extension_checks();

ALTER TABLE extension_packages ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_assets ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE extensions ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_versions ENABLE ROW LEVEL SECURITY;

-- Where policies look into other tables, a value is asked for and not whether one EXISTS: that might be answered by reading the
-- whole other table first.
CREATE POLICY own_tenant ON extension_checks USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY visible ON extensions FOR SELECT USING (tenant_id = current_tenant() OR is_public OR is_platform());
CREATE POLICY own_insert ON extensions FOR INSERT WITH CHECK (tenant_id = current_tenant() AND published_at IS NULL);
-- Everybody sees an extension by the version that was published of it, and not without one.
CREATE POLICY own_update ON extensions FOR UPDATE USING (tenant_id = current_tenant()) WITH CHECK (
    tenant_id = current_tenant()
    AND (published_at IS NULL
         OR (SELECT true FROM extension_versions v WHERE v.id = extensions.latest_version_id
                                                     AND v.extension_id = extensions.id AND v.state = 'published')));
CREATE POLICY visible ON extension_versions FOR SELECT USING (
    tenant_id = current_tenant() OR state = 'published' OR is_platform());
CREATE POLICY own_insert ON extension_versions FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON extension_versions FOR UPDATE USING (tenant_id = current_tenant());
CREATE POLICY visible ON extension_packages FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR (SELECT true FROM extension_versions v WHERE v.tenant_id = extension_packages.tenant_id
                                                AND v.package_sha256 = sha256 AND v.state = 'published' LIMIT 1));
CREATE POLICY own_insert ON extension_packages FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY visible ON extension_assets FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR (SELECT true FROM extension_versions v WHERE v.tenant_id = extension_assets.tenant_id
                                                AND v.package_sha256 = extension_assets.package_sha256
                                                AND v.state = 'published' LIMIT 1));
CREATE POLICY own_insert ON extension_assets FOR INSERT WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT ON extension_packages, extension_assets TO plugport_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON extension_checks TO plugport_app;
GRANT SELECT, INSERT, UPDATE ON extension_versions TO plugport_app;
GRANT SELECT, INSERT, UPDATE (name, display_name, description, categories, tags, targets, engines, preview, latest_version_id,
                              published_at, change, updated_at) ON extensions TO plugport_app;

-- A publisher is seen by everybody, too, once an extension of it is.
DROP POLICY visible ON publishers;
CREATE POLICY visible ON publishers FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR (SELECT true FROM plugins p WHERE p.publisher_id = publishers.id AND p.shared LIMIT 1)
    OR (SELECT true FROM extensions e WHERE e.publisher_id = publishers.id AND e.is_public LIMIT 1));

-- Packages of extensions are needed as long as a version names them, whatever became of it.
CREATE OR REPLACE FUNCTION is_blob_needed(tenant text, digest text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM plugin_versions v WHERE v.tenant_id = tenant AND v.package_sha256 = digest)
        OR EXISTS (SELECT FROM extension_versions v WHERE v.tenant_id = tenant AND v.package_sha256 = digest)
        OR EXISTS (SELECT FROM icons i WHERE i.tenant_id = tenant AND i.sha256 = digest)
        OR EXISTS (SELECT FROM uploads u WHERE u.tenant_id = tenant AND u.found_sha256 = digest AND u.needs_file)
        OR EXISTS (SELECT FROM incoming_blobs b WHERE b.tenant_id = tenant AND b.sha256 = digest);  -- about to be kept
