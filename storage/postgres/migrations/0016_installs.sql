-- How often extensions are installed, and in which IDEs their users let them run.

-- By the address of a package: of published extensions and of the own tenant's alike.
CREATE INDEX extensions_named ON extensions (identifier);

-- Whole downloads of a version's package, by the day (UTC) on which they ended.
CREATE TABLE install_counts (
    tenant_id       hex32   NOT NULL REFERENCES tenants (id),   -- whose extension it is, whoever installed
    extension_id    hex32   NOT NULL REFERENCES extensions (id),
    version_id      hex32   NOT NULL REFERENCES extension_versions (id),
    day             date    NOT NULL,
    installs        bigint  NOT NULL CHECK (installs > 0),
    PRIMARY KEY (version_id, day)
);
CREATE INDEX install_counts_by_day ON install_counts (extension_id, day DESC, version_id);

-- Who installed what within the last hour or two, so that nobody is counted again.
CREATE TABLE recent_installs (
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),   -- whose user it is
    user_id         text        NOT NULL,
    version_id      hex32       NOT NULL REFERENCES extension_versions (id),
    counted_at      timestamptz NOT NULL,
    PRIMARY KEY (version_id, user_id)
);
CREATE INDEX recent_installs_by_time ON recent_installs (counted_at);

-- What a user answered when an instance of an IDE asked whether a version of an extension may run there. No row: ask again.
CREATE TABLE extension_consents (
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    user_id         text        NOT NULL,
    instance_id     text        COLLATE "C" NOT NULL,
    identifier      text        COLLATE "C" NOT NULL,   -- of the extension, in small letters
    version         text        COLLATE "C" NOT NULL,
    status          text        NOT NULL CHECK (status IN ('AGREE', 'REJECT')),
    answered_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, user_id, instance_id, identifier, version)
);

ALTER TABLE install_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE recent_installs ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON install_counts USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON recent_installs USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON extension_consents USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT ON install_counts, recent_installs TO plugport_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON extension_consents TO plugport_app;

-- Notes that a user of the current tenant installed a published version, whoever's it is, unless that was counted within the
-- last hour; answers whether it was counted. All lock in one order: the user's row, the day's, the extension's.
CREATE FUNCTION count_install(installer text, installed text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    served extension_versions%ROWTYPE;
BEGIN
    SELECT * INTO served FROM extension_versions v WHERE v.id = installed AND v.state = 'published';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO recent_installs AS recent (tenant_id, user_id, version_id, counted_at)
    VALUES (current_tenant(), installer, installed, clock_timestamp())
        ON CONFLICT (version_id, user_id) DO UPDATE SET counted_at = clock_timestamp()
     WHERE recent.counted_at <= clock_timestamp() - interval '1 hour';
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO install_counts AS counted (tenant_id, extension_id, version_id, day, installs)
    VALUES (served.tenant_id, served.extension_id, installed, (clock_timestamp() AT TIME ZONE 'UTC')::date, 1)
        ON CONFLICT (version_id, day) DO UPDATE SET installs = counted.installs + 1;
    UPDATE extension_stats SET installs = installs + 1 WHERE extension_id = served.extension_id;
    RETURN true;
END
$$;

-- Forgets who installed what, once it makes no difference any more.
CREATE FUNCTION sweep_recent_installs() RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    DELETE FROM recent_installs WHERE counted_at < clock_timestamp() - interval '1 hour'
$$;
