-- name: insert_plugin
INSERT INTO plugins (id, tenant_id, name, display_name, description, business_type, runtime_attribution, icon_url,
                     is_private, region, maintainers, composition, attribution, public_name, creator_id,
                     updated_by_id, updated_by_name)
VALUES (:id, :tenant_id, :name, :display_name, :description, :business_type, :runtime_attribution, :icon_url,
        :is_private, :region, :maintainers, :composition, :attribution, :public_name, :creator_id,
        :updated_by_id, :updated_by_name)

-- name: save_plugin
-- Writes what may change of a plug-in, and moves it to the front of the lists, by which a trigger finds its current version anew,
-- and whose it is.
UPDATE plugins p
   SET display_name = :display_name, description = :description, business_type = :business_type,
       runtime_attribution = :runtime_attribution, icon_url = :icon_url, is_private = :is_private, region = :region,
       maintainers = :maintainers, composition = :composition, publishing = :publishing,
       public_name = p.public_name OR :public_name, publisher_id = :publisher_id, deleted_at = :deleted_at,
       updated_at = now(), updated_by_id = :updated_by_id, updated_by_name = :updated_by_name,
       change = nextval('plugin_changes')
 WHERE p.tenant_id = :tenant_id AND p.id = :id

-- name: find_own_plugin
-- By name, deleted ones too: a name stays its tenant's.
SELECT p.* FROM plugins p WHERE p.tenant_id = :tenant_id AND p.name = :name

-- name: count_places
SELECT shelf, sum(places)::bigint AS places FROM plugin_tally
 WHERE shelf = ANY (:shelves) AND level = 3 GROUP BY shelf

-- name: list_shelves
-- Some places of several shelves taken together, latest change first.
SELECT p.*, v.id AS version_id, v.version, v.version_description, v.state, v.manifest_version
  FROM seek_place(:shelves, :skip) AS place
 CROSS JOIN LATERAL (
       SELECT on_shelf.change
         FROM unnest(:shelves::text[]) AS wanted (shelf)
        CROSS JOIN LATERAL (
              SELECT s.change FROM plugin_shelves s
               WHERE s.shelf = wanted.shelf AND s.change <= place.newest
               ORDER BY s.change DESC LIMIT place.remaining + :take) AS on_shelf
        ORDER BY on_shelf.change DESC
       OFFSET place.remaining LIMIT :take) AS page
  JOIN plugins p ON p.change = page.change
  LEFT JOIN plugin_versions v ON v.tenant_id = p.tenant_id
        AND v.id = CASE WHEN p.tenant_id = :tenant_id THEN p.current_version_id ELSE p.public_version_id END
 ORDER BY page.change DESC

-- name: search
-- The page of the matches, and in each row how many matches there are, up to :most.
WITH found AS MATERIALIZED (
         SELECT plugin_id, business_type, change
           FROM search_plugins(:shelves, :text, :most)),
     page AS (
         SELECT plugin_id, array_position(:category_order::text[], business_type) AS category, change FROM found
          ORDER BY category NULLS FIRST, change DESC OFFSET :skip LIMIT :take)
SELECT counted.matches, p.*, v.id AS version_id, v.version, v.version_description, v.state, v.manifest_version
  FROM (SELECT count(*) AS matches FROM found) AS counted
  LEFT JOIN page ON true
  LEFT JOIN plugins p ON p.id = page.plugin_id
  LEFT JOIN plugin_versions v ON v.tenant_id = p.tenant_id
        AND v.id = CASE WHEN p.tenant_id = :tenant_id THEN p.current_version_id ELSE p.public_version_id END
 ORDER BY page.category NULLS FIRST, page.change DESC

-- name: find_visible
-- The plug-ins of one name that the tenant sees: the own one first, then the one that everybody sees; with `pinned` also one that
-- is on no list any more, of which versions are served to whoever names them.
SELECT p.*, v.id AS version_id, v.version, v.version_description, v.state, v.manifest_version
  FROM (SELECT own.* FROM plugins own
         WHERE own.tenant_id = :tenant_id AND own.name = :name AND own.deleted_at IS NULL
        UNION ALL
        SELECT public.* FROM plugins public
         WHERE public.tenant_id <> :tenant_id AND public.name = :name AND public.public_name
           AND (public.shared OR (:pinned::boolean AND public.served))) p
  LEFT JOIN plugin_versions v ON v.tenant_id = p.tenant_id
        AND v.id = CASE WHEN p.tenant_id = :tenant_id THEN p.current_version_id ELSE p.public_version_id END
 ORDER BY p.tenant_id = :tenant_id DESC

