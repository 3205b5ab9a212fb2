-- The life of releases: how a version becomes everybody's, who has looked at it before, and what may become of it afterwards.
--
-- A release is a version of an extension or of a plug-in on its way to everybody, and has the version's id. Inside its own tenant a
-- plug-in's version is used as soon as it is made; it is a draft of a release then.

ALTER TABLE publishers ADD COLUMN sensitive boolean NOT NULL DEFAULT false;     -- two people accept its releases

-- Whether releases of the publisher may go out.
CREATE FUNCTION publisher_stands(publisher text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM publishers p WHERE p.id = publisher AND p.status = 'accept' AND p.deleted_at IS NULL)
$$;
REVOKE ALL ON FUNCTION publisher_stands FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publisher_stands TO plugport_app;

-- Every move that there is (app/registry/releases/rules.py has the same, and says who may make it).
CREATE TABLE release_moves (
    act     text    NOT NULL,
    before  text    NOT NULL,
    after   text    NOT NULL,
    PRIMARY KEY (act, before, after)
);
INSERT INTO release_moves (act, before, after) VALUES
    ('submit', 'draft', 'checking'), ('submit', 'changes-requested', 'checking'), ('submit', 'withdrawn', 'checking'),
    ('pass', 'checking', 'released'), ('file', 'checking', 'in-review'), ('fail', 'checking', 'changes-requested'),
    ('accept', 'in-review', 'released'), ('reject', 'in-review', 'rejected'),
    ('request-changes', 'in-review', 'changes-requested'),
    ('withdraw', 'checking', 'withdrawn'), ('withdraw', 'in-review', 'withdrawn'),
    ('withdraw', 'changes-requested', 'withdrawn'),
    ('deprecate', 'released', 'deprecated'), ('deprecate', 'deprecated', 'deprecated'),
    ('undeprecate', 'deprecated', 'released'),
    ('yank', 'released', 'yanked'), ('yank', 'deprecated', 'yanked'),
    ('unyank', 'yanked', 'released'), ('unyank', 'yanked', 'deprecated'),
    ('quarantine', 'released', 'quarantined'), ('quarantine', 'deprecated', 'quarantined'), ('quarantine', 'yanked', 'quarantined'),
    ('restore', 'quarantined', 'released'), ('restore', 'quarantined', 'deprecated'), ('restore', 'quarantined', 'yanked');

CREATE TABLE releases (
    id                  hex32       PRIMARY KEY,            -- of the version
    tenant_id           hex32       NOT NULL REFERENCES tenants (id),
    kind                text        NOT NULL CHECK (kind IN ('extension', 'basic-plugin', 'composite-plugin')),
    object_id           hex32       NOT NULL,               -- of the extension or the plug-in
    subject_id          hex32       NOT NULL,               -- by which its checks are found
    package_sha256      text,
    name                text        NOT NULL,               -- of the plug-in; of the extension its identifier
    version             text        NOT NULL,
    target_platform     text        NOT NULL DEFAULT '',    -- of an extension
    author_id           text        NOT NULL,               -- who made the version
    publisher_id        hex32       REFERENCES publishers (id),     -- null: the platform's own, or a draft
    state               text        NOT NULL DEFAULT 'draft' CHECK (state IN (
        'draft', 'checking', 'in-review', 'released', 'rejected', 'withdrawn', 'changes-requested', 'deprecated', 'yanked',
        'quarantined')),
    act                 text        NOT NULL DEFAULT 'open',        -- by which it came into that state
    round               integer     NOT NULL DEFAULT 0,             -- how often it was submitted
    submitter_id        text        NOT NULL DEFAULT '',
    submitter_name      text        NOT NULL DEFAULT '',
    reasons             text[]      NOT NULL DEFAULT '{}',          -- why a person has to look at it; none: the checks are enough
    message             text        NOT NULL DEFAULT '' CHECK (char_length(message) <= 4000),   -- why it is where it is, in words
    deprecation         text        CHECK (char_length(deprecation) BETWEEN 1 AND 1000),
    replacement         text        NOT NULL DEFAULT '' CHECK (char_length(replacement) <= 200),
    removal_date        date,
    restores_to         text        CHECK (restores_to IN ('released', 'deprecated', 'yanked')),
    created_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    submitted_at        timestamptz,
    released_at         timestamptz,
    CHECK ((state = 'quarantined') = (restores_to IS NOT NULL)),
    CHECK (state <> 'deprecated' OR deprecation IS NOT NULL)
);
CREATE INDEX releases_of_object ON releases (object_id, state);
CREATE INDEX releases_of_tenant ON releases (tenant_id, updated_at DESC, id DESC);
CREATE INDEX releases_of_publisher ON releases (publisher_id) WHERE released_at IS NOT NULL;

