-- Publishers: the names under which tenants offer plug-ins to everybody.

CREATE TABLE publishers (
    id                hex32       PRIMARY KEY,
    tenant_id         hex32       NOT NULL REFERENCES tenants (id),
    en_name           text        NOT NULL,
    name              text        NOT NULL,
    user_id           text        NOT NULL,
    description       text        NOT NULL,
    logo_url          text        NOT NULL,
    website           text        NOT NULL,
    support_url       text        NOT NULL,
    source_url        text        NOT NULL,
    status            text        NOT NULL DEFAULT 'processing' CHECK (status IN ('processing', 'accept', 'reject')),
    reason            text        NOT NULL DEFAULT '',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    updated_by_id     text        NOT NULL,
    updated_by_name   text        NOT NULL,
    deleted_at        timestamptz
);
CREATE UNIQUE INDEX publishers_by_name ON publishers (tenant_id, lower(en_name)) WHERE deleted_at IS NULL;
-- Among accepted publishers a name belongs to one tenant for good, also after deletion.
CREATE INDEX publishers_accepted ON publishers (lower(en_name)) WHERE status = 'accept';
CREATE INDEX publishers_by_time ON publishers (tenant_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX publishers_by_status ON publishers (status, updated_at, id) WHERE deleted_at IS NULL;

ALTER TABLE publishers ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON publishers TO plugport_app;
