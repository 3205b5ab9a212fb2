-- Lists without counting, sorting or skipping.
--
-- A shelf is one filtered list of plug-ins: a scope (see plugins.scope), narrowed by what list operations filter by.
-- Each live plug-in has a place (its number in the order of changes) on each shelf it belongs to:
--
--     {scope}                          all of the scope
--     {scope}/{business type}          of one category
--     {scope}/use/{business type}      of one category, with a released version: usable in a pipeline
--     {scope}/use/single               basic plug-ins with a released version
--     {scope}/by/{user}[...]           the same, of the plug-ins this user made or maintains
--
-- plugin_tally counts the places of a shelf in blocks of 64, of 64 x 64 and of 64 x 64 x 64 changes. The total of a shelf
-- is a sum over a handful of rows, and the n-th place is found by descending three levels, however long the shelf is.

CREATE TABLE plugin_shelves (
    shelf       text    COLLATE "C" NOT NULL,
    change      bigint  NOT NULL,
    plugin_id   hex32   NOT NULL,
    PRIMARY KEY (shelf, change)
);

CREATE TABLE plugin_tally (
    shelf   text        COLLATE "C" NOT NULL,
    level   smallint    NOT NULL,
    block   bigint      NOT NULL,
    places  bigint      NOT NULL,
    PRIMARY KEY (shelf, level, block)
);

ALTER TABLE plugin_shelves ENABLE ROW LEVEL SECURITY;
ALTER TABLE plugin_tally ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON plugin_shelves FOR SELECT USING (
    left(shelf, 33) = current_tenant() || '|' OR left(shelf, 2) = '*|');
CREATE POLICY visible ON plugin_tally FOR SELECT USING (
    left(shelf, 33) = current_tenant() || '|' OR left(shelf, 2) = '*|');
GRANT SELECT ON plugin_shelves, plugin_tally TO plugport_app;

CREATE FUNCTION shelves_of(p plugins) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE
AS $$
    WITH base AS (
        SELECT p.scope AS shelf, true AS listed, p.scope LIKE '%|private' AS use_listed, true AS is_scope
         WHERE p.scope IS NOT NULL
        UNION ALL
        SELECT p.scope || '/by/' || keeper, true, p.scope LIKE '%|private', false
          FROM (SELECT DISTINCT unnest(p.maintainers || p.creator_id) AS keeper) keepers
         WHERE p.scope IS NOT NULL AND keeper <> '')
    SELECT shelf FROM base
    UNION ALL
    SELECT shelf || '/' || p.business_type FROM base
    UNION ALL
    SELECT shelf || '/use/' || p.business_type FROM base WHERE p.has_release AND (is_scope OR use_listed)
    UNION ALL
    SELECT shelf || '/use/single' FROM base WHERE p.has_release AND p.composition = 'single' AND (is_scope OR use_listed)
$$;

CREATE TYPE shelf_move AS (shelf text, change bigint, plugin_id text, delta integer);

-- Puts plug-ins on their shelves and takes them off. Rows are locked in one order, so that two changes cannot deadlock.
CREATE FUNCTION move_on_shelves(moves shelf_move[]) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM plugin_shelves s USING unnest(moves) m WHERE m.delta < 0 AND s.shelf = m.shelf AND s.change = m.change;
    INSERT INTO plugin_shelves (shelf, change, plugin_id) SELECT shelf, change, plugin_id FROM unnest(moves) WHERE delta > 0;
    INSERT INTO plugin_tally AS t (shelf, level, block, places)
    SELECT m.shelf, level, m.change >> (6 * level), sum(m.delta)
      FROM unnest(moves) m, generate_series(1, 3) AS level
     GROUP BY m.shelf, level, m.change >> (6 * level)
    HAVING sum(m.delta) <> 0
     ORDER BY m.shelf COLLATE "C", level, m.change >> (6 * level)
        ON CONFLICT (shelf, level, block) DO UPDATE SET places = t.places + EXCLUDED.places;
    DELETE FROM plugin_tally t
     USING (SELECT DISTINCT m.shelf, level, m.change >> (6 * level) AS block
              FROM unnest(moves) m, generate_series(1, 3) AS level WHERE m.delta < 0) gone
     WHERE t.shelf = gone.shelf AND t.level = gone.level AND t.block = gone.block AND t.places = 0;
