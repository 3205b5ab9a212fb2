-- What the checks of releases came to: extensions and plug-ins alike, one row for each check of each run.
--
-- Rows are only ever added. A new run takes the place of the one before it, which stays as it was.

CREATE TABLE checks (
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    subject_kind    text        NOT NULL CHECK (subject_kind IN ('extension', 'basic-plugin', 'composite-plugin')),
    subject_id      hex32       NOT NULL,   -- of an extension's upload, of a plug-in's version
    run             integer     NOT NULL CHECK (run > 0),
    name            text        NOT NULL CHECK (name ~ '^[a-z][a-z-]{0,39}$'),
    area            text        NOT NULL CHECK (area IN ('security', 'file', 'basicInformation')),
    outcome         text        NOT NULL CHECK (outcome IN ('pass', 'fail', 'unknown')),
    blocking        boolean     NOT NULL,
    rule_set        integer     NOT NULL CHECK (rule_set > 0),
    package_sha256  text        CHECK (package_sha256 ~ '^[0-9a-f]{64}$'),      -- of what was looked at
    checked_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, subject_kind, subject_id, run, name)
);
CREATE INDEX checks_by_age ON checks (checked_at);

CREATE TABLE check_findings (
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    subject_kind    text        NOT NULL,
    subject_id      hex32       NOT NULL,
    run             integer     NOT NULL,
    name            text        NOT NULL,
    number          integer     NOT NULL CHECK (number BETWEEN 1 AND 200),     -- its place among those of the check
    rule            text        NOT NULL CHECK (length(rule) BETWEEN 1 AND 100),
    severity        text        NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    entry           text        NOT NULL CHECK (length(entry) <= 4096),
    line            bigint      CHECK (line > 0),
    message         text        NOT NULL CHECK (length(message) <= 4096),
    remedy          text        NOT NULL CHECK (length(remedy) <= 4096),
    PRIMARY KEY (tenant_id, subject_kind, subject_id, run, name, number),
    FOREIGN KEY (tenant_id, subject_kind, subject_id, run, name)
        REFERENCES checks (tenant_id, subject_kind, subject_id, run, name) ON DELETE CASCADE
);

-- The three checks of extensions were the first rule set.
INSERT INTO checks (tenant_id, subject_kind, subject_id, run, name, area, outcome, blocking, rule_set, package_sha256, checked_at)
SELECT c.tenant_id, 'extension', c.upload_id, 1,
       CASE c.name WHEN 'security' THEN 'secrets' WHEN 'file' THEN 'archive' ELSE 'manifest' END,
       c.name, c.outcome, true, 1, u.found_sha256, c.checked_at
  FROM extension_checks c JOIN uploads u ON u.id = c.upload_id;
INSERT INTO check_findings (tenant_id, subject_kind, subject_id, run, name, number, rule, severity, entry, message, remedy)
SELECT c.tenant_id, 'extension', c.upload_id, 1, named.name, f.number,
       named.name || '.refused', 'error', left(f.told ->> 'entry', 4096), left(f.told ->> 'rule', 4096), left(f.told ->> 'remedy', 4096)
  FROM extension_checks c
  JOIN uploads u ON u.id = c.upload_id
 CROSS JOIN LATERAL (
       SELECT CASE c.name WHEN 'security' THEN 'secrets' WHEN 'file' THEN 'archive' ELSE 'manifest' END AS name) named
 CROSS JOIN LATERAL jsonb_array_elements(c.findings) WITH ORDINALITY AS f (told, number)
 WHERE f.number <= 200;

-- Uploads tell what was found in the same words from now on.
UPDATE uploads u
   SET findings = (
       SELECT jsonb_agg(jsonb_build_object('entry', f.told ->> 'entry', 'message', f.told ->> 'rule',
                                           'remedy', f.told ->> 'remedy') ORDER BY f.number)
         FROM jsonb_array_elements(u.findings) WITH ORDINALITY AS f (told, number))
 WHERE jsonb_array_length(u.findings) > 0;

-- Whether the newest run of the checks has nothing against what they looked at: every one that blocks passed, and each area
-- has one that passed. Without any there is no pass. `digest` is of the package; null where there is none.
CREATE FUNCTION checks_passed(tenant text, kind text, subject text, digest text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT count(*) > 0
           AND count(*) FILTER (WHERE c.blocking) > 0
           AND bool_and(c.outcome = 'pass' OR NOT c.blocking)
           AND bool_and(c.package_sha256 IS NOT DISTINCT FROM digest)
           AND count(DISTINCT c.area) FILTER (WHERE c.outcome = 'pass')
               = CASE kind WHEN 'composite-plugin' THEN 2 ELSE 3 END
      FROM checks c
     WHERE c.tenant_id = tenant AND c.subject_kind = kind AND c.subject_id = subject
       AND c.run = (SELECT max(n.run) FROM checks n
                     WHERE n.tenant_id = tenant AND n.subject_kind = kind AND n.subject_id = subject)
$$;
REVOKE ALL ON FUNCTION checks_passed FROM PUBLIC;

-- As in 0013_extensions.sql, but for what has to have passed.
CREATE OR REPLACE FUNCTION keep_extension_versions() RETURNS trigger
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
    IF NEW.state = 'published'
       AND (NOT EXISTS (SELECT FROM uploads u
                         WHERE u.id = NEW.upload_id AND u.tenant_id = NEW.tenant_id AND u.found_sha256 = NEW.package_sha256)
            OR NOT checks_passed(NEW.tenant_id, 'extension', NEW.upload_id, NEW.package_sha256)) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('version %s of extension %s did not pass every check', NEW.version, NEW.extension_id);
    END IF;
    RETURN NEW;
END
$$;

DROP TABLE extension_checks;
DROP FUNCTION keep_extension_checks();

-- What was checked and came to nothing is forgotten after a while: neither an upload nor a version has its id.
CREATE FUNCTION forget_checks(days integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    WITH gone AS (
        DELETE FROM checks c
         WHERE c.checked_at < clock_timestamp() - make_interval(days => greatest(forget_checks.days, 7))
           AND NOT EXISTS (SELECT FROM uploads u WHERE u.id = c.subject_id)
           AND NOT EXISTS (SELECT FROM plugin_versions v WHERE v.id = c.subject_id)
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION forget_checks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_checks TO plugport_app;

ALTER TABLE checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE check_findings ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON checks FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_insert ON checks FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY visible ON check_findings FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_insert ON check_findings FOR INSERT WITH CHECK (tenant_id = current_tenant());
GRANT SELECT, INSERT ON checks, check_findings TO plugport_app;

-- Names that read alike have one key: in every case, with or without separators, with 0 for o, 1 for l, rn for m.
CREATE FUNCTION look_alike_key(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN replace(replace(translate(lower(name), '015|i-_. ', 'olsll'), 'rn', 'm'), 'vv', 'w');

ALTER TABLE plugins ADD COLUMN look_alike_key text COLLATE "C" GENERATED ALWAYS AS (look_alike_key(name)) STORED;
CREATE INDEX plugins_look_alike ON plugins (look_alike_key) WHERE shared;
ALTER TABLE extensions ADD COLUMN look_alike_key text COLLATE "C" GENERATED ALWAYS AS (look_alike_key(name)) STORED;
CREATE INDEX extensions_look_alike ON extensions (look_alike_key) WHERE is_public;
