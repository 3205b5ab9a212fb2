-- Everything that extensions are found by is a set of places: facets, as before, and now words and orders, too. So a search is the
-- same few ANDs and ORs however common its words are, a total is a count of bits, and a page needs no list of all that was found.
-- The sets are handed out; app/registry/marketplace/places.py reckons with them. 0014 has what stayed: the words of a text, what
-- they may mean, and who enters what.
--
-- (Servers of the release before would miss the functions that are dropped here. There is none: nothing was released yet.)
--
-- A word is six sets, one for each class of field (see terms_of). An order is some sets, too: of a number that each extension has,
-- one set for each bit. From the highest bit on they part what was found into what comes first and what comes later.

DROP FUNCTION list_extensions, pick_extensions, ranked_places, meet_all, meet_one_by_one, named_places;
DROP FUNCTION places_having, bits_having, has_place, as_string, places_in;
DROP FUNCTION enter_marketplace, move_in_facets, facets_of;
DROP TYPE facet_move, facet_entry, term_entry;
DROP TABLE extension_facet_blocks, extension_terms;

CREATE TABLE extension_sets (
    id      bigint      NOT NULL,   -- of a facet: its id times 8; of a word: its id times 8, plus the class
    block   integer     NOT NULL,   -- of 16,384 places
    bits    bit(16384)  NOT NULL,   -- the last bit is the first place
    PRIMARY KEY (id, block)
);
-- A set of few places is compressed to some bytes, and one of many stays in its row as it is.
ALTER TABLE extension_sets ALTER bits SET STORAGE MAIN;
ALTER TABLE extension_sets ENABLE ROW LEVEL SECURITY;

-- A number that was never used before, at each change of the sets: what was read under the number that is seen now is what is there.
CREATE SEQUENCE extension_generations;
CREATE TABLE extension_generation (number bigint NOT NULL);
CREATE UNIQUE INDEX extension_generation_is_one ON extension_generation ((true));
INSERT INTO extension_generation VALUES (nextval('extension_generations'));
GRANT SELECT ON extension_generation TO plugport_app;

TRUNCATE extension_places, extension_facets, extension_words;
ALTER TABLE extension_places
    DROP COLUMN popularity, DROP COLUMN facets, DROP COLUMN words,
    ADD COLUMN sets bigint[] NOT NULL;
DROP INDEX extension_places_by_name, extension_places_by_publisher;
CREATE INDEX extension_places_by_name ON extension_places (scope, name_key);     -- for a name that is known
CREATE UNIQUE INDEX extensions_by_change ON extensions (change);

-- Entering -------------------------------------------------------------------------------------------------------------------

-- The binary digits that are 1 in a number for so many first characters, which grows with them: what comes first has a number that
-- is not larger. Each of the characters that names are of has a code of its own; others share some, and behind such a one nothing
-- counts. Between two names stands chr(1), before all other characters.
CREATE FUNCTION order_digits(key text, characters integer) RETURNS integer[]
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    digits integer[] := '{}';
    code integer;
BEGIN
    key := substring(key FROM '^[-./0-9_`a-z\001]*.?');
    FOR place IN 1 .. least(characters, length(key)) LOOP
        code := ascii(substr(key, place, 1));
        code := CASE WHEN code BETWEEN 95 AND 122 THEN code - 78    -- _ to z
                     WHEN code BETWEEN 45 AND 57 THEN code - 42     -- - to 9
                     WHEN code = 1 THEN 1
                     WHEN code < 45 THEN 2
                     WHEN code < 95 THEN 16
                     ELSE 45 END;
        FOR bit IN 0 .. 5 LOOP
            IF code >> bit & 1 = 1 THEN
                digits := digits || (6 * (characters - place) + bit);
            END IF;
        END LOOP;
    END LOOP;
    RETURN digits;
END
$$;

CREATE FUNCTION facets_of(e extensions, is_accepted boolean, popularity integer) RETURNS TABLE (kind text, value text, label text)
    LANGUAGE sql IMMUTABLE STRICT
BEGIN ATOMIC
    SELECT 'all', '', ''
    UNION ALL
    SELECT 'publisher', (e).publisher_id::text, ''
    UNION ALL
    SELECT 'publisher-name', lower((e).publisher_name), ''
    UNION ALL
    SELECT 'flags', (2 * (e).official::integer + 4 * is_accepted::integer + 8 * (e).is_public::integer
                     + 16 * (e).preview::integer)::text, ''
    UNION ALL
    (SELECT DISTINCT ON (kind, lower(label)) kind, lower(label), label
       FROM (SELECT 'category' AS kind, unnest((e).categories) AS label
             UNION ALL SELECT 'tag', unnest((e).tags)
             UNION ALL SELECT 'target', unnest((e).targets)
             UNION ALL SELECT 'engine', unnest((e).engines)) lists
      ORDER BY kind, lower(label), label)
    UNION ALL
    SELECT 'order-popularity', digit::text, '' FROM generate_series(0, 4) AS digit WHERE popularity >> digit & 1 = 1
    UNION ALL
    SELECT 'order-name', digit::text, '' FROM unnest(order_digits(lower((e).name), 10)) AS digit
    UNION ALL
    SELECT DISTINCT 'fragment', substr(lower((e).display_name), place, 3), ''
      FROM generate_series(1, length((e).display_name)) AS place
    UNION ALL
    SELECT 'order-publisher', digit::text, '' FROM unnest(order_digits(lower((e).publisher_name || chr(1) || (e).name), 20)) AS digit;
