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
    places  integer     NOT NULL,
    PRIMARY KEY (shelf, level, block)
);

ALTER TABLE plugin_shelves ENABLE ROW LEVEL SECURITY;
ALTER TABLE plugin_tally ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON plugin_shelves FOR SELECT USING (
    left(shelf, 33) = current_tenant() || '|' OR left(shelf, 2) = '*|');
CREATE POLICY visible ON plugin_tally FOR SELECT USING (
    left(shelf, 33) = current_tenant() || '|' OR left(shelf, 2) = '*|');
GRANT SELECT ON plugin_shelves, plugin_tally TO plugport_app;

CREATE FUNCTION shelf_names(scope text, business_type text, has_release boolean, composition text, keepers text[])
    RETURNS SETOF text
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH base AS (
        SELECT scope AS shelf, scope LIKE '%|private' AS use_listed, true AS is_scope
         WHERE scope IS NOT NULL
        UNION ALL
        SELECT scope || '/by/' || keeper, scope LIKE '%|private', false
          FROM (SELECT DISTINCT unnest(keepers) AS keeper) each_keeper
         WHERE scope IS NOT NULL AND keeper <> '')
    SELECT shelf FROM base
    UNION ALL
    SELECT shelf || '/' || business_type FROM base
    UNION ALL
    SELECT shelf || '/use/' || business_type FROM base WHERE has_release AND (is_scope OR use_listed)
    UNION ALL
    SELECT shelf || '/use/single' FROM base WHERE has_release AND composition = 'single' AND (is_scope OR use_listed);
END;

CREATE FUNCTION shelves_of(p plugins) RETURNS SETOF text
    LANGUAGE sql IMMUTABLE
    RETURN shelf_names(p.scope, p.business_type, p.has_release, p.composition, p.maintainers || p.creator_id);

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
    LANGUAGE plpgsql STABLE ROWS 1
AS $$
DECLARE
    low bigint := 0;
    found_block bigint;
    counted record;
BEGIN
    newest := 9223372036854775807;
    remaining := skip;
    FOR wanted_level IN REVERSE 3..1 LOOP
        found_block := NULL;
        FOR counted IN
            SELECT t.block, sum(t.places) AS places
              FROM plugin_tally t
             WHERE t.shelf = ANY (shelves) AND t.level = wanted_level AND t.block BETWEEN low AND newest
             GROUP BY t.block ORDER BY t.block DESC
        LOOP
            IF counted.places > remaining THEN
                found_block := counted.block;
                EXIT;
            END IF;
            remaining := remaining - counted.places;
        END LOOP;
        IF found_block IS NULL THEN
            RETURN;
        END IF;
        low := found_block * 64;
        newest := found_block * 64 + 63;
    END LOOP;
    RETURN NEXT;
END
$$;

-- Searching: the plug-ins of some shelves that have a text in their name or display name ---------------------------------
--
-- The index holds of each live plug-in its shelves, and from every place in its names four characters on (fewer at the end).
-- So a text on some shelves is one look-up, also a text of one or two characters, in which pg_trgm finds nothing to look for.
-- The two kinds of words are told apart by their first character.

