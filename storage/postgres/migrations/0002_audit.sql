-- Who changed what. One chain of entries for each tenant; each entry's hash covers the one before it, so an edit, a gap or a
-- reorder shows. The application can add entries through record_audit and read them, nothing else.

CREATE TABLE audit_heads (
    tenant_id   hex32   PRIMARY KEY REFERENCES tenants (id),
    entries     bigint  NOT NULL DEFAULT 0,
    hash        bytea   NOT NULL DEFAULT '\x'
);

CREATE TABLE audit_entries (
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    number          bigint      NOT NULL,
    recorded_at     timestamptz NOT NULL,
    actor_id        text        NOT NULL,
    actor_name      text        NOT NULL,
    credential      text        NOT NULL,
    action          text        NOT NULL,
    object_kind     text        NOT NULL,
    object_id       text        NOT NULL,
    detail          jsonb       NOT NULL,
    request_id      text        NOT NULL,
    previous_hash   bytea       NOT NULL,
    hash            bytea       NOT NULL,
    PRIMARY KEY (tenant_id, number)
);

ALTER TABLE audit_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON audit_entries USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT ON audit_entries TO plugport_app;

CREATE FUNCTION audit_hash(previous_hash bytea, entry audit_entries) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256(previous_hash || convert_to(jsonb_build_array(
        entry.tenant_id, entry.number, to_char(entry.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        entry.actor_id, entry.actor_name, entry.credential, entry.action, entry.object_kind, entry.object_id,
        entry.detail, entry.request_id)::text, 'UTF8'));

CREATE FUNCTION open_audit_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    INSERT INTO audit_heads (tenant_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER open_audit_chain AFTER INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION open_audit_chain();

-- Changes of one tenant happen one after the other: every use-case that changes something calls this first. It makes
-- races between two changes of a tenant impossible, and the order in which rows are locked the same for all.
CREATE FUNCTION lock_tenant(tenant text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF tenant IS DISTINCT FROM current_tenant() AND NOT is_platform() THEN
        RAISE insufficient_privilege USING MESSAGE = 'another tenant''s chain';
    END IF;
    PERFORM FROM audit_heads WHERE tenant_id = tenant FOR UPDATE;
END
$$;

CREATE FUNCTION record_audit(tenant text, actor_id text, actor_name text, credential text, action text,
                             object_kind text, object_id text, detail jsonb, request_id text) RETURNS void
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
                 object_id, detail, request_id, head.hash, '\x'::bytea);
    entry.hash := audit_hash(head.hash, entry);
    INSERT INTO audit_entries SELECT entry.*;
    UPDATE audit_heads SET entries = entry.number, hash = entry.hash WHERE tenant_id = tenant;
END
$$;