END;

CREATE TYPE set_move AS (id bigint, change bigint, delta integer);

-- Sets and clears bits.
CREATE FUNCTION move_in_sets(moves set_move[]) RETURNS void
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
DECLARE
    nothing CONSTANT bit(16384) := 0::bit(16384);
BEGIN
    INSERT INTO extension_sets AS s (id, block, bits)
    SELECT m.id, m.change >> 14, bit_or(set_bit(nothing, 16383 - (m.change & 16383)::integer, 1))
      FROM unnest(moves) m WHERE m.delta > 0 GROUP BY m.id, m.change >> 14
        ON CONFLICT (id, block) DO UPDATE SET bits = s.bits | EXCLUDED.bits;
    UPDATE extension_sets s SET bits = s.bits & ~gone.bits
      FROM (SELECT m.id, m.change >> 14 AS block, bit_or(set_bit(nothing, 16383 - (m.change & 16383)::integer, 1)) AS bits
              FROM unnest(moves) m WHERE m.delta < 0 GROUP BY m.id, m.change >> 14) gone
     WHERE s.id = gone.id AND s.block = gone.block;
    DELETE FROM extension_sets s
     USING (SELECT DISTINCT m.id, m.change >> 14 AS block FROM unnest(moves) m WHERE m.delta < 0) gone
     WHERE s.id = gone.id AND s.block = gone.block AND s.bits = nothing;
    UPDATE extension_facets f SET total = f.total + moved.delta
      FROM (SELECT m.id / 8 AS id, sum(m.delta) AS delta FROM unnest(moves) m
             WHERE m.id % 8 = 0 GROUP BY m.id / 8 HAVING sum(m.delta) <> 0) moved
     WHERE f.id = moved.id;
    UPDATE extension_words w SET uses = w.uses + moved.delta
      FROM (SELECT m.id / 8 AS id, sum(m.delta) AS delta FROM unnest(moves) m
             WHERE m.id % 8 <> 0 GROUP BY m.id / 8 HAVING sum(m.delta) <> 0) moved
     WHERE w.id = moved.id;
END
$$;
REVOKE EXECUTE ON FUNCTION move_in_sets FROM PUBLIC;

-- Makes these extensions be found as they are now. Sets are shared by all tenants, so whoever changes them goes alone until the
-- end of the transaction; nobody who only looks waits.
CREATE TYPE facet_entry AS (extension_id text, scope text, kind text, value text, label text);
CREATE TYPE word_entry AS (extension_id text, scope text, word text, class integer);

