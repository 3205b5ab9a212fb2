-- What is known of the bytes that go out, and how often they went.

-- Bytes are proven by reading all of them back; then the SHA-256 of each MiB is kept, one after the other, so that any part
-- of them can be checked before it is sent. Those that an earlier release kept are proven when they are first asked for.
ALTER TABLE blobs
    ADD COLUMN pieces            bytea,
    ADD COLUMN proven_at         timestamptz,
    -- Found lost or changed: nothing is sent or released of them until the same bytes have come in once more.
    ADD COLUMN quarantined_at    timestamptz,
    ADD COLUMN quarantine_reason text,
    ADD CHECK ((pieces IS NULL) = (proven_at IS NULL)),
    ADD CHECK ((quarantined_at IS NULL) = (quarantine_reason IS NULL)),
    ADD CHECK (octet_length(pieces) = (size + 1048575) / 1048576 * 32),
    ALTER COLUMN pieces SET STORAGE EXTERNAL;   -- digests cannot be compressed
GRANT UPDATE (key, stored_at, pieces, proven_at, quarantined_at, quarantine_reason) ON blobs TO plugport_app;

-- By their digest alone, packages are found over tenants.
CREATE INDEX plugin_versions_by_digest ON plugin_versions (package_sha256)
    WHERE package_sha256 IS NOT NULL AND state = 'formal' AND deleted_at IS NULL;

-- Whole downloads of a version's package, by the day (UTC) on which they ended.
CREATE TABLE download_counts (
    tenant_id   hex32   NOT NULL REFERENCES tenants (id),     -- whose version it is, whoever downloaded
    version_id  hex32   NOT NULL REFERENCES plugin_versions (id),
    day         date    NOT NULL,
    downloads   bigint  NOT NULL CHECK (downloads > 0),
    PRIMARY KEY (version_id, day)
);

ALTER TABLE download_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON download_counts USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, UPDATE ON download_counts TO plugport_app;
