-- What is cleared away, and what is read again to see whether it is still whole.

-- Every blob is read again from time to time, the longest unread one first. A new one was read back when it came in.
ALTER TABLE blobs ADD COLUMN scrubbed_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE blobs ALTER COLUMN scrubbed_at SET DEFAULT clock_timestamp();
CREATE INDEX blobs_by_scrub ON blobs (scrubbed_at, tenant_id, sha256);
GRANT UPDATE (scrubbed_at) ON blobs TO plugport_app;

-- Rows go first and bytes later: keys whose rows are gone, until their bytes are gone as well.
CREATE TABLE doomed_blobs (
    key         text        COLLATE "C" PRIMARY KEY,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    doomed_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE doomed_blobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON doomed_blobs USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, DELETE, UPDATE (doomed_at) ON doomed_blobs TO plugport_app;

-- Uploads that are over, and of which nothing is left but the row.
CREATE INDEX uploads_cleared ON uploads (updated_at) WHERE NOT is_open AND NOT needs_file AND cleared_at IS NOT NULL;

-- The next blobs by key. Row-level security makes the planner expect few rows, and read and sort the whole table each time.
CREATE FUNCTION blobs_after(last_key text, most integer) RETURNS SETOF blobs
    LANGUAGE sql STABLE ROWS 500 SET enable_seqscan = off SET enable_sort = off
AS $$
    SELECT * FROM blobs WHERE key > last_key ORDER BY key LIMIT most
$$;

-- Whether a row needs the tenant's bytes of that digest. Deleted versions do: a number's row says for good what it was.
CREATE FUNCTION is_blob_needed(tenant text, digest text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM plugin_versions v WHERE v.tenant_id = tenant AND v.package_sha256 = digest)
        OR EXISTS (SELECT FROM icons i WHERE i.tenant_id = tenant AND i.sha256 = digest)
        OR EXISTS (SELECT FROM uploads u WHERE u.tenant_id = tenant AND u.found_sha256 = digest AND u.needs_file)
        OR EXISTS (SELECT FROM incoming_blobs b WHERE b.tenant_id = tenant AND b.sha256 = digest);  -- about to be kept

-- The icon that an address shows: the path that its upload answered, or the same behind a host's name.
CREATE FUNCTION icon_in(address text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN substring(address FROM '[?&]object_key=([A-Za-z0-9._-]+)');

CREATE INDEX plugins_of_icon ON plugins (tenant_id, icon_in(icon_url)) WHERE icon_url <> '' AND deleted_at IS NULL;
CREATE INDEX publishers_of_icon ON publishers (tenant_id, icon_in(logo_url)) WHERE logo_url <> '' AND deleted_at IS NULL;

CREATE FUNCTION is_icon_shown(tenant text, object_key text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN EXISTS (SELECT FROM plugins p WHERE p.tenant_id = tenant AND p.icon_url <> '' AND p.deleted_at IS NULL
                                           AND icon_in(p.icon_url) = object_key)
        OR EXISTS (SELECT FROM publishers q WHERE q.tenant_id = tenant AND q.logo_url <> '' AND q.deleted_at IS NULL
                                              AND icon_in(q.logo_url) = object_key);

CREATE POLICY platform ON icons FOR SELECT USING (is_platform());
CREATE POLICY own_delete ON icons FOR DELETE USING (tenant_id = current_tenant());
GRANT DELETE ON icons TO plugport_app;

-- The end of a tenant's chain, which the application sees in no other way.
CREATE FUNCTION audit_head(tenant text, OUT entries bigint, OUT hash bytea) RETURNS SETOF record
    LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
    SELECT head.entries, head.hash FROM audit_heads head WHERE head.tenant_id = tenant AND is_platform()
$$;
