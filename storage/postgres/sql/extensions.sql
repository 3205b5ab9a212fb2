-- name: insert_package
-- What a package says follows from its bytes, so the same bytes again say the same.
INSERT INTO extension_packages (tenant_id, sha256, facts) VALUES (:tenant_id, :digest, :facts)
    ON CONFLICT (tenant_id, sha256) DO NOTHING

-- name: insert_asset
INSERT INTO extension_assets (tenant_id, package_sha256, kind, media_type, sha256, content)
VALUES (:tenant_id, :digest, :kind, :media_type, :asset_digest, :content)
    ON CONFLICT (tenant_id, package_sha256, kind) DO NOTHING

-- name: find_package
SELECT facts FROM extension_packages WHERE tenant_id = :tenant_id AND sha256 = :digest

-- name: list_asset_kinds
SELECT kind FROM extension_assets WHERE tenant_id = :tenant_id AND package_sha256 = :digest ORDER BY kind

-- name: find_extension
SELECT id, tenant_id, publisher_id, publisher_name, name, official, display_name, description, categories, tags, targets, engines,
       preview, latest_version_id, published_at, created_at, updated_at, creator_id, creator_name
  FROM extensions WHERE tenant_id = :tenant_id AND id = :id

-- name: find_extension_by_name
SELECT id, tenant_id, publisher_id, publisher_name, name, official, display_name, description, categories, tags, targets, engines,
       preview, latest_version_id, published_at, created_at, updated_at, creator_id, creator_name
  FROM extensions WHERE tenant_id = :tenant_id AND publisher_id = :publisher_id AND lower(name) = lower(:name)

-- name: list_extensions_by_id
-- Every tenant's, as far as row-level security shows them.
SELECT id, tenant_id, publisher_id, publisher_name, name, official, display_name, description, categories, tags, targets, engines,
       preview, latest_version_id, published_at, created_at, updated_at, creator_id, creator_name
  FROM extensions WHERE id = ANY (:ids::text[])

-- name: insert_extension
INSERT INTO extensions (id, tenant_id, publisher_id, publisher_name, name, official, display_name, description, categories, tags,
                        targets, engines, preview, creator_id, creator_name)
VALUES (:id, :tenant_id, :publisher_id, :publisher_name, :name, :official, :display_name, :description, :categories, :tags,
        :targets, :engines, :preview, :creator_id, :creator_name)

-- name: show_version
-- The extension shows itself as this version says, is the latest that changed, and is public from the first time on.
UPDATE extensions
   SET name = :name, display_name = :display_name, description = :description, categories = :categories, tags = :tags,
       targets = :targets, engines = :engines, preview = :preview, latest_version_id = :version_id,
       published_at = coalesce(published_at, clock_timestamp()), change = nextval('extension_changes'),
       updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id

-- name: hide
-- Nothing of it is offered any more: it is its own tenant's until something is.
UPDATE extensions
   SET latest_version_id = NULL, published_at = NULL, change = nextval('extension_changes'), updated_at = clock_timestamp()
 WHERE tenant_id = :tenant_id AND id = :id

-- name: insert_version
INSERT INTO extension_versions (id, extension_id, tenant_id, version, precedence, target_platform, state, reason, package_sha256,
                                package_size, facts, upload_id, uploader_id, uploader_name)
VALUES (:id, :extension_id, :tenant_id, :version, :precedence, :target_platform, 'in-review', :reason, :digest,
        :package_size, :facts, :upload_id, :uploader_id, :uploader_name)

-- name: find_version
SELECT v.id, v.extension_id, v.tenant_id, v.version, v.target_platform, v.state, v.reason, v.package_sha256, v.package_size,
       v.facts, v.uploader_id, v.uploader_name, v.created_at, v.updated_at, v.published_at,
       ARRAY(SELECT a.kind FROM extension_assets a
              WHERE a.tenant_id = v.tenant_id AND a.package_sha256 = v.package_sha256 ORDER BY a.kind) AS assets
  FROM extension_versions v WHERE v.tenant_id = :tenant_id AND v.id = :id

-- name: find_version_tenant
-- An operator knows the version and asks for its tenant.
SELECT tenant_id FROM extension_versions WHERE id = :id

-- name: find_number
-- The version that has the number for that platform. A rejected one has given it back.
SELECT v.id, v.extension_id, v.tenant_id, v.version, v.target_platform, v.state, v.reason, v.package_sha256, v.package_size,
       v.facts, v.uploader_id, v.uploader_name, v.created_at, v.updated_at, v.published_at,
       ARRAY(SELECT a.kind FROM extension_assets a
              WHERE a.tenant_id = v.tenant_id AND a.package_sha256 = v.package_sha256 ORDER BY a.kind) AS assets
  FROM extension_versions v
 WHERE v.tenant_id = :tenant_id AND v.extension_id = :extension_id AND v.precedence = :precedence
   AND v.target_platform = :target_platform AND v.state <> 'rejected'

-- name: find_rejected
-- The latest rejection of these bytes.
SELECT v.id, v.extension_id, v.tenant_id, v.version, v.target_platform, v.state, v.reason, v.package_sha256, v.package_size,
       v.facts, v.uploader_id, v.uploader_name, v.created_at, v.updated_at, v.published_at,
       ARRAY(SELECT a.kind FROM extension_assets a
              WHERE a.tenant_id = v.tenant_id AND a.package_sha256 = v.package_sha256 ORDER BY a.kind) AS assets
  FROM extension_versions v
 WHERE v.tenant_id = :tenant_id AND v.extension_id = :extension_id AND v.package_sha256 = :digest AND v.state = 'rejected'
 ORDER BY v.updated_at DESC LIMIT 1

-- name: find_newest
-- The version on offer of the highest precedence, of one platform or (null) of any.
SELECT v.id, v.extension_id, v.tenant_id, v.version, v.target_platform, v.state, v.reason, v.package_sha256, v.package_size,
       v.facts, v.uploader_id, v.uploader_name, v.created_at, v.updated_at, v.published_at,
       ARRAY(SELECT a.kind FROM extension_assets a
              WHERE a.tenant_id = v.tenant_id AND a.package_sha256 = v.package_sha256 ORDER BY a.kind) AS assets
  FROM extension_versions v
 WHERE v.tenant_id = :tenant_id AND v.extension_id = :extension_id AND v.offer = 'listed'
   AND (:target_platform::text IS NULL OR v.target_platform = :target_platform)
 ORDER BY v.precedence DESC, v.target_platform LIMIT 1

-- name: list_in_review
-- Every tenant's, the one that waits longest first.
SELECT v.id, v.extension_id, v.tenant_id, v.version, v.target_platform, v.state, v.reason, v.package_sha256, v.package_size,
       v.facts, v.uploader_id, v.uploader_name, v.created_at, v.updated_at, v.published_at,
       ARRAY(SELECT a.kind FROM extension_assets a
              WHERE a.tenant_id = v.tenant_id AND a.package_sha256 = v.package_sha256 ORDER BY a.kind) AS assets
  FROM extension_versions v WHERE v.state = 'in-review'
 ORDER BY v.created_at, v.id OFFSET :offset LIMIT :limit

-- name: count_in_review
SELECT count(*) FROM extension_versions WHERE state = 'in-review'