END
$$;
REVOKE EXECUTE ON FUNCTION move_on_shelves FROM PUBLIC;

CREATE FUNCTION shelve_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    PERFORM move_on_shelves(array_agg(ROW(shelf, n.change, n.id, 1)::shelf_move))
       FROM new_plugins n, shelves_of(n.*::plugins) AS shelf
     HAVING count(*) > 0;
    RETURN NULL;
END
$$;

CREATE FUNCTION shelve_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    PERFORM move_on_shelves(array_agg(ROW(shelf, change, id, delta)::shelf_move))
       FROM (SELECT shelf, change, id, sum(delta)::integer AS delta
               FROM (SELECT shelf, o.change, o.id, -1 AS delta FROM old_plugins o, shelves_of(o.*::plugins) AS shelf
                     UNION ALL
                     SELECT shelf, n.change, n.id, 1 FROM new_plugins n, shelves_of(n.*::plugins) AS shelf) both_sides
              GROUP BY shelf, change, id
             HAVING sum(delta) <> 0) moves
     HAVING count(*) > 0;
    RETURN NULL;
END
$$;

CREATE TRIGGER shelve_new AFTER INSERT ON plugins
    REFERENCING NEW TABLE AS new_plugins FOR EACH STATEMENT EXECUTE FUNCTION shelve_new();
CREATE TRIGGER shelve_changed AFTER UPDATE ON plugins
    REFERENCING OLD TABLE AS old_plugins NEW TABLE AS new_plugins FOR EACH STATEMENT EXECUTE FUNCTION shelve_changed();

-- The newest change whose block holds the place number `skip` (from 0, latest change first) of several shelves taken
-- together, and how many places of that block come before it. No row where there are not so many places.
CREATE FUNCTION seek_place(shelves text[], skip bigint, OUT newest bigint, OUT remaining bigint) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    low bigint := 0;
    found_block bigint;
BEGIN
    newest := 9223372036854775807;
    remaining := skip;
    FOR wanted_level IN REVERSE 3..1 LOOP
        SELECT block, remaining - passed INTO found_block, remaining
          FROM (SELECT block, sum(places) OVER (ORDER BY block DESC) - places AS passed, places
                  FROM (SELECT t.block, sum(t.places) AS places
                          FROM plugin_tally t
                         WHERE t.shelf = ANY (shelves) AND t.level = wanted_level AND t.block BETWEEN low AND newest
                         GROUP BY t.block) blocks) running
         WHERE passed <= remaining AND passed + places > remaining;
        IF NOT FOUND THEN
            RETURN;
        END IF;
        low := found_block * 64;
        newest := found_block * 64 + 63;
    END LOOP;
    RETURN NEXT;
END
$$;

-- Searching. Row-level security would keep LIKE from using the index (the operator is not leakproof, so the policy would have
-- to be asked of every row first); this function asks the policy's question of the scope instead, before it searches.
-- Patterns are planned each time, because what is quick for a rare text is slow for a common one.
CREATE FUNCTION search_plugins(scopes text[], pattern text, types text[], keeper text, private_keeper text,
                               usable boolean, only_single boolean, take integer)
    RETURNS TABLE (plugin_id text, business_type text, change bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, public, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY scopes LOOP
        CONTINUE WHEN NOT (left(wanted, 33) = current_tenant() || '|' OR left(wanted, 2) = '*|');
        RETURN QUERY
            SELECT p.id::text, p.business_type, p.change
              FROM plugins p
             WHERE p.deleted_at IS NULL AND p.scope = wanted AND p.search_text LIKE pattern
               AND (types IS NULL OR p.business_type = ANY (types))
               AND (keeper IS NULL OR keeper = ANY (p.maintainers || p.creator_id))
               AND (private_keeper IS NULL OR NOT p.is_private OR private_keeper = ANY (p.maintainers || p.creator_id))
               AND (p.has_release OR NOT usable) AND (p.composition = 'single' OR NOT only_single)
             ORDER BY p.change DESC
             LIMIT take;
    END LOOP;
END
$$;