CREATE FUNCTION enter_marketplace(ids text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    moves set_move[];
    found_by facet_entry[];
    said word_entry[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace', 0));
    UPDATE extension_generation SET number = nextval('extension_generations');

    -- What they were found by until now.
    WITH gone AS (DELETE FROM extension_places p WHERE p.extension_id = ANY (ids) RETURNING p.change, p.sets)
    SELECT array_agg(ROW(set_id, gone.change, -1)::set_move) INTO moves FROM gone, unnest(gone.sets) AS set_id;

    -- What they are found by from now on.
    SELECT array_agg(ROW(e.id, CASE WHEN e.is_public THEN '*' ELSE e.tenant_id END, f.kind, f.value, f.label)::facet_entry
                     ORDER BY e.change)
      INTO found_by
      FROM extensions e JOIN publishers p ON p.id = e.publisher_id JOIN extension_stats s ON s.extension_id = e.id
     CROSS JOIN LATERAL facets_of(e, p.status = 'accept', popularity_of(s.installs, s.stars)) f
     WHERE e.id = ANY (ids);
    SELECT array_agg(ROW(e.id, CASE WHEN e.is_public THEN '*' ELSE e.tenant_id END, t.word, t.class)::word_entry)
      INTO said
      FROM extensions e JOIN publishers p ON p.id = e.publisher_id
      LEFT JOIN extension_versions v ON v.id = e.latest_version_id
     CROSS JOIN LATERAL terms_of(e, p.name, coalesce(v.facts -> 'localised', '{}')) t
     WHERE e.id = ANY (ids);

    INSERT INTO extension_facets (scope, kind, value, label, total)
    SELECT scope, kind, value, label, 0
      FROM (SELECT DISTINCT scope, kind, value, label FROM unnest(found_by) WHERE label = ''
            UNION ALL
            (SELECT DISTINCT ON (scope, kind, value) scope, kind, value, label
               FROM unnest(found_by) WITH ORDINALITY AS n (extension_id, scope, kind, value, label, place)
              WHERE label <> '' ORDER BY scope, kind, value, place)) facet
        ON CONFLICT (scope, kind, value) DO NOTHING;
    INSERT INTO extension_words (scope, word, uses) SELECT DISTINCT scope, word, 0 FROM unnest(said)
        ON CONFLICT (scope, word) DO NOTHING;
    INSERT INTO extension_places (extension_id, scope, change, name_key, publisher_key, display_key, sets)
    SELECT e.id, CASE WHEN e.is_public THEN '*' ELSE e.tenant_id END, e.change,
           lower(e.name), lower(e.publisher_name), lower(e.display_name), found.sets
      FROM (SELECT extension_id, array_agg(set_id) AS sets
              FROM (SELECT n.extension_id, f.id::bigint * 8 AS set_id
                      FROM unnest(found_by) n JOIN extension_facets f USING (scope, kind, value)
                    UNION ALL
                    SELECT n.extension_id, w.id::bigint * 8 + n.class
                      FROM unnest(said) n JOIN extension_words w USING (scope, word)) both_kinds
             GROUP BY extension_id) found
      JOIN extensions e ON e.id = found.extension_id;

    PERFORM move_in_sets(array_agg(ROW(move.id, move.change, move.delta)::set_move))
       FROM (SELECT id, change, sum(delta)::integer AS delta
               FROM (SELECT * FROM unnest(moves)
                     UNION ALL
                     SELECT set_id, p.change, 1
                       FROM extension_places p, unnest(p.sets) AS set_id WHERE p.extension_id = ANY (ids)) both_sides
              GROUP BY id, change HAVING sum(delta) <> 0) move
     HAVING count(*) > 0;
END
$$;

CREATE OR REPLACE FUNCTION rank_anew() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    PERFORM enter_marketplace(ARRAY[NEW.extension_id::text]);     -- which writes only the sets that are other ones now
    RETURN NULL;
END
$$;

-- Finding. Asked as the owner; each function asks first which of the wanted scopes are the caller's --------------------------

-- Blocks of the sets that are asked for. Facets (by kind and value) and words (by id) that have the same number are alternatives,
-- and so are those of all scopes. The level is 0 for facets; of a word it is the class, less what the word lacks.
-- A publisher may be wanted by a part of its display name, as the kind publisher-display-name; a display name by what a fragment
-- of it begins with, as the kind fragment.
CREATE FUNCTION list_sets(scopes text[], numbers integer[], kinds text[], facet_values text[],
                          word_numbers integer[], word_ids integer[], lacks integer[])
    RETURNS TABLE (number integer, level integer, block integer, bits bit(16384))
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
BEGIN
    IF cardinality(numbers) > 0 THEN
        RETURN QUERY
            SELECT w.number, 0, s.block, bit_or(s.bits)
              FROM unnest(numbers, kinds, facet_values) AS w (number, kind, value)
              JOIN extension_facets f ON f.scope = ANY (own) AND f.kind = w.kind AND f.value = lower(w.value)
              JOIN extension_sets s ON s.id = f.id::bigint * 8
             WHERE w.kind <> 'fragment'
             GROUP BY w.number, s.block;
    END IF;
    IF 'fragment' = ANY (kinds) THEN
        RETURN QUERY
            SELECT w.number, 0, s.block, bit_or(s.bits)
              FROM unnest(numbers, kinds, facet_values) AS w (number, kind, value)
              JOIN extension_facets f ON f.scope = ANY (own) AND f.kind = 'fragment'
                                     AND f.value >= lower(w.value) AND f.value < lower(w.value) || U&'\+10FFFF'
              JOIN extension_sets s ON s.id = f.id::bigint * 8
             WHERE w.kind = 'fragment'
             GROUP BY w.number, s.block;
    END IF;
    IF 'publisher-display-name' = ANY (kinds) THEN
        RETURN QUERY
            SELECT w.number, 0, s.block, bit_or(s.bits)
              FROM unnest(numbers, kinds, facet_values) AS w (number, kind, value)
              JOIN extension_facets f ON f.scope = ANY (own) AND f.kind = 'publisher' AND f.total > 0
              JOIN publishers p ON p.id = f.value AND strpos(lower(p.name), lower(w.value)) > 0
              JOIN extension_sets s ON s.id = f.id::bigint * 8
             WHERE w.kind = 'publisher-display-name'
             GROUP BY w.number, s.block;
    END IF;
    IF cardinality(word_numbers) > 0 THEN
        RETURN QUERY
            SELECT a.number, (s.id % 8)::integer - a.lack, s.block, bit_or(s.bits)
              FROM unnest(word_numbers, word_ids, lacks) AS a (number, word, lack)
              JOIN extension_words w ON w.id = a.word AND w.scope = ANY (own)
              JOIN extension_sets s ON s.id > w.id::bigint * 8 AND s.id < w.id::bigint * 8 + 8
             GROUP BY 1, 2, 3;
    END IF;
END
$$;

-- The places of the extensions of these ids, of these identifiers, and with one of these parts in the display name; of a part, at
-- most so many.
CREATE FUNCTION named_places(scopes text[], ids text[], identifiers text[], parts text[], most integer,
                             OUT by_id bigint[], OUT by_identifier bigint[], OUT by_part bigint[], OUT is_capped boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
    part text;
    found bigint[];
BEGIN
    is_capped := false;
    by_id := ARRAY(SELECT p.change FROM extension_places p WHERE p.extension_id = ANY (ids) AND p.scope = ANY (own));
    by_identifier := ARRAY(SELECT p.change FROM unnest(identifiers) AS wanted
                             JOIN extensions e ON e.identifier = lower(wanted)
                             JOIN extension_places p ON p.extension_id = e.id WHERE p.scope = ANY (own));
    by_part := '{}';
    FOREACH part IN ARRAY parts LOOP
        part := lower(part);
        found := ARRAY(
            SELECT p.change FROM extension_places p
             WHERE fragments_of(p.display_key) @@ fragments_question(part) AND strpos(p.display_key, part) > 0
               AND p.scope = ANY (own) LIMIT most + 1);
        is_capped := is_capped OR cardinality(found) > most;
        by_part := by_part || found;
    END LOOP;
END
$$;

-- What is called exactly like one of the texts: by its identifier, or by its name or display name.
CREATE FUNCTION called_places(scopes text[], texts text[]) RETURNS TABLE (change bigint, by_identifier boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
BEGIN
    RETURN QUERY
        WITH asked AS (SELECT lower(btrim(said)) AS phrase FROM unnest(texts) AS said)
        SELECT p.change, false FROM asked JOIN extension_places p ON p.scope = ANY (own) AND p.name_key = phrase
        UNION ALL
        SELECT p.change, false FROM asked
          JOIN extension_places p ON p.scope = ANY (own) AND left(p.display_key, 200) = left(phrase, 200) AND p.display_key = phrase
        UNION ALL
        SELECT p.change, true FROM asked
          JOIN extensions e ON e.identifier = phrase JOIN extension_places p ON p.extension_id = e.id AND p.scope = ANY (own);
END
$$;

-- A part of these places in the order of their names, or of their publishers and then names.
CREATE FUNCTION sort_places(scopes text[], places bigint[], by_publisher boolean, skip bigint, take bigint)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
BEGIN
    RETURN QUERY
        SELECT p.change
          FROM unnest(places) AS place JOIN extension_places p ON p.change = place AND p.scope = ANY (own)
         ORDER BY CASE WHEN by_publisher THEN p.publisher_key END, p.name_key, p.change
        OFFSET skip LIMIT take;
END
$$;

CREATE OR REPLACE FUNCTION count_facets(wanted_kind text, within text, skip bigint, take bigint)
    RETURNS TABLE (label text, count bigint, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp SET jit = off
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    IF within IS NULL THEN
        RETURN QUERY
            SELECT f.label, f.total::bigint, NULL::bigint FROM extension_facets f
             WHERE f.scope = '*' AND f.kind = wanted_kind AND f.total > 0
             ORDER BY f.total DESC, f.value OFFSET skip LIMIT take;
    ELSE
        RETURN QUERY
            SELECT f.label, sum(bit_count(s.bits & e.bits))::bigint, count(*) OVER ()
              FROM extension_facets f
              JOIN extension_sets s ON s.id = f.id::bigint * 8
              JOIN extension_sets e ON e.block = s.block
               AND e.id = 8 * (SELECT x.id::bigint FROM extension_facets x
                                WHERE x.scope = '*' AND x.kind = 'engine' AND x.value = lower(within))
             WHERE f.scope = '*' AND f.kind = wanted_kind AND f.total > 0
             GROUP BY f.id HAVING sum(bit_count(s.bits & e.bits)) > 0
             ORDER BY 2 DESC, f.value OFFSET skip LIMIT take;
    END IF;
END
$$;

-- Extensions that were there before, some at a time.
SELECT enter_marketplace(batch.ids)
  FROM (SELECT array_agg(id::text) AS ids
          FROM (SELECT id, row_number() OVER (ORDER BY change) / 1000 AS number FROM extensions) numbered
         GROUP BY number ORDER BY number) batch;
