-- Bytes: what the blob store holds, and what is on its way in.

-- The row comes first: whatever is found under a key that no row names can be removed.
CREATE TABLE incoming_blobs (
    key         text        PRIMARY KEY,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    purpose     text        NOT NULL,
    sha256      text,       -- known once all bytes are there; from then on they may also lie under their content key
    begun_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE blobs (
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    sha256      text        NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size        bigint      NOT NULL CHECK (size >= 0),
    key         text        NOT NULL UNIQUE,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, sha256)
);

ALTER TABLE incoming_blobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE blobs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON incoming_blobs USING (tenant_id = current_tenant() OR is_platform());
CREATE POLICY own_tenant ON blobs USING (tenant_id = current_tenant() OR is_platform());
GRANT SELECT, INSERT, DELETE ON incoming_blobs, blobs TO plugport_app;
GRANT UPDATE (sha256) ON incoming_blobs TO plugport_app;