-- What the desk decides about: a release before it goes out, its quarantine, an appeal against that.
CREATE TABLE reviews (
    id              hex32       PRIMARY KEY,
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    release_id      hex32       NOT NULL REFERENCES releases (id),
    kind            text        NOT NULL CHECK (kind IN ('release', 'quarantine', 'appeal')),
    round           integer     NOT NULL,
    opened_by_id    text        NOT NULL,
    opened_by_name  text        NOT NULL,
    text            text        NOT NULL CHECK (char_length(text) <= 4000),     -- why it is asked for
    filed_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    holder_id       text,                       -- who has claimed it
    holder_name     text,
    held_until      timestamptz,
    outcome         text        CHECK (outcome IN ('accept', 'reject', 'request-changes', 'withdraw')),
    decided_at      timestamptz,
    CHECK ((outcome IS NULL) = (decided_at IS NULL)),
    CHECK ((holder_id IS NULL) = (held_until IS NULL))
);
CREATE UNIQUE INDEX reviews_open ON reviews (release_id, kind) WHERE decided_at IS NULL;
CREATE INDEX reviews_waiting ON reviews (filed_at, id) WHERE decided_at IS NULL;
CREATE INDEX reviews_decided ON reviews (decided_at) WHERE decided_at IS NOT NULL;
CREATE INDEX reviews_of_release ON reviews (release_id, filed_at);

-- What each person decided. They are only ever added.
CREATE TABLE review_decisions (
    review_id       hex32       NOT NULL REFERENCES reviews (id),
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    user_id         text        NOT NULL,
    user_name       text        NOT NULL,
    verdict         text        NOT NULL CHECK (verdict IN ('accept', 'reject', 'request-changes')),
    reasons         text[]      NOT NULL,
    text            text        NOT NULL CHECK (char_length(text) <= 4000),
    decided_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (review_id, user_id)
);

-- Which releases need a person, where the platform's setting does not suit. What is null holds for all.
CREATE TABLE review_rules (
    id              hex32       PRIMARY KEY,
    account_id      hex32       REFERENCES tenants (id),
    publisher_id    hex32       REFERENCES publishers (id),
    business_type   text        CHECK (business_type IN ('Build', 'Gate', 'Deploy', 'Test', 'Normal', 'Extension')),
    policy          text        NOT NULL CHECK (policy IN ('checks', 'first-release', 'always')),
    updated_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_by_name text        NOT NULL,
    CHECK (num_nonnulls(account_id, publisher_id, business_type) > 0)
);
CREATE UNIQUE INDEX review_rules_by_what ON review_rules (coalesce(account_id::text, ''), coalesce(publisher_id::text, ''),
                                                          coalesce(business_type, ''));

-- What follows from releases, where versions are looked for ----------------------------------------------------------------

-- none: of its own tenant alone; listed: everybody's; pinned: served to whoever names it; withheld: served to nobody.
ALTER TABLE plugin_versions ADD COLUMN offer text NOT NULL DEFAULT 'none'
    CHECK (offer IN ('none', 'listed', 'pinned', 'withheld'));
