-- name: owns_catalogue
-- Asked of the system's tables, which every login may read.
SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class
 WHERE relname = 'plugins' AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'plugport')

-- name: list_taken_names
SELECT name FROM plugins WHERE tenant_id = ANY (:tenant_ids::text[]) OR public_name
