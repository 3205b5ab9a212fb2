-- What each entry changed: the rows, and the digest of each before and after. And nothing is changed without an entry.

-- A list of [table, key, digest before, digest after], in the order of the changes; a digest is SHA-256 in hexadecimal of the
-- row's columns, empty where there was no row. Null in entries that were written before this column came.
ALTER TABLE audit_entries ADD COLUMN changes jsonb;

CREATE INDEX audit_entries_by_object ON audit_entries (tenant_id, object_id, number);
CREATE INDEX audit_entries_by_action ON audit_entries (tenant_id, action, number);
CREATE INDEX audit_entries_by_actor ON audit_entries (tenant_id, actor_id, number);

CREATE OR REPLACE FUNCTION audit_hash(previous_hash bytea, entry audit_entries) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256(previous_hash || convert_to((jsonb_build_array(
        entry.tenant_id, entry.number, to_char(entry.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        entry.actor_id, entry.actor_name, entry.credential, entry.action, entry.object_kind, entry.object_id,
        entry.detail, entry.request_id)
        || CASE WHEN entry.changes IS NULL THEN '[]' ELSE jsonb_build_array(entry.changes) END)::text, 'UTF8'));

-- Notes the change of a row until an entry takes it. The trigger's arguments are the columns that say no more than others or
-- are kept by the database itself, with commas between them, and the columns of the key ("id" without).
--
-- What is noted is a text, so that a note costs the same whatever was noted before; past 16 KiB it is folded into its digest.
CREATE FUNCTION note_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
DECLARE
    unheeded constant text[] := string_to_array(TG_ARGV[0], ',');
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - unheeded END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - unheeded END;
    noted text;
    key text;
BEGIN
    IF before IS NOT DISTINCT FROM after THEN
        RETURN NULL;
    END IF;
    key := (SELECT string_agg(coalesce(after, before) ->> part, '/' ORDER BY place)
              FROM unnest(string_to_array(coalesce(TG_ARGV[1], 'id'), ',')) WITH ORDINALITY AS parts (part, place));
    noted := coalesce(current_setting('plugport.changes', true), '');
    IF length(noted) > 16384 THEN
        noted := jsonb_build_array('folded', '', '', encode(sha256(convert_to(noted, 'UTF8')), 'hex'))::text;
    END IF;
    PERFORM set_config('plugport.changes', concat_ws(',', nullif(noted, ''), jsonb_build_array(
        TG_TABLE_NAME, key, coalesce(encode(sha256(convert_to(before::text, 'UTF8')), 'hex'), ''),
        coalesce(encode(sha256(convert_to(after::text, 'UTF8')), 'hex'), ''))::text), true);
    RETURN NULL;
END
$$;

-- At the commit: what the application changed and wrote no entry about does not come to be.
CREATE FUNCTION require_entry() RETURNS trigger
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF current_user = 'plugport_app' AND coalesce(current_setting('plugport.changes', true), '') <> '' THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = format('a change of %s has no audit entry', TG_TABLE_NAME),
                  DETAIL = current_setting('plugport.changes', true);
    END IF;
    RETURN NULL;
END
$$;

-- From here on each change of the table needs an entry. `events` is what counts as a change ("INSERT OR UPDATE OF state"),
-- where `condition` holds of the row.
CREATE PROCEDURE audit_table(audited regclass, events text, unheeded text DEFAULT '', key text DEFAULT 'id',
                             condition text DEFAULT 'true')
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER note_change AFTER %s ON %s FOR EACH ROW WHEN (%s)'
                   ' EXECUTE FUNCTION note_change(%L, %L)', events, audited, condition, unheeded, key);
    EXECUTE format('CREATE CONSTRAINT TRIGGER require_entry AFTER %s ON %s DEFERRABLE INITIALLY DEFERRED'
                   ' FOR EACH ROW WHEN (%s) EXECUTE FUNCTION require_entry()', events, audited, condition);
END
$$;

CALL audit_table('tenants', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('projects', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('users', 'INSERT OR UPDATE OR DELETE', 'password_hash');    -- a login may hash it anew
CALL audit_table('access_keys', 'INSERT OR UPDATE OR DELETE', '', 'access_key');
CALL audit_table('publisher_tokens', 'INSERT OR UPDATE OF revoked_at', 'last_used_at');  -- old ones are swept away
CALL audit_table('publishers', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('plugins', 'INSERT OR UPDATE OR DELETE',
                 'change,current_version_id,has_release,refer_count,scope,shared,search_text');
CALL audit_table('plugin_versions', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('extensions', 'INSERT OR UPDATE OR DELETE', 'change,updated_at,identifier,is_public,status');
CALL audit_table('extension_versions', 'INSERT OR UPDATE OR DELETE', 'upload_id');
-- Whoever joins the chunks first says so in the state; what comes of it is the change.
CALL audit_table('uploads', 'INSERT OR UPDATE OF state',
                 'epoch,claimed_until,round,assembly_key,assembly_handle,cleared_at,updated_at,is_open,needs_file', 'id',
                 $$NEW.state <> 'joining'$$);
CALL audit_table('icons', 'INSERT OR UPDATE', '', 'object_key');                           -- unused ones are swept away
CALL audit_table('blobs', 'UPDATE OF quarantined_at', 'pieces,scrubbed_at,proven_at', 'tenant_id,sha256');
CALL audit_table('extension_stars', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('extension_evaluations', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('extension_replies', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('extension_reports', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('extension_consents', 'INSERT OR UPDATE OR DELETE', '', 'user_id,instance_id,identifier,version');
CALL audit_table('policy_rules', 'INSERT OR UPDATE OR DELETE');
CALL audit_table('rule_sets', 'INSERT OR UPDATE OR DELETE');
-- Not the results of checks, which follow from the bytes: rerunning them changes nothing.

-- Answers the number of the entry now, and takes what was noted.
DROP FUNCTION record_audit;
CREATE FUNCTION record_audit(tenant text, actor_id text, actor_name text, credential text, action text,
                             object_kind text, object_id text, detail jsonb, request_id text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    head audit_heads;
    entry audit_entries;
BEGIN
    IF tenant IS DISTINCT FROM current_tenant() AND NOT is_platform() THEN
        RAISE insufficient_privilege USING MESSAGE = 'another tenant''s chain';
    END IF;
    SELECT * INTO STRICT head FROM audit_heads WHERE tenant_id = tenant FOR UPDATE;
    entry := ROW(tenant, head.entries + 1, clock_timestamp(), actor_id, actor_name, credential, action, object_kind,
                 object_id, detail, request_id, head.hash, '\x'::bytea,
                 ('[' || coalesce(current_setting('plugport.changes', true), '') || ']')::jsonb);
    PERFORM set_config('plugport.changes', '', true);
    entry.hash := audit_hash(head.hash, entry);
    INSERT INTO audit_entries SELECT entry.*;
    UPDATE audit_heads SET entries = entry.number, hash = entry.hash WHERE tenant_id = tenant;
    RETURN entry.number;
END
$$;

-- The end of a chain is also its own tenant's to see, so that its administrators can keep a checkpoint.
CREATE OR REPLACE FUNCTION audit_head(tenant text, OUT entries bigint, OUT hash bytea) RETURNS SETOF record
    LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT head.entries, head.hash FROM audit_heads head
     WHERE head.tenant_id = tenant AND (is_platform() OR tenant = current_tenant())
$$;