-- name: ask_versions
-- One row for each asked version that there is, in one statement however many are asked. The attribution says which of
-- two namesakes is meant; it is no condition, because askers know `official` and `custom` only, also of a published one.
-- Of several versions no more than :most characters are read in all; the rows of what is beyond have no version.
WITH found AS MATERIALIZED (
         SELECT asked.position, p.id AS plugin_id, v.id AS version_id, v.tenant_id,
                CASE WHEN cardinality(:names::text[]) > 1 THEN
                         sum(length(v.facts::text) + length(v.inputs::text) + coalesce(length(v.input_schema::text), 0)
                             + length(v.outputs::text) + length(v.metrics::text) + length(v.execution::text)
                             + coalesce(length(v.manifest::text), 0)) OVER (ORDER BY asked.position)
                     ELSE 0 END AS size
           FROM unnest(:names::text[], :precedences::bytea[], :currents::boolean[], :attributions::text[])
                WITH ORDINALITY AS asked (name, precedence, current, attribution, position)
          CROSS JOIN LATERAL (
                SELECT candidate.*
                  FROM (SELECT own.* FROM plugins own
                         WHERE own.tenant_id = :tenant_id AND own.name = asked.name AND own.deleted_at IS NULL
                           AND (NOT own.is_private OR :sees_private OR :user_id = ANY (own.maintainers || own.creator_id))
                        UNION ALL
                        SELECT public.* FROM plugins public
                         WHERE public.tenant_id <> :tenant_id AND public.name = asked.name AND public.public_name
                           AND (public.shared OR public.served)) candidate
                 ORDER BY candidate.attribution = asked.attribution DESC, candidate.tenant_id = :tenant_id DESC LIMIT 1) AS p
           JOIN LATERAL (
                SELECT chosen.* FROM plugin_versions chosen
                 WHERE chosen.plugin_id = p.id AND chosen.tenant_id = p.tenant_id AND chosen.deleted_at IS NULL
                   AND (chosen.offer IN ('listed', 'pinned') OR chosen.tenant_id = :tenant_id)
                   AND CASE WHEN NOT asked.current THEN chosen.precedence = asked.precedence
                            WHEN p.tenant_id = :tenant_id THEN chosen.id = p.current_version_id
                            ELSE chosen.id = p.public_version_id END
                 LIMIT 1) AS v ON true)
SELECT found.position, found.size::bigint AS size, p.*, v.id AS version_id, v.version, v.state, v.version_description,
       v.facts, v.inputs, v.input_schema, v.outputs, v.metrics, v.execution, v.manifest, v.manifest_version,
       v.package_sha256, v.updated_at AS version_updated_at, v.updated_by_name AS version_updated_by_name
  FROM found
  JOIN plugins p ON p.id = found.plugin_id AND p.tenant_id = found.tenant_id
  LEFT JOIN plugin_versions v ON v.id = found.version_id AND v.tenant_id = found.tenant_id AND found.size <= :most
 ORDER BY found.position

-- name: insert_version
INSERT INTO plugin_versions (id, plugin_id, tenant_id, version, precedence, state, version_description, facts, inputs,
                             input_schema, outputs, metrics, execution, manifest, manifest_version, package_sha256,
                             updated_by_id, updated_by_name, released_at)
VALUES (:id, :plugin_id, :tenant_id, :version, :precedence, :state, :version_description, :facts::jsonb, :inputs::jsonb,
        :input_schema::json, :outputs::jsonb, :metrics::jsonb, :execution::jsonb, :manifest::jsonb, :manifest_version,
        :package_sha256, :updated_by_id, :updated_by_name, CASE WHEN :state = 'formal' THEN now() END)

-- name: save_draft
UPDATE plugin_versions
   SET version = :version, version_description = :version_description, facts = :facts::jsonb, inputs = :inputs::jsonb,
       input_schema = :input_schema::json, outputs = :outputs::jsonb, metrics = :metrics::jsonb,
       execution = :execution::jsonb, manifest_version = :manifest_version,
       updated_at = now(), updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND state = 'draft'

-- name: release_draft
-- Compare and swap: the only statement that turns a draft into a release.
UPDATE plugin_versions
   SET state = 'formal', released_at = now(), updated_at = now(), updated_by_id = :updated_by_id,
       updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id AND state = 'draft' AND deleted_at IS NULL