ALTER TABLE extension_versions ADD COLUMN offer text NOT NULL DEFAULT 'none'
    CHECK (offer IN ('none', 'listed', 'pinned', 'withheld'));
ALTER TABLE plugins
    ADD COLUMN publishing        boolean NOT NULL DEFAULT false,    -- whoever made it wants it to be everybody's
    ADD COLUMN public_version_id hex32,                             -- what others than its tenant see as its current version
    ADD COLUMN served            boolean NOT NULL DEFAULT false;    -- others may know of a version of it, if only by its number
ALTER TABLE extensions ADD COLUMN served boolean NOT NULL DEFAULT false;

CREATE FUNCTION offer_of(state text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE state WHEN 'released' THEN 'listed' WHEN 'deprecated' THEN 'listed' WHEN 'yanked' THEN 'pinned'
                      WHEN 'quarantined' THEN 'withheld' ELSE 'none' END;

-- What was everybody's before there were releases.
ALTER TABLE plugins DISABLE TRIGGER USER;
UPDATE plugins SET publishing = true WHERE attribution = 'published';
INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, package_sha256, name, version, author_id, publisher_id, state,
                      act, created_at, updated_at, released_at)
SELECT v.id, v.tenant_id, CASE WHEN v.package_sha256 IS NULL THEN 'composite-plugin' ELSE 'basic-plugin' END, p.id, v.id,
       v.package_sha256, p.name, v.version, v.updated_by_id, p.publisher_id,
       CASE WHEN p.attribution <> 'custom' AND NOT p.is_private THEN 'released' ELSE 'draft' END, 'open', v.created_at, v.updated_at,
       CASE WHEN p.attribution <> 'custom' AND NOT p.is_private THEN v.released_at END
  FROM plugin_versions v JOIN plugins p ON p.id = v.plugin_id
 WHERE v.state = 'formal';
INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, package_sha256, name, version, target_platform, author_id,
                      publisher_id, state, act, round, submitter_id, submitter_name, reasons, message, created_at, updated_at,
                      submitted_at, released_at)
SELECT v.id, v.tenant_id, 'extension', e.id, coalesce(v.upload_id, v.id), v.package_sha256, e.publisher_name || '.' || e.name,
       v.version, v.target_platform, v.uploader_id, e.publisher_id,
       CASE v.state WHEN 'published' THEN 'released' ELSE v.state END, 'open', 1, v.uploader_id, v.uploader_name,
       CASE v.state WHEN 'in-review' THEN ARRAY['first-release'] ELSE '{}' END, v.reason, v.created_at, v.updated_at, v.created_at,
       v.published_at
  FROM extension_versions v JOIN extensions e ON e.id = v.extension_id;
INSERT INTO reviews (id, tenant_id, release_id, kind, round, opened_by_id, opened_by_name, text, filed_at)
SELECT replace(gen_random_uuid()::text, '-', ''), r.tenant_id, r.id, 'release', 1, r.submitter_id, r.submitter_name, r.message,
       r.submitted_at
  FROM releases r WHERE r.state = 'in-review';

ALTER TABLE plugin_versions DISABLE TRIGGER USER;
UPDATE plugin_versions v SET offer = 'listed' FROM releases r WHERE r.id = v.id AND r.state = 'released';
ALTER TABLE plugin_versions ENABLE TRIGGER USER;
ALTER TABLE extension_versions DISABLE TRIGGER USER;
UPDATE extension_versions SET offer = 'listed' WHERE state = 'published';
ALTER TABLE extension_versions ENABLE TRIGGER USER;
ALTER TABLE extensions DISABLE TRIGGER USER;
UPDATE extensions SET served = true WHERE published_at IS NOT NULL;
ALTER TABLE extensions ENABLE TRIGGER USER;
UPDATE plugins SET public_version_id = current_version_id, served = true WHERE shared;
ALTER TABLE plugins ENABLE TRIGGER USER;

