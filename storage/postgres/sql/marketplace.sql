-- name: find_generation
SELECT number FROM extension_generation

-- name: list_sets
SELECT number, level, block, bits
  FROM list_sets(:scopes, :numbers, :kinds, :facet_values, :word_numbers, :word_ids, :lacks)

-- name: named_places
SELECT by_id, by_identifier, by_part, is_capped FROM named_places(:scopes, :ids, :identifiers, :parts, :most)

-- name: called_places
SELECT change, by_identifier FROM called_places(:scopes, :texts)

-- name: sort_places
SELECT change FROM sort_places(:scopes, :places, :by_publisher, :skip, :take) AS change

-- name: understand
SELECT alternative, position, said, word, word_id, uses, how FROM understand(:scopes, :texts)

-- name: count_facets
SELECT label, count, total FROM count_facets(:kind, :within, :skip, :take)

-- name: total_facets
SELECT total_facets(:kind)

-- name: list_listings
-- Everybody's, as far as row-level security shows them. With the version that is shown: the newest published one, or, of an
-- extension that has none, the newest that was not rejected, or the newest. Which one it is, is found out first (OFFSET 0): before
-- row-level security is done with versions, PostgreSQL compares them with nothing that it has to look up, and would read all.
SELECT e.change, e.id, e.tenant_id, e.publisher_id, e.publisher_name, e.name, e.official, e.display_name, e.description, e.categories,
       e.tags, e.targets, e.engines, e.preview, e.latest_version_id, e.published_at, e.created_at, e.updated_at,
       e.creator_id, e.creator_name, s.installs, s.stars,
       p.id AS p_id, p.tenant_id AS p_tenant_id, p.en_name AS p_en_name, p.name AS p_name, p.user_id AS p_user_id,
       p.description AS p_description, p.logo_url AS p_logo_url, p.website AS p_website, p.support_url AS p_support_url,
       p.source_url AS p_source_url, p.status AS p_status, p.reason AS p_reason, p.updated_at AS p_updated_at,
       p.updated_by_id AS p_updated_by_id, p.updated_by_name AS p_updated_by_name,
       p.publisher_review AS p_publisher_review, p.system_review AS p_system_review,
       v.id AS v_id, v.extension_id AS v_extension_id, v.tenant_id AS v_tenant_id, v.version AS v_version,
       v.target_platform AS v_target_platform, v.state AS v_state, v.reason AS v_reason,
       v.package_sha256 AS v_package_sha256, v.package_size AS v_package_size, v.facts AS v_facts,
       v.uploader_id AS v_uploader_id, v.uploader_name AS v_uploader_name, v.created_at AS v_created_at,
       v.updated_at AS v_updated_at, v.published_at AS v_published_at,
       asset_kinds(v.tenant_id, v.package_sha256) AS v_assets
  FROM extensions e
  JOIN publishers p ON p.id = e.publisher_id
  JOIN extension_stats s ON s.extension_id = e.id
 CROSS JOIN LATERAL (
       SELECT coalesce(e.latest_version_id, (
              SELECT w.id FROM extension_versions w WHERE w.extension_id = e.id
               ORDER BY w.state = 'rejected', w.precedence DESC, w.target_platform LIMIT 1)) AS id OFFSET 0) shown
  JOIN extension_versions v ON v.id = shown.id
 WHERE e.change = ANY (:places::bigint[])

-- name: list_places
SELECT change FROM extensions WHERE id = ANY (:ids::text[])

-- name: list_versions
-- Of each extension the versions on offer, and of the tenant's own those that wait, too; newest first, at most so many.
SELECT v.id, v.extension_id, v.tenant_id, v.version, v.target_platform, v.state, v.reason, v.package_sha256, v.package_size,
       v.facts, v.uploader_id, v.uploader_name, v.created_at, v.updated_at, v.published_at,
       asset_kinds(v.tenant_id, v.package_sha256) AS assets
  FROM unnest(:ids::text[]) AS wanted (id)
 CROSS JOIN LATERAL (
       SELECT * FROM extension_versions x
        WHERE x.extension_id = wanted.id
          AND (x.offer = 'listed' OR (x.state = 'in-review' AND x.tenant_id = :tenant_id))
        ORDER BY x.precedence DESC, x.target_platform LIMIT :most) v
 ORDER BY v.extension_id, v.precedence DESC, v.target_platform