RETURNING id

-- name: delete_draft
DELETE FROM plugin_versions WHERE tenant_id = :tenant_id AND id = :id AND state = 'draft' RETURNING id

-- name: delete_drafts
DELETE FROM plugin_versions WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND state = 'draft'

-- name: retire_versions
-- Released versions stay as rows, so that their numbers are never used again. One, or all of a plug-in.
UPDATE plugin_versions SET deleted_at = now()
 WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND state = 'formal' AND deleted_at IS NULL
   AND (:version_id::text IS NULL OR id = :version_id)

-- name: find_version
-- By number, retired ones too.
SELECT id, version, state, facts, deleted_at, package_sha256, offer, updated_by_id FROM plugin_versions
 WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND precedence = :precedence

-- name: other_releases
-- Whether the plug-in has a released version besides this one.
SELECT EXISTS (SELECT FROM plugin_versions
                WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id AND state = 'formal' AND deleted_at IS NULL
                  AND id <> :version_id)

-- name: list_versions
-- Newest first by SemVer precedence; what is not on offer is shown to its own tenant only.
SELECT v.id AS version_id, v.version, v.version_description, v.state, v.manifest_version, v.updated_at,
       v.updated_by_name
  FROM plugin_versions v
 WHERE v.plugin_id = :plugin_id AND v.deleted_at IS NULL AND (v.offer = 'listed' OR v.tenant_id = :tenant_id)
 ORDER BY v.precedence DESC OFFSET :skip LIMIT :take

-- name: count_versions
SELECT count(*) FROM plugin_versions v
 WHERE v.plugin_id = :plugin_id AND v.deleted_at IS NULL AND (v.offer = 'listed' OR v.tenant_id = :tenant_id)

-- name: delete_uses
DELETE FROM plugin_uses WHERE tenant_id = :tenant_id AND version_id = :version_id

-- name: delete_all_uses
DELETE FROM plugin_uses WHERE tenant_id = :tenant_id AND plugin_id = :plugin_id

-- name: insert_uses
-- A step runs the own plug-in of that name, else the one that everybody sees, else nothing yet.
INSERT INTO plugin_uses (version_id, plugin_id, tenant_id, used_name, used_plugin_id)
SELECT :version_id, :plugin_id, :tenant_id::text, used.name, coalesce(
           (SELECT own.id FROM plugins own
             WHERE own.tenant_id = :tenant_id::text AND own.name = used.name AND own.deleted_at IS NULL),
           (SELECT public.id FROM plugins public WHERE public.name = used.name AND public.public_name AND public.shared))
  FROM unnest(:names::text[]) AS used (name)

-- name: adopt_uses
-- Steps that named a plug-in before there was one.
UPDATE plugin_uses SET used_plugin_id = :plugin_id
 WHERE tenant_id = :tenant_id AND used_name = :name AND used_plugin_id IS NULL

-- name: list_users
-- The names of the tenant's own plug-ins that use this one, as far as the caller may know of them.
SELECT DISTINCT p.name FROM plugin_uses u JOIN plugins p ON p.id = u.plugin_id AND p.tenant_id = u.tenant_id
 WHERE u.used_plugin_id = :plugin_id AND u.tenant_id = :tenant_id
   AND (NOT p.is_private OR :sees_private OR :user_id = ANY (p.maintainers || p.creator_id))
 ORDER BY p.name LIMIT :take

-- name: count_users
SELECT count(DISTINCT u.plugin_id) FROM plugin_uses u WHERE u.used_plugin_id = :plugin_id AND u.tenant_id = :tenant_id

-- name: find_steps
-- The plug-ins that the steps of some versions run, with what the caller may know of them.
SELECT u.version_id, u.used_name, p.display_name, v.version
  FROM plugin_uses u
  LEFT JOIN plugins p ON p.id = u.used_plugin_id AND (p.shared OR (p.tenant_id = :tenant_id
            AND (NOT p.is_private OR :sees_private OR :user_id = ANY (p.maintainers || p.creator_id))))
  LEFT JOIN plugin_versions v ON v.tenant_id = p.tenant_id
        AND v.id = CASE WHEN p.tenant_id = :tenant_id THEN p.current_version_id ELSE p.public_version_id END
 WHERE u.version_id = ANY (:version_ids)
 ORDER BY u.version_id, u.used_name