-- What the database refuses, whatever the code says ------------------------------------------------------------------------

-- How many people have accepted what a review is about.
CREATE FUNCTION accepted_by(release text, review_kind text, in_round integer) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT count(DISTINCT d.user_id)
      FROM reviews r JOIN review_decisions d ON d.review_id = r.id
     WHERE r.release_id = release AND r.kind = review_kind AND r.round = in_round AND r.decided_at IS NULL AND d.verdict = 'accept'
$$;
REVOKE ALL ON FUNCTION accepted_by FROM PUBLIC;

CREATE FUNCTION guard_releases() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    refused text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (NEW.state, NEW.act, NEW.round) IS DISTINCT FROM ('draft', 'open', 0) OR NEW.released_at IS NOT NULL THEN
            refused := 'does not begin as a draft';
        ELSIF NEW.kind = 'extension' AND NOT EXISTS (
                  SELECT FROM extension_versions v
                   WHERE v.id = NEW.id AND v.tenant_id = NEW.tenant_id AND v.extension_id = NEW.object_id
                     AND v.package_sha256 = NEW.package_sha256 AND v.upload_id = NEW.subject_id)
           OR NEW.kind <> 'extension' AND NOT EXISTS (
                  SELECT FROM plugin_versions v
                   WHERE v.id = NEW.id AND v.tenant_id = NEW.tenant_id AND v.plugin_id = NEW.object_id AND v.id = NEW.subject_id
                     AND v.package_sha256 IS NOT DISTINCT FROM NEW.package_sha256
                     AND (NEW.kind = 'basic-plugin') = (v.package_sha256 IS NOT NULL)) THEN
            refused := 'is of no such version';
        END IF;
    ELSIF NOT EXISTS (SELECT FROM release_moves m WHERE m.act = NEW.act AND m.before = OLD.state AND m.after = NEW.state) THEN
        refused := format('cannot go from %s to %s by %s', OLD.state, NEW.state, NEW.act);
    ELSIF (OLD.id, OLD.tenant_id, OLD.kind, OLD.object_id, OLD.subject_id, OLD.package_sha256, OLD.name, OLD.version,
           OLD.target_platform, OLD.author_id)
          IS DISTINCT FROM
          (NEW.id, NEW.tenant_id, NEW.kind, NEW.object_id, NEW.subject_id, NEW.package_sha256, NEW.name, NEW.version,
           NEW.target_platform, NEW.author_id) THEN
        refused := 'keeps what it is';
    ELSIF (NEW.act = 'submit') IS DISTINCT FROM (NEW.round = OLD.round + 1)
          OR NEW.act <> 'submit' AND (OLD.round, OLD.submitter_id, OLD.publisher_id)
                                     IS DISTINCT FROM (NEW.round, NEW.submitter_id, NEW.publisher_id) THEN
        refused := 'is submitted by submitting it';
    ELSIF NEW.act NOT IN ('submit', 'file') AND OLD.reasons <> NEW.reasons OR NEW.act = 'file' AND NEW.reasons = '{}' THEN
        refused := 'needs a look for the reasons for which it was filed';
    ELSIF NEW.act IN ('pass', 'accept')
          AND NOT checks_passed(NEW.tenant_id, NEW.kind, NEW.subject_id, NEW.package_sha256) THEN
        refused := 'did not pass every check';
    ELSIF NEW.act IN ('pass', 'accept', 'restore', 'unyank')
          AND NOT (CASE WHEN NEW.publisher_id IS NULL
                        THEN (SELECT t.official FROM tenants t WHERE t.id = NEW.tenant_id)
                        ELSE publisher_stands(NEW.publisher_id) END) THEN
        refused := 'is of a publisher that does not stand';
    ELSIF NEW.act = 'pass' AND (NEW.reasons <> '{}' OR EXISTS (
              SELECT FROM publishers p WHERE p.id = NEW.publisher_id AND p.publisher_review)) THEN
        refused := 'has to be looked at first';
    ELSIF NEW.act = 'accept' AND accepted_by(NEW.id, 'release', NEW.round)
          < 1 + (SELECT count(*) FROM publishers p WHERE p.id = NEW.publisher_id AND p.sensitive) THEN
        refused := 'was not accepted by enough people';
    ELSIF NEW.act = 'quarantine' AND accepted_by(NEW.id, 'quarantine', NEW.round) < 2 THEN
        refused := 'is put in quarantine by two people';
    ELSIF NEW.act = 'restore' AND accepted_by(NEW.id, 'appeal', NEW.round) < 1 THEN
        refused := 'is restored when an appeal is accepted';
    ELSIF NEW.act = 'restore' AND NEW.state <> OLD.restores_to THEN
        refused := 'is restored to what it was';
    ELSIF NEW.act = 'unyank' AND (NEW.state = 'deprecated') IS DISTINCT FROM (OLD.deprecation IS NOT NULL) THEN
        refused := 'is what it was before it was yanked';
    END IF;
    IF refused IS NOT NULL THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('release %s %s', NEW.id, refused);
    END IF;
    RETURN NEW;
