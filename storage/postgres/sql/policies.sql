-- name: insert_rule
INSERT INTO policy_rules (id, tenant_id, kind, name, version, layout_content, plugin_id, plugin_name, plugin_version, content,
                          conditions, creator_id, updated_by_id, updated_by_name)
VALUES (:id, :tenant_id, :kind, :name, :version, :layout_content, :plugin_id, :plugin_name, :plugin_version,
        :content::jsonb, :conditions, :updated_by_id, :updated_by_id, :updated_by_name)

-- name: save_rule
UPDATE policy_rules
   SET kind = :kind, name = :name, version = :version, layout_content = :layout_content, plugin_id = :plugin_id,
       plugin_name = :plugin_name, plugin_version = :plugin_version, content = :content::jsonb, conditions = :conditions,
       updated_at = clock_timestamp(), updated_by_id = :updated_by_id, updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id

-- name: delete_rule
DELETE FROM policy_rules WHERE tenant_id = :tenant_id AND id = :id

-- name: find_rules
SELECT id, tenant_id, kind, name, version, layout_content, plugin_id, plugin_name, plugin_version, content, creator_id,
       created_at, updated_at, updated_by_id, updated_by_name
  FROM policy_rules WHERE tenant_id = :tenant_id AND id = ANY (:ids::text[])

-- name: count_rules
SELECT count(*) FROM policy_rules WHERE tenant_id = :tenant_id

-- name: list_rules
-- Position and not LIKE: no character of the text means anything but itself. Of a project those that its sets apply.
SELECT id, kind, name, version, updated_at, updated_by_name
  FROM policy_rules r
 WHERE tenant_id = :tenant_id
   AND (:kind::text IS NULL OR kind = :kind)
   AND (:text::text IS NULL OR position(lower(:text) IN lower(name)) > 0)
   AND (:project_id::text IS NULL OR EXISTS (
        SELECT FROM rule_set_rules m JOIN rule_sets s ON m.rule_set_id IN (s.id, s.parent_id)
         WHERE m.tenant_id = :tenant_id AND m.rule_id = r.id AND s.tenant_id = :tenant_id AND s.project_id = :project_id))
 ORDER BY updated_at DESC, id DESC OFFSET :offset LIMIT :limit

-- name: count_listed_rules
SELECT count(*)
  FROM policy_rules r
 WHERE tenant_id = :tenant_id
   AND (:kind::text IS NULL OR kind = :kind)
   AND (:text::text IS NULL OR position(lower(:text) IN lower(name)) > 0)
   AND (:project_id::text IS NULL OR EXISTS (
        SELECT FROM rule_set_rules m JOIN rule_sets s ON m.rule_set_id IN (s.id, s.parent_id)
         WHERE m.tenant_id = :tenant_id AND m.rule_id = r.id AND s.tenant_id = :tenant_id AND s.project_id = :project_id))

-- name: list_names_of_holders
-- The sets that hold a rule, by name.
SELECT s.name FROM rule_set_rules m JOIN rule_sets s ON s.tenant_id = m.tenant_id AND s.id = m.rule_set_id
 WHERE m.tenant_id = :tenant_id AND m.rule_id = :rule_id
 ORDER BY s.name, s.id LIMIT :limit

-- name: insert_rule_set
INSERT INTO rule_sets (id, tenant_id, kind, project_id, parent_id, name, version, thresholds, content, creator_id, creator_name,
                       updated_by_id, updated_by_name)
VALUES (:id, :tenant_id, :kind, :project_id, :parent_id, :name, :version, :thresholds::jsonb, :content::jsonb,
        :updated_by_id, :updated_by_name, :updated_by_id, :updated_by_name)

-- name: save_rule_set
UPDATE rule_sets
   SET parent_id = :parent_id, name = :name, version = :version, is_valid = :is_valid, thresholds = :thresholds::jsonb,
       content = :content::jsonb, updated_at = clock_timestamp(), updated_by_id = :updated_by_id,
       updated_by_name = :updated_by_name
 WHERE tenant_id = :tenant_id AND id = :id

-- name: delete_rule_set
DELETE FROM rule_sets WHERE tenant_id = :tenant_id AND id = :id

-- name: empty_rule_set
DELETE FROM rule_set_rules WHERE tenant_id = :tenant_id AND rule_set_id = :rule_set_id

-- name: fill_rule_set
-- In the order of the lists.
INSERT INTO rule_set_rules (tenant_id, rule_set_id, rule_id, place, is_valid)
SELECT :tenant_id, :rule_set_id, given.rule_id, given.place, given.is_valid
  FROM unnest(:rule_ids::text[], :valid::boolean[]) WITH ORDINALITY AS given (rule_id, is_valid, place)

-- name: settle_kinds
-- Says anew of which kinds the rules of a set are.
UPDATE rule_sets s
   SET rule_kinds = ARRAY (SELECT DISTINCT r.kind FROM rule_set_rules m
                             JOIN policy_rules r ON r.tenant_id = m.tenant_id AND r.id = m.rule_id
                            WHERE m.tenant_id = s.tenant_id AND m.rule_set_id = s.id)
 WHERE s.tenant_id = :tenant_id AND s.id = :id

