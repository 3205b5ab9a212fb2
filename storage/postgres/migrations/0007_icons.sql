-- Pictures of plug-ins and publishers.

CREATE TABLE icons (
    object_key  text        PRIMARY KEY,
    tenant_id   hex32       NOT NULL REFERENCES tenants (id),
    kind        text        NOT NULL CHECK (kind IN ('plugin', 'publish')),
    path        text        NOT NULL UNIQUE,    -- as answered to the one who sent it, and as kept in icon_url and logo_url
    media_type  text        NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp', 'image/gif')),
    sha256      text        NOT NULL,
    size        bigint      NOT NULL CHECK (size > 0),  -- also in blobs, but those are seen by their own tenant only
    stored_at   timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, sha256) REFERENCES blobs (tenant_id, sha256)
);
CREATE INDEX icons_of_blob ON icons (tenant_id, sha256);

ALTER TABLE icons ENABLE ROW LEVEL SECURITY;
-- Everybody sees the icon of what everybody sees.
CREATE POLICY visible ON icons FOR SELECT USING (
    tenant_id = current_tenant()
    OR EXISTS (SELECT FROM plugins p WHERE p.icon_url = icons.path AND p.tenant_id = icons.tenant_id AND p.shared)
    OR EXISTS (SELECT FROM publishers q JOIN plugins p ON p.publisher_id = q.id
                WHERE q.logo_url = icons.path AND q.tenant_id = icons.tenant_id AND p.shared));
CREATE POLICY own_insert ON icons FOR INSERT WITH CHECK (tenant_id = current_tenant());
CREATE INDEX publishers_of_logo ON publishers (logo_url) WHERE logo_url <> '';
GRANT SELECT, INSERT ON icons TO plugport_app;