CREATE FUNCTION search_words(search_text text, scope text, business_type text, has_release boolean, composition text,
                             keepers text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT array_to_tsvector(
        ARRAY(SELECT '@' || shelf FROM shelf_names(scope, business_type, has_release, composition, keepers) AS shelf)
        || ARRAY(SELECT '.' || substr(search_text, place, 4) FROM generate_series(1, length(search_text)) AS place));
END;

CREATE INDEX plugins_search ON plugins USING gin (
    search_words(search_text, scope, business_type, has_release, composition, maintainers || creator_id))
    WITH (gin_pending_list_limit = 512) WHERE deleted_at IS NULL;   -- what is pending is read by every search
ALTER INDEX plugins_search ALTER COLUMN 1 SET STATISTICS 0;         -- nothing is planned by them, and they take seconds

CREATE FUNCTION search_question(wanted text, shelves text[]) RETURNS tsquery
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    WITH words AS (
        SELECT '.' || substr(wanted, least(place, length(wanted) - 3), 4) AS word, '' AS kind
          FROM generate_series(1, length(wanted), 4) AS place WHERE length(wanted) > 3
        UNION ALL
        SELECT '.' || wanted, ':*' WHERE length(wanted) <= 3        -- every word that begins so
        UNION ALL
        SELECT '@' || shelf, '|' FROM unnest(shelves) AS shelf),
    quoted AS (
        SELECT '''' || replace(replace(word, '\', '\\'), '''', '''''') || '''' AS word, kind FROM words)
    SELECT (string_agg(word || kind, ' & ') FILTER (WHERE kind <> '|')
            || ' & (' || string_agg(word, ' | ') FILTER (WHERE kind = '|') || ')')::tsquery
      FROM quoted;
END;

-- At most `most` plug-ins, latest change first. Asked as the owner, because row-level security would have its question asked of
-- every plug-in before the text is looked for; so this function asks that question of the shelves, before it searches.
--
-- The index is quick for a rare text, and slow for one that most plug-ins have; those are found by walking the shelves from the
-- latest change on. How common the text is among the latest of the longest shelf tells how far to walk; the index finds the rest.
CREATE FUNCTION search_plugins(shelves text[], wanted text, most integer)
    RETURNS TABLE (plugin_id text, business_type text, change bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_memoize = off
AS $$
DECLARE
    own text[] := ARRAY(SELECT shelf FROM unnest(shelves) AS shelf
                         WHERE left(shelf, 33) = current_tenant() || '|' OR left(shelf, 2) = '*|');
    text_wanted text := lower(wanted);
    longest text;
    total bigint;
    share float8;
    walked_from bigint := 0;    -- the change from which on every place is looked at
    found integer := 0;
BEGIN
    SELECT (array_agg(shelf ORDER BY places DESC))[1], sum(places) INTO longest, total
      FROM (SELECT t.shelf, sum(t.places) AS places FROM plugin_tally t
             WHERE t.shelf = ANY (own) AND t.level = 3 GROUP BY t.shelf) each_shelf;
    IF total > 200 THEN
        SELECT (count(*) FILTER (WHERE strpos(p.search_text, text_wanted) > 0) + 0.5) / count(*) INTO share
          FROM (SELECT s.change FROM plugin_shelves s WHERE s.shelf = longest ORDER BY s.change DESC LIMIT 100) latest
          JOIN plugins p ON p.change = latest.change;
        -- A plug-in that the index finds costs about as much as two that are walked over.
        walked_from := CASE WHEN least(total, most / share) > 2 * total * share THEN NULL
            ELSE coalesce((SELECT place.newest - 63 FROM seek_place(own, (most / share * 1.2)::bigint) AS place), 0) END;
    END IF;
    IF walked_from IS NOT NULL THEN
        RETURN QUERY
            SELECT p.id::text, p.business_type, s.change
              FROM (SELECT on_shelf.change FROM plugin_shelves on_shelf
                     WHERE on_shelf.shelf = ANY (own) AND on_shelf.change >= walked_from
                     ORDER BY on_shelf.change DESC) s
             CROSS JOIN LATERAL (SELECT * FROM plugins WHERE plugins.change = s.change LIMIT 1) p
             WHERE strpos(p.search_text, text_wanted) > 0
             ORDER BY s.change DESC LIMIT most;
        GET DIAGNOSTICS found = ROW_COUNT;
    END IF;
    IF found < most AND walked_from IS DISTINCT FROM 0 THEN
        RETURN QUERY
            SELECT p.id::text, p.business_type, p.change
              FROM plugins p
             WHERE search_words(p.search_text, p.scope, p.business_type, p.has_release, p.composition,
                                p.maintainers || p.creator_id) @@ search_question(text_wanted, own)
               AND p.deleted_at IS NULL AND strpos(p.search_text, text_wanted) > 0
               AND (walked_from IS NULL OR p.change < walked_from)
             ORDER BY p.change DESC LIMIT most - found;
    END IF;
END
$$;
