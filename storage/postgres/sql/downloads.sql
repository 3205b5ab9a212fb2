-- name: find_release_of
-- By the digest of its package. Of several, one of the own tenant, and the one that was released first.
SELECT v.tenant_id, v.id AS version_id, p.name AS plugin_name, v.version, v.package_sha256 AS sha256,
       v.offer = 'withheld' AS is_withheld
  FROM plugin_versions v
  JOIN plugins p ON p.id = v.plugin_id AND p.tenant_id = v.tenant_id
 WHERE v.package_sha256 = :digest AND v.state = 'formal' AND v.deleted_at IS NULL AND p.deleted_at IS NULL
   AND CASE WHEN p.tenant_id = :tenant_id
            THEN NOT p.is_private OR :sees_private OR :user_id = ANY (p.maintainers || p.creator_id)
            ELSE v.offer IN ('listed', 'pinned', 'withheld') AND p.served END
 ORDER BY v.offer = 'withheld', p.tenant_id = :tenant_id DESC, v.released_at, v.id LIMIT 1

-- name: count_download
INSERT INTO download_counts AS counted (tenant_id, version_id, day, downloads)
VALUES (:tenant_id, :version_id, (now() AT TIME ZONE 'UTC')::date, 1)
    ON CONFLICT (version_id, day) DO UPDATE SET downloads = counted.downloads + 1

-- name: read_counts
SELECT day, downloads, (sum(downloads) OVER ())::bigint AS total FROM download_counts
 WHERE tenant_id = :tenant_id AND version_id = :version_id
 ORDER BY day DESC LIMIT :days
