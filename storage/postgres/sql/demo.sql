-- name: owns_catalogue
-- Asked of the system's tables, which every login may read.
SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
 WHERE relname = 'plugins' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'plugport')

-- name: list_taken_names
SELECT name FROM plugins WHERE tenant_id = ANY (:tenant_ids::text[]) OR public_name

-- name: list_taken_extensions
SELECT lower(name) AS name FROM extensions WHERE tenant_id = ANY (:tenant_ids::text[])

-- name: begin_loading
-- Until the end of the transaction new extensions are not entered into the marketplace one by one.
SELECT set_config('plugport.loading', 'on', true)

-- name: show_versions
UPDATE extensions e SET latest_version_id = shown.version_id
  FROM unnest(:ids::text[], :version_ids::text[]) AS shown (id, version_id)
 WHERE e.id = shown.id AND e.tenant_id = ANY (:tenant_ids::text[])

-- name: enter_marketplace
SELECT enter_marketplace(:ids::text[])