END
$$;
-- Its owner loads what was released elsewhere; whoever the application works as can only begin with drafts.
CREATE TRIGGER guard_new BEFORE INSERT ON releases
    FOR EACH ROW WHEN (current_user = 'plugport_app' AND NEW.tenant_id = current_tenant()) EXECUTE FUNCTION guard_releases();
CREATE TRIGGER guard_moves BEFORE UPDATE ON releases FOR EACH ROW EXECUTE FUNCTION guard_releases();

-- Nobody decides about what is their own, and nothing is decided twice.
CREATE FUNCTION guard_decisions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM reviews r JOIN releases l ON l.id = r.release_id
                    WHERE r.id = NEW.review_id AND r.tenant_id = NEW.tenant_id AND r.decided_at IS NULL
                      AND NEW.user_id NOT IN (l.submitter_id, l.author_id)) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('review %s is not for %s to decide', NEW.review_id, NEW.user_id);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_decisions BEFORE INSERT ON review_decisions
    FOR EACH ROW WHEN (NEW.tenant_id = current_tenant()) EXECUTE FUNCTION guard_decisions();

CREATE FUNCTION guard_reviews() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.decided_at IS NOT NULL
       OR (OLD.id, OLD.tenant_id, OLD.release_id, OLD.kind, OLD.round, OLD.filed_at)
          IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.release_id, NEW.kind, NEW.round, NEW.filed_at) THEN
        RAISE integrity_constraint_violation USING MESSAGE = format('review %s cannot change', OLD.id);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_reviews BEFORE UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION guard_reviews();

-- What is offered follows from releases alone.
CREATE FUNCTION offered_by_releases() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.offer <> 'none' OR TG_OP = 'UPDATE' AND NEW.offer <> OLD.offer
       OR TG_TABLE_NAME = 'extension_versions'
          AND (to_jsonb(NEW) ->> 'state') <> (CASE TG_OP WHEN 'INSERT' THEN 'in-review' ELSE to_jsonb(OLD) ->> 'state' END) THEN
        RAISE integrity_constraint_violation USING MESSAGE = format('version %s is offered by its release', NEW.id);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER offered_by_releases BEFORE INSERT OR UPDATE ON plugin_versions
    FOR EACH ROW WHEN (current_user = 'plugport_app' AND NEW.tenant_id = current_tenant()) EXECUTE FUNCTION offered_by_releases();
CREATE TRIGGER offered_by_releases BEFORE INSERT OR UPDATE ON extension_versions
    FOR EACH ROW WHEN (current_user = 'plugport_app' AND NEW.tenant_id = current_tenant()) EXECUTE FUNCTION offered_by_releases();