-- name: settle_kinds_of_holders
-- The same of every set that holds a rule.
UPDATE rule_sets s
   SET rule_kinds = ARRAY (SELECT DISTINCT r.kind FROM rule_set_rules m
                             JOIN policy_rules r ON r.tenant_id = m.tenant_id AND r.id = m.rule_id
                            WHERE m.tenant_id = s.tenant_id AND m.rule_set_id = s.id)
 WHERE s.tenant_id = :tenant_id
   AND s.id IN (SELECT m.rule_set_id FROM rule_set_rules m WHERE m.tenant_id = :tenant_id AND m.rule_id = :rule_id)

-- name: find_rule_sets
SELECT s.id, s.tenant_id, s.kind, s.project_id, s.parent_id, s.name, s.version, s.is_valid, s.thresholds, s.content,
       s.creator_id, s.creator_name, s.created_at, s.updated_at, s.updated_by_id, s.updated_by_name, s.rule_kinds
  FROM rule_sets s
 WHERE s.tenant_id = :tenant_id AND s.id = ANY (:ids::text[])

-- name: count_rule_sets
SELECT count(*) FROM rule_sets
 WHERE tenant_id = :tenant_id AND kind = :kind AND project_id IS NOT DISTINCT FROM :project_id

-- name: list_rule_sets
-- Position and not LIKE, as above; content and thresholds of a set are not read for a list.
SELECT s.id, s.tenant_id, s.kind, s.project_id, s.parent_id, s.name, s.version, s.is_valid, '[]'::jsonb AS thresholds,
       NULL::jsonb AS content, s.creator_id, s.creator_name, s.created_at, s.updated_at, s.updated_by_id, s.updated_by_name, s.rule_kinds
  FROM rule_sets s
 WHERE s.tenant_id = :tenant_id AND s.kind = :kind
   AND ((:of_tenant AND s.project_id IS NULL) OR s.project_id = :project_id)
   AND (:text::text IS NULL OR position(lower(:text) IN lower(s.name)) > 0)
   AND (:is_valid::boolean IS NULL OR s.is_valid = :is_valid)
   AND (:creator_name::text IS NULL OR s.creator_name = :creator_name)
   AND (:rule_kind::text IS NULL OR :rule_kind = ANY (s.rule_kinds))
 ORDER BY s.updated_at DESC, s.id DESC OFFSET :offset LIMIT :limit

-- name: count_listed_rule_sets
SELECT count(*)
  FROM rule_sets s
 WHERE s.tenant_id = :tenant_id AND s.kind = :kind
   AND ((:of_tenant AND s.project_id IS NULL) OR s.project_id = :project_id)
   AND (:text::text IS NULL OR position(lower(:text) IN lower(s.name)) > 0)
   AND (:is_valid::boolean IS NULL OR s.is_valid = :is_valid)
   AND (:creator_name::text IS NULL OR s.creator_name = :creator_name)
   AND (:rule_kind::text IS NULL OR :rule_kind = ANY (s.rule_kinds))

-- name: list_heirs
-- The sets that inherit from one, by name.
SELECT name FROM rule_sets WHERE tenant_id = :tenant_id AND parent_id = :parent_id ORDER BY name, id LIMIT :limit

-- name: list_rules_of_sets
-- Of each set its rules in their order, one row for each; the layout, which nothing here needs, is not read.
SELECT m.rule_set_id, m.is_valid, r.id, r.tenant_id, r.kind, r.name, r.version, '' AS layout_content, r.plugin_id,
       r.plugin_name, r.plugin_version, r.content, r.creator_id, r.created_at, r.updated_at, r.updated_by_id, r.updated_by_name
  FROM rule_set_rules m JOIN policy_rules r ON r.tenant_id = m.tenant_id AND r.id = m.rule_id
 WHERE m.tenant_id = :tenant_id AND m.rule_set_id = ANY (:rule_set_ids::text[])
 ORDER BY m.rule_set_id, m.place

-- name: count_conditions
-- Of all these sets together; what a set inherits counts once for each heir.
SELECT coalesce(sum(r.conditions), 0)::bigint
  FROM unnest(:rule_set_ids::text[]) AS wanted (id)
  JOIN rule_set_rules m ON m.rule_set_id = wanted.id
  JOIN policy_rules r ON r.tenant_id = m.tenant_id AND r.id = m.rule_id
 WHERE m.tenant_id = :tenant_id

-- name: list_sets_in_force
-- Those of the tenant and of a project (null: of none): enabled ones first, then by level and name.
SELECT id FROM rule_sets
 WHERE tenant_id = :tenant_id AND kind = 'metrics' AND (project_id IS NULL OR project_id = :project_id)
 ORDER BY is_valid DESC, project_id IS NOT NULL, name, id LIMIT :limit