-- As in 0005_plugins.sql and 0017_checks.sql, but that what is offered may change.
CREATE OR REPLACE FUNCTION keep_releases() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.deleted_at IS NULL OR OLD.deleted_at = NEW.deleted_at)
       AND to_jsonb(OLD) - '{deleted_at,offer}'::text[] = to_jsonb(NEW) - '{deleted_at,offer}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE integrity_constraint_violation
        USING MESSAGE = format('version %s of plug-in %s is released and cannot change', OLD.version, OLD.plugin_id);
END
$$;

CREATE OR REPLACE FUNCTION keep_extension_versions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.state = 'published') THEN
        -- The row of an upload goes when nothing is left of it.
        IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - '{upload_id,offer}'::text[] = to_jsonb(NEW) - '{upload_id,offer}'::text[] THEN
            RETURN NEW;
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

-- What follows from a release's state -------------------------------------------------------------------------------------

CREATE FUNCTION mirror_release() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF NEW.kind = 'extension' THEN
        UPDATE extension_versions v
           SET offer = offer_of(NEW.state),
               state = CASE WHEN offer_of(NEW.state) <> 'none' THEN 'published'
                            WHEN NEW.state IN ('checking', 'in-review') THEN 'in-review' ELSE 'rejected' END,
               reason = CASE WHEN offer_of(NEW.state) <> 'none' THEN '' ELSE left(NEW.message, 1000) END,
               published_at = CASE WHEN offer_of(NEW.state) <> 'none' THEN coalesce(v.published_at, clock_timestamp()) END,
               updated_at = CASE WHEN v.state = 'published' THEN v.updated_at ELSE clock_timestamp() END
         WHERE v.id = NEW.id;
        UPDATE extensions e SET served = true WHERE e.id = NEW.object_id AND NOT e.served AND offer_of(NEW.state) <> 'none';
    ELSE
        UPDATE plugin_versions SET offer = offer_of(NEW.state) WHERE id = NEW.id AND offer <> offer_of(NEW.state);
        IF FOUND THEN
            UPDATE plugins SET change = nextval('plugin_changes') WHERE id = NEW.object_id;
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mirror_release AFTER UPDATE OF state ON releases
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION mirror_release();

-- Which version of a plug-in is its current one, whose it is and as what others see it, follows from what is offered of it: the
-- platform's and published ones without anything to offer are on no list but their own tenant's.
CREATE FUNCTION face_plugin() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    is_official boolean := (SELECT official FROM tenants WHERE id = NEW.tenant_id);
BEGIN
    NEW.current_version_id := (SELECT v.id FROM plugin_versions v
                                WHERE v.plugin_id = NEW.id AND v.deleted_at IS NULL
                                ORDER BY v.state = 'formal' AND v.offer IN ('none', 'listed') DESC, v.state = 'formal' DESC,
                                         v.precedence DESC LIMIT 1);
    NEW.has_release := EXISTS (SELECT FROM plugin_versions v
                                WHERE v.plugin_id = NEW.id AND v.deleted_at IS NULL AND v.state = 'formal' AND v.offer <> 'withheld');
    NEW.public_version_id := (SELECT v.id FROM plugin_versions v
                               WHERE v.plugin_id = NEW.id AND v.offer = 'listed' AND v.deleted_at IS NULL
                               ORDER BY v.precedence DESC LIMIT 1);
    NEW.served := NEW.deleted_at IS NULL AND NOT NEW.is_private AND EXISTS (
        SELECT FROM plugin_versions v WHERE v.plugin_id = NEW.id AND v.offer <> 'none' AND v.deleted_at IS NULL);
    NEW.attribution := CASE
        WHEN is_official AND (NEW.is_private OR NOT NEW.has_release OR NEW.public_version_id IS NOT NULL) THEN 'official'
        WHEN is_official OR NEW.is_private OR NOT NEW.publishing THEN 'custom'
        WHEN NOT NEW.has_release OR NEW.public_version_id IS NOT NULL THEN 'published'
        ELSE 'custom' END;
    NEW.public_name := NEW.public_name OR NEW.publishing OR is_official;
    RETURN NEW;
END
$$;
CREATE TRIGGER face_plugin BEFORE UPDATE OF change ON plugins FOR EACH ROW EXECUTE FUNCTION face_plugin();

-- Who sees what -----------------------------------------------------------------------------------------------------------

DROP POLICY visible ON plugins;
CREATE POLICY visible ON plugins FOR SELECT USING (tenant_id = current_tenant() OR shared OR served OR is_platform());
DROP POLICY own_insert ON plugins;
CREATE POLICY own_insert ON plugins FOR INSERT WITH CHECK (tenant_id = current_tenant() AND attribution <> 'published');
DROP POLICY visible ON plugin_versions;
CREATE POLICY visible ON plugin_versions FOR SELECT USING (tenant_id = current_tenant() OR offer <> 'none' OR is_platform());
DROP POLICY visible ON extensions;
CREATE POLICY visible ON extensions FOR SELECT USING (tenant_id = current_tenant() OR is_public OR served OR is_platform());
DROP POLICY visible ON extension_versions;
CREATE POLICY visible ON extension_versions FOR SELECT USING (tenant_id = current_tenant() OR offer <> 'none' OR is_platform());
DROP POLICY own_update ON extensions;
CREATE POLICY own_update ON extensions FOR UPDATE USING (tenant_id = current_tenant()) WITH CHECK (
    tenant_id = current_tenant()
    AND (published_at IS NULL
         OR (SELECT true FROM extension_versions v WHERE v.id = extensions.latest_version_id
                                                     AND v.extension_id = extensions.id AND v.offer = 'listed')));
DROP POLICY visible ON extension_packages;
CREATE POLICY visible ON extension_packages FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR (SELECT true FROM extension_versions v WHERE v.tenant_id = extension_packages.tenant_id AND v.package_sha256 = sha256
                                                AND v.offer IN ('listed', 'pinned') LIMIT 1));
DROP POLICY visible ON extension_assets;
CREATE POLICY visible ON extension_assets FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform()
    OR (SELECT true FROM extension_versions v WHERE v.tenant_id = extension_assets.tenant_id
                                                AND v.package_sha256 = extension_assets.package_sha256
                                                AND v.offer IN ('listed', 'pinned') LIMIT 1));

ALTER TABLE releases ENABLE ROW LEVEL SECURITY;
ALTER TABLE reviews ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON releases FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_insert ON releases FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON releases FOR UPDATE USING (tenant_id = current_tenant());
CREATE POLICY visible ON reviews FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_insert ON reviews FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE POLICY own_update ON reviews FOR UPDATE USING (tenant_id = current_tenant());
CREATE POLICY visible ON review_decisions FOR SELECT USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_insert ON review_decisions FOR INSERT WITH CHECK (tenant_id = current_tenant());
-- Everybody's releases are held against them; operators alone change them.
CREATE POLICY visible ON review_rules FOR SELECT USING (true);
CREATE POLICY of_platform ON review_rules FOR ALL USING (is_platform()) WITH CHECK (is_platform());
GRANT SELECT ON release_moves TO plugport_app;
GRANT SELECT, INSERT ON releases, reviews, review_decisions TO plugport_app;
GRANT UPDATE (publisher_id, state, act, round, submitter_id, submitter_name, reasons, message, deprecation, replacement,
              removal_date, restores_to, updated_at, submitted_at, released_at) ON releases TO plugport_app;
GRANT UPDATE (holder_id, holder_name, held_until, outcome, decided_at) ON reviews TO plugport_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON review_rules TO plugport_app;

CALL audit_table('releases', 'INSERT OR UPDATE OR DELETE', 'updated_at');
CALL audit_table('reviews', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('review_decisions', 'INSERT OR UPDATE OR DELETE', '', 'review_id,user_id');
CALL audit_table('review_rules', 'INSERT OR UPDATE OR DELETE', 'updated_at');
