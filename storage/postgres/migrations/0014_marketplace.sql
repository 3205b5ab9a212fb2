-- Finding extensions: by what they are, by the words of a user, in any order, without counting, sorting or skipping the catalogue.
--
-- Each extension has a place: its number in the order of changes (extensions.change). Everything below is kept in terms of it.
-- What an extension can be filtered by is a facet, and a facet is a set of places, kept as bits in blocks of 1,024 places. So
-- any filter is a handful of blocks ANDed and ORed: its total is a count of bits, exact, and any page of it a look at one block.
--
-- A scope is who sees it: '*' for published extensions, else the tenant whose unpublished one it is.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- How often an extension was installed and rated --------------------------------------------------------------------------

CREATE TABLE extension_stats (
    extension_id    hex32       PRIMARY KEY REFERENCES extensions (id) ON DELETE CASCADE,
    tenant_id       hex32       NOT NULL REFERENCES tenants (id),
    installs        bigint      NOT NULL DEFAULT 0 CHECK (installs >= 0),
    stars           integer[]   NOT NULL DEFAULT '{0,0,0,0,0}' CHECK (array_length(stars, 1) = 5 AND 0 <= ALL (stars))
);
ALTER TABLE extension_stats ENABLE ROW LEVEL SECURITY;
-- Whoever sees the extension. A value is asked for and not whether one EXISTS: that might be answered by reading all extensions.
CREATE POLICY visible ON extension_stats FOR SELECT USING ((SELECT true FROM extensions e WHERE e.id = extension_id));
GRANT SELECT ON extension_stats TO plugport_app;    -- written by functions and triggers of the owner only

-- From 0 to 31: doublings of installs, and what the stars say. So few steps that counting seldom changes the order of results.
-- The mean of the stars is Bayesian: ten ratings of 3.5 are thought to be there already, so that one user alone moves little.
CREATE FUNCTION popularity_of(installs bigint, stars integer[]) RETURNS smallint
    LANGUAGE sql IMMUTABLE
    RETURN greatest(0, least(31, floor(ln((installs + 1)::float8) / ln(2::float8)) + round(2 * (
        (35::float8 + stars[1] + 2 * stars[2] + 3 * stars[3] + 4 * stars[4] + 5 * stars[5])
        / (10 + stars[1] + stars[2] + stars[3] + stars[4] + stars[5]) - 3.5))));

-- Places, facets and words ----------------------------------------------------------------------------------------------------

CREATE TABLE extension_places (
    extension_id    hex32       PRIMARY KEY,
    scope           text        COLLATE "C" NOT NULL,
    change          bigint      NOT NULL,
    name_key        text        COLLATE "C" NOT NULL,   -- lower case, as the two below
    publisher_key   text        COLLATE "C" NOT NULL,
    display_key     text        COLLATE "C" NOT NULL,
    popularity      smallint    NOT NULL,
    facets          integer[]   NOT NULL,               -- ids of extension_facets
    words           integer[]   NOT NULL                -- ids of extension_words
);
CREATE UNIQUE INDEX extension_places_by_change ON extension_places (change);
CREATE INDEX extension_places_latest ON extension_places (scope, change DESC);
CREATE INDEX extension_places_by_name ON extension_places (scope, name_key, change);
CREATE INDEX extension_places_by_publisher ON extension_places (scope, publisher_key, name_key, change);
CREATE INDEX extension_places_by_display_name ON extension_places (scope, left(display_key, 200));

CREATE TABLE extension_facets (
    id      integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope   text        COLLATE "C" NOT NULL,
    kind    text        COLLATE "C" NOT NULL,   -- all, category, tag, publisher, publisher-name, target, engine, flags
    value   text        COLLATE "C" NOT NULL,   -- lower case
    label   text        NOT NULL,               -- as the first one spelled it
    total   integer     NOT NULL,               -- how many extensions have it
    UNIQUE (scope, kind, value)
);
CREATE INDEX extension_facets_most ON extension_facets (scope, kind, total DESC, value);

CREATE TABLE extension_facet_blocks (
    facet   integer     NOT NULL,
    block   bigint      NOT NULL,
    bits    bit(1024)   NOT NULL,
    PRIMARY KEY (facet, block)
);

-- The vocabulary of each scope, so that nobody is offered a word which only somebody else's unpublished extension has.
CREATE FUNCTION stem_of(word text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    RETURN coalesce((ts_lexize('pg_catalog.english_stem', word))[1], word);

CREATE TABLE extension_words (
    id      integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope   text        COLLATE "C" NOT NULL,
    word    text        COLLATE "C" NOT NULL,
    stem    text        COLLATE "C" GENERATED ALWAYS AS (stem_of(word)) STORED,
    uses    integer     NOT NULL,
    UNIQUE (scope, word)
);
CREATE INDEX extension_words_by_stem ON extension_words (scope, stem);
CREATE INDEX extension_words_alike ON extension_words USING gin (word gin_trgm_ops);

-- Which extension has which word. The rank is 32 for each step of the best field that has it, and the popularity on top: so
-- popularity decides between equals, and never lifts a description over a name. The planner needs no statistics of these.
CREATE TABLE extension_terms (
    word    integer     NOT NULL,
    rank    smallint    NOT NULL,
    change  bigint      NOT NULL,
    PRIMARY KEY (word, change) INCLUDE (rank)
);
CREATE INDEX extension_terms_best ON extension_terms (word, rank DESC, change DESC);

-- None of these is for the application's eyes: the functions below ask for the caller's scopes.
ALTER TABLE extension_places ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_facets ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_facet_blocks ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_words ENABLE ROW LEVEL SECURITY;
ALTER TABLE extension_terms ENABLE ROW LEVEL SECURITY;

-- A part of a display name, of any length: from every place in it, four characters on (see plugins_search).
CREATE FUNCTION fragments_of(display_key text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE
    RETURN array_to_tsvector(ARRAY(SELECT DISTINCT substr(display_key, place, 4)
                                     FROM generate_series(1, length(display_key)) AS place));

CREATE FUNCTION fragments_question(wanted text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT string_agg('''' || replace(replace(piece, '\', '\\'), '''', '''''') || ''''
                      || CASE WHEN length(piece) < 4 THEN ':*' ELSE '' END, ' & ')::tsquery
      FROM (SELECT substr(wanted, greatest(1, least(place, length(wanted) - 3)), 4) AS piece
              FROM generate_series(1, length(wanted), 4) AS place) pieces;
END;

CREATE INDEX extension_places_fragments ON extension_places USING gin (fragments_of(display_key))
    WITH (gin_pending_list_limit = 512);
ALTER INDEX extension_places_fragments ALTER COLUMN 1 SET STATISTICS 0;

-- The words of a text, in order, each once: runs of letters and digits, with '+' and '#' behind them (c++, c#). Writing without
-- spaces has no words; there each two neighbours are one, and each character: `every` one of them, as texts are kept, or (in a
-- question) only where it stands alone.
CREATE FUNCTION words_of(said text, every boolean DEFAULT true) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE      -- and not SQL, whose functions are planned anew by each statement before PostgreSQL 18
AS $$
DECLARE
    words text[] := ARRAY(SELECT left(run[1], 64)
                            FROM regexp_matches(said, '[0-9A-Za-z\u00aa-\u1fff\u2c00-\u2dff\ua000-\uabff]+[+#]*', 'g') AS run);
BEGIN
    IF said ~ '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]' THEN
        words := words || ARRAY(
            SELECT substr(run[1], start, width)
              FROM regexp_matches(said, '[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+', 'g') AS run,
                   generate_series(1, least(length(run[1]), 200)) AS start,
                   generate_series(CASE WHEN every THEN 1 ELSE least(2, length(run[1])) END, 2) AS width
             WHERE start + width <= length(run[1]) + 1);
    END IF;
    RETURN ARRAY(SELECT lower(word) FROM unnest(words) WITH ORDINALITY AS one (word, place)
                  GROUP BY lower(word) ORDER BY min(place));
END
$$;

-- The parts of words that are joined: GitLens -> Git Lens, HTMLPreview -> HTML Preview.
CREATE FUNCTION apart(said text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN regexp_replace(regexp_replace(said, '([a-z0-9])([A-Z])', '\1 \2', 'g'), '([A-Z]+)([A-Z][a-z])', '\1 \2', 'g');

-- What others ask of extensions, too ------------------------------------------------------------------------------------------

-- Whether everybody sees an extension of the publisher: asked for each row of publishers, so it must not look for one.
CREATE FUNCTION has_public_extension(publisher text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    RETURN EXISTS (SELECT FROM extension_facets f
                    WHERE f.scope = '*' AND f.kind = 'publisher' AND f.value = publisher AND f.total > 0);
DROP POLICY visible ON publishers;
CREATE POLICY visible ON publishers FOR SELECT USING (
    tenant_id = current_tenant() OR is_platform() OR has_public_extension(id)
    OR (SELECT true FROM plugins p WHERE p.publisher_id = publishers.id AND p.shared LIMIT 1));

-- The kinds of files that a package has, for whoever sees a version of it.
CREATE FUNCTION asset_kinds(tenant text, package text) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    RETURN ARRAY(SELECT a.kind FROM extension_assets a WHERE a.tenant_id = tenant AND a.package_sha256 = package ORDER BY a.kind);

-- How an extension is found: entering it, and leaving the place it had before ---------------------------------------------

-- (Strict, because PostgreSQL 18 fails to plan a whole row as an argument of a function that it inlines.)
CREATE FUNCTION facets_of(e extensions, is_accepted boolean) RETURNS TABLE (kind text, value text, label text)
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
      ORDER BY kind, lower(label), label);
END;

-- The words of an extension, each with the class of the best field that has it: 6 the name itself, 5 a part of it, 4 the
-- display name, 3 a tag or category, 2 the publisher, 1 the description. The halves of a joined word count one class less.
CREATE FUNCTION terms_of(e extensions, publisher text, localised jsonb) RETURNS TABLE (word text, class integer)
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    names text;
    descriptions text;
    name_words text[] := words_of(e.name);
BEGIN
    SELECT string_agg(said.value ->> 'display_name', ' '), string_agg(said.value ->> 'description', ' ')
      INTO names, descriptions FROM jsonb_each(localised) AS said;
    RETURN QUERY
        SELECT each_word.word, max(each_word.class)
          FROM (SELECT unnest(name_words) AS word, CASE cardinality(name_words) WHEN 1 THEN 6 ELSE 5 END AS class
                UNION ALL SELECT unnest(words_of(concat_ws(' ', apart(e.name), e.display_name, names))), 4
                UNION ALL SELECT unnest(words_of(concat_ws(' ', apart(e.display_name), array_to_string(e.tags || e.categories, ' ')))), 3
                UNION ALL SELECT unnest(words_of(e.publisher_name || ' ' || publisher)), 2
                UNION ALL SELECT unnest((words_of(left(e.description, 2000)))[1:80]), 1
                UNION ALL SELECT unnest((words_of(left(descriptions, 8000)))[1:160]), 1) each_word
         WHERE each_word.class > 3 OR ts_lexize('pg_catalog.english_stem', each_word.word) <> '{}'   -- "the" says nothing
         GROUP BY each_word.word;
END
$$;

CREATE TYPE facet_move AS (facet integer, change bigint, delta integer);

-- Sets and clears bits.
CREATE FUNCTION move_in_facets(moves facet_move[]) RETURNS void
    LANGUAGE plpgsql SET search_path = plugport, pg_temp
AS $$
BEGIN
    INSERT INTO extension_facet_blocks AS b (facet, block, bits)
    SELECT m.facet, m.change >> 10, bit_or(set_bit(0::bit(1024), (m.change & 1023)::integer, 1))
      FROM unnest(moves) m WHERE m.delta > 0 GROUP BY m.facet, m.change >> 10
        ON CONFLICT (facet, block) DO UPDATE SET bits = b.bits | EXCLUDED.bits;
    UPDATE extension_facet_blocks b SET bits = b.bits & ~gone.bits
      FROM (SELECT m.facet, m.change >> 10 AS block, bit_or(set_bit(0::bit(1024), (m.change & 1023)::integer, 1)) AS bits
              FROM unnest(moves) m WHERE m.delta < 0 GROUP BY m.facet, m.change >> 10) gone
     WHERE b.facet = gone.facet AND b.block = gone.block;
    DELETE FROM extension_facet_blocks b
     USING (SELECT DISTINCT m.facet, m.change >> 10 AS block FROM unnest(moves) m WHERE m.delta < 0) gone
     WHERE b.facet = gone.facet AND b.block = gone.block AND b.bits = 0::bit(1024);
    UPDATE extension_facets f SET total = f.total + moved.delta
      FROM (SELECT m.facet, sum(m.delta) AS delta FROM unnest(moves) m GROUP BY m.facet HAVING sum(m.delta) <> 0) moved
     WHERE f.id = moved.facet;
END
$$;
REVOKE EXECUTE ON FUNCTION move_in_facets FROM PUBLIC;

-- Makes these extensions be found as they are now. Blocks and words are shared by all tenants, so whoever changes them goes
-- alone until the end of the transaction; nobody who only looks waits.
CREATE TYPE facet_entry AS (extension_id text, change bigint, scope text, kind text, value text, label text);
CREATE TYPE term_entry AS (extension_id text, change bigint, scope text, word text, rank integer);

CREATE FUNCTION enter_marketplace(ids text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    moves facet_move[];
    found_by facet_entry[];
    said term_entry[];
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace', 0));

    -- What they were found by until now.
    moves := (SELECT array_agg(ROW(facet, p.change, -1)::facet_move)
                FROM extension_places p, unnest(p.facets) AS facet WHERE p.extension_id = ANY (ids));
    DELETE FROM extension_terms t USING extension_places p, unnest(p.words) AS gone
     WHERE p.extension_id = ANY (ids) AND t.word = gone AND t.change = p.change;
    UPDATE extension_words w SET uses = w.uses - gone.uses
      FROM (SELECT word, count(*) AS uses FROM extension_places p, unnest(p.words) AS word
             WHERE p.extension_id = ANY (ids) GROUP BY word) gone
     WHERE w.id = gone.word;
    DELETE FROM extension_places WHERE extension_id = ANY (ids);

    -- What they are found by from now on.
    SELECT array_agg(ROW(e.id, e.change, CASE WHEN e.is_public THEN '*' ELSE e.tenant_id END, f.kind, f.value, f.label)::facet_entry)
      INTO found_by
      FROM extensions e JOIN publishers p ON p.id = e.publisher_id
     CROSS JOIN LATERAL facets_of(e, p.status = 'accept') f
     WHERE e.id = ANY (ids);
    SELECT array_agg(ROW(e.id, e.change, CASE WHEN e.is_public THEN '*' ELSE e.tenant_id END, t.word,
                         t.class * 32 + s.popularity)::term_entry)
      INTO said
      FROM extensions e JOIN publishers p ON p.id = e.publisher_id
     CROSS JOIN LATERAL (SELECT popularity_of(x.installs, x.stars) AS popularity
                           FROM extension_stats x WHERE x.extension_id = e.id OFFSET 0) s   -- once for each extension
      LEFT JOIN extension_versions v ON v.id = e.latest_version_id
     CROSS JOIN LATERAL terms_of(e, p.name, coalesce(v.facts -> 'localised', '{}')) t
     WHERE e.id = ANY (ids);

    INSERT INTO extension_facets (scope, kind, value, label, total)
    SELECT DISTINCT ON (scope, kind, value) scope, kind, value, label, 0 FROM unnest(found_by) ORDER BY scope, kind, value, change
        ON CONFLICT (scope, kind, value) DO NOTHING;
    PERFORM move_in_facets(array_agg(ROW(move.facet, move.change, move.delta)::facet_move))
       FROM (SELECT facet, change, sum(delta)::integer AS delta
               FROM (SELECT * FROM unnest(moves)
                     UNION ALL
                     SELECT f.id, n.change, 1
                       FROM unnest(found_by) n JOIN extension_facets f USING (scope, kind, value)) both_sides
              GROUP BY facet, change HAVING sum(delta) <> 0) move
     HAVING count(*) > 0;

    INSERT INTO extension_words AS w (scope, word, uses)
    SELECT scope, word, count(*) FROM unnest(said) GROUP BY scope, word
        ON CONFLICT (scope, word) DO UPDATE SET uses = w.uses + EXCLUDED.uses;
    INSERT INTO extension_terms (word, rank, change)
    SELECT w.id, n.rank, n.change FROM unnest(said) n JOIN extension_words w USING (scope, word)
     ORDER BY w.id, n.rank DESC;    -- many at once go into the index in its order

    INSERT INTO extension_places (extension_id, scope, change, name_key, publisher_key, display_key, popularity, facets, words)
    SELECT e.id, CASE WHEN e.is_public THEN '*' ELSE e.tenant_id END, e.change,
           lower(e.name), lower(e.publisher_name), lower(e.display_name), popularity_of(s.installs, s.stars),
           found.facets, coalesce(found.words, '{}')
      FROM (SELECT extension_id, array_agg(facet) FILTER (WHERE facet IS NOT NULL) AS facets,
                   array_agg(word) FILTER (WHERE word IS NOT NULL) AS words
              FROM (SELECT n.extension_id, f.id AS facet, NULL::integer AS word
                      FROM unnest(found_by) n JOIN extension_facets f USING (scope, kind, value)
                    UNION ALL
                    SELECT n.extension_id, NULL, w.id
                      FROM unnest(said) n JOIN extension_words w USING (scope, word)) both_kinds
             GROUP BY extension_id) found
      JOIN extensions e ON e.id = found.extension_id JOIN extension_stats s ON s.extension_id = e.id;
END
$$;

-- Whoever loads many extensions with their stats sets plugport.loading, and enters them afterwards.
CREATE FUNCTION enter_new_extensions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF current_setting('plugport.loading', true) = 'on' THEN
        RETURN NULL;
    END IF;
    INSERT INTO extension_stats (extension_id, tenant_id) SELECT id, tenant_id FROM new_extensions;
    PERFORM enter_marketplace(array_agg(id::text)) FROM new_extensions HAVING count(*) > 0;
    RETURN NULL;
END
$$;
CREATE FUNCTION enter_changed_extensions() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    IF current_setting('plugport.loading', true) = 'on' THEN
        RETURN NULL;
    END IF;
    PERFORM enter_marketplace(array_agg(n.id::text))
       FROM new_extensions n JOIN old_extensions o ON o.id = n.id
      WHERE to_jsonb(n) - 'updated_at' <> to_jsonb(o) - 'updated_at'
     HAVING count(*) > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER enter_new AFTER INSERT ON extensions
    REFERENCING NEW TABLE AS new_extensions FOR EACH STATEMENT EXECUTE FUNCTION enter_new_extensions();
CREATE TRIGGER enter_changed AFTER UPDATE ON extensions
    REFERENCING OLD TABLE AS old_extensions NEW TABLE AS new_extensions
    FOR EACH STATEMENT EXECUTE FUNCTION enter_changed_extensions();

-- A publisher that is accepted later, or called otherwise.
CREATE FUNCTION enter_extensions_of_publisher() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
BEGIN
    PERFORM enter_marketplace(array_agg(id::text)) FROM extensions WHERE publisher_id = NEW.id HAVING count(*) > 0;
    RETURN NULL;
END
$$;
CREATE TRIGGER enter_extensions AFTER UPDATE ON publishers FOR EACH ROW
    WHEN (OLD.status = 'accept' IS DISTINCT FROM (NEW.status = 'accept') OR OLD.name <> NEW.name)
    EXECUTE FUNCTION enter_extensions_of_publisher();

CREATE FUNCTION rank_anew() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plugport, pg_temp
AS $$
DECLARE
    place extension_places;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('marketplace', 0));
    UPDATE extension_places SET popularity = popularity_of(NEW.installs, NEW.stars)
     WHERE extension_id = NEW.extension_id RETURNING * INTO place;
    UPDATE extension_terms SET rank = (rank & ~31) + place.popularity WHERE word = ANY (place.words) AND change = place.change;
    RETURN NULL;
END
$$;
CREATE TRIGGER rank_anew AFTER UPDATE ON extension_stats FOR EACH ROW
    WHEN (popularity_of(OLD.installs, OLD.stars) <> popularity_of(NEW.installs, NEW.stars))
    EXECUTE FUNCTION rank_anew();

-- Finding. Asked as the owner; each function asks first which of the wanted scopes are the caller's --------------------------

CREATE FUNCTION own_scopes(scopes text[]) RETURNS text[]
    LANGUAGE sql STABLE
    RETURN ARRAY(SELECT scope FROM unnest(scopes) AS scope WHERE scope = '*' OR scope = current_tenant());

-- The places that have a facet of each group, as bits. A group's facets are alternatives. A publisher may be wanted by a part of
-- its display name, as the kind publisher-display-name.
CREATE FUNCTION places_having(own text[], groups integer[], kinds text[], facet_values text[])
    RETURNS TABLE (block bigint, bits bit(1024))
    LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN QUERY
    WITH wanted AS (
             SELECT DISTINCT w.number, f.id
               FROM unnest(groups, kinds, facet_values) AS w (number, kind, value)
               JOIN extension_facets f ON f.scope = ANY (own) AND f.kind = w.kind AND f.value = lower(w.value)
             UNION
             SELECT w.number, f.id
               FROM unnest(groups, kinds, facet_values) AS w (number, kind, value)
               JOIN extension_facets f ON f.scope = ANY (own) AND f.kind = 'publisher' AND f.total > 0
               JOIN publishers p ON p.id = f.value AND strpos(lower(p.name), lower(w.value)) > 0
              WHERE w.kind = 'publisher-display-name'),
         one_each AS (
             SELECT w.number, b.block, bit_or(b.bits) AS bits
               FROM wanted w JOIN extension_facet_blocks b ON b.facet = w.id
              GROUP BY w.number, b.block)
    SELECT o.block, bit_and(o.bits) FROM one_each o
     GROUP BY o.block
    HAVING count(*) = (SELECT count(DISTINCT number) FROM unnest(groups) AS number) AND bit_count(bit_and(o.bits)) > 0;
END
$$;

-- The places whose bits are set in a block: looked for one by one where they are few.
CREATE FUNCTION places_in(block bigint, bits bit(1024)) RETURNS SETOF bigint
    LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    at integer;
BEGIN
    IF bit_count(bits) > 64 THEN
        RETURN QUERY SELECT block * 1024 + place FROM generate_series(0, 1023) AS place WHERE get_bit(bits, place) = 1;
        RETURN;
    END IF;
    at := position(B'1' IN bits);
    WHILE at > 0 LOOP
        RETURN NEXT block * 1024 + at - 1;
        bits := set_bit(bits, at - 1, 0);
        at := position(B'1' IN bits);
    END LOOP;
END
$$;

-- Blocks as one string of bits, the first of which is the place `base`.
CREATE FUNCTION as_string(blocks bigint[], hits bit(1024)[], OUT base bigint, OUT bits varbit)
    LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    SELECT min(every.block) * 1024, string_agg(coalesce(h.bits, 0::bit(1024))::text, '' ORDER BY every.block)::varbit INTO base, bits
      FROM (SELECT generate_series((SELECT min(b) FROM unnest(blocks) AS b), (SELECT max(b) FROM unnest(blocks) AS b)) AS block) every
      LEFT JOIN unnest(blocks, hits) AS h (block, bits) ON h.block = every.block;
END
$$;

CREATE FUNCTION bits_having(own text[], groups integer[], kinds text[], facet_values text[], OUT base bigint, OUT bits varbit)
    LANGUAGE plpgsql STABLE
AS $$
BEGIN
    SELECT joined.base, joined.bits INTO base, bits
      FROM (SELECT array_agg(h.block) AS blocks, array_agg(h.bits) AS hits
              FROM places_having(own, groups, kinds, facet_values) h) found,
           as_string(found.blocks, found.hits) joined;
END
$$;

CREATE FUNCTION has_place(base bigint, bits varbit, change bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN change >= base AND change < base + length(bits) THEN get_bit(bits, (change - base)::integer) = 1
                ELSE false END;

-- A page of what has a facet of each group, by latest change, name or publisher; and how many there are. One row without an
-- extension where the page is empty.
--
-- By change, the counts of the blocks say where the page is. By name, few places are sorted, and many are come across in walking
-- from A on. A page of the second half is found from the other end.
CREATE FUNCTION list_extensions(scopes text[], groups integer[], kinds text[], facet_values text[],
                                ordering text, descending boolean, skip bigint, take bigint)
    RETURNS TABLE (extension_id text, total bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0 SET jit = off
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
    blocks bigint[];
    hits bit(1024)[];
    counted bigint;
    flipped boolean;
    keys text;
    everything bigint;
    base bigint;
    whole varbit;
    page bigint[];
BEGIN
    SELECT array_agg(h.block ORDER BY h.block DESC), array_agg(h.bits ORDER BY h.block DESC), sum(bit_count(h.bits))
      INTO blocks, hits, counted
      FROM places_having(own, groups, kinds, facet_values) h;
    IF counted IS NULL OR skip >= counted THEN
        RETURN QUERY SELECT NULL::text, coalesce(counted, 0);
        RETURN;
    END IF;
    take := least(take, counted - skip);
    flipped := CASE ordering WHEN 'change' THEN NOT descending ELSE skip * 2 > counted END;
    IF flipped THEN
        skip := counted - skip - take;
    END IF;
    IF ordering = 'change' THEN
        page := ARRAY(
            WITH each_block AS (
                     SELECT h.block, h.bits, bit_count(h.bits) AS places,
                            sum(bit_count(h.bits)) OVER (ORDER BY h.block DESC) - bit_count(h.bits) AS before
                       FROM unnest(blocks, hits) AS h (block, bits)),
                 looked_at AS (
                     SELECT * FROM each_block WHERE before < skip + take AND before + places > skip)
            SELECT change FROM looked_at, places_in(looked_at.block, looked_at.bits) AS change
             ORDER BY change DESC OFFSET skip - (SELECT min(before) FROM looked_at) LIMIT take);
    ELSE
        keys := format(CASE ordering WHEN 'name' THEN 'name_key %1$s, change %1$s'
                                     ELSE 'publisher_key %1$s, name_key %1$s, change %1$s' END,
                       CASE WHEN descending <> flipped THEN 'DESC' ELSE 'ASC' END);
        everything := (SELECT sum(f.total) FROM extension_facets f WHERE f.scope = ANY (own) AND f.kind = 'all');
        -- Looking one up and sorting it costs about as much as walking over ten; and names that belong together may stand together,
        -- so that a walk is longer than it seems.
        IF counted <= 3000 OR (skip + take) * everything > 10 * counted * counted THEN
            EXECUTE format('SELECT ARRAY(SELECT p.change FROM unnest($1, $2) AS h (block, bits), places_in(h.block, h.bits) AS c
                              JOIN extension_places p ON p.change = c ORDER BY %s OFFSET $3 LIMIT $4)', keys)
               INTO page USING blocks, hits, skip, take;
        ELSE
            SELECT h.base, h.bits INTO base, whole FROM as_string(blocks, hits) h;
            EXECUTE format('SELECT ARRAY(SELECT change FROM (
                                (SELECT %2$s FROM extension_places
                                  WHERE scope = $1 AND has_place($3, $4, change) ORDER BY %1$s LIMIT $5 + $6)
                                UNION ALL
                                (SELECT %2$s FROM extension_places
                                  WHERE scope = $2 AND has_place($3, $4, change) ORDER BY %1$s LIMIT $5 + $6)) both_scopes
                             ORDER BY %1$s OFFSET $5 LIMIT $6)', keys,
                           CASE ordering WHEN 'name' THEN 'name_key, change' ELSE 'publisher_key, name_key, change' END)
               INTO page USING own[1], own[2], base, whole, skip, take;
        END IF;
    END IF;
    RETURN QUERY
        SELECT p.extension_id::text, counted
          FROM unnest(page) WITH ORDINALITY AS wanted (change, place)
          JOIN extension_places p ON p.change = wanted.change
         ORDER BY wanted.place * CASE WHEN flipped THEN -1 ELSE 1 END;
END
$$;

-- What a user's words may mean: for each word of each text the words of the vocabulary that are the same, have the same stem,
-- or (where those are seldom used) begin with it, or at least with its stem; and where there is none of these, those that look
-- alike, the likest first.
CREATE FUNCTION understand(scopes text[], texts text[])
    RETURNS TABLE (alternative integer, "position" integer, said text, word text, word_id integer, uses integer, how text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, public, pg_temp
    SET pg_trgm.similarity_threshold = 0.2 SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
    each_said record;
    rare CONSTANT integer := 200;
    looks_left integer := 8;    -- for words alike: each costs as much as all the rest
    its_stem text;
    beginning text;
    found integer;
BEGIN
    FOR each_said IN
        SELECT t.number, w.place, w.word
          FROM unnest(texts) WITH ORDINALITY AS t (words, number)
         CROSS JOIN LATERAL (SELECT kept.word, row_number() OVER (ORDER BY kept.place) AS place
                               FROM (SELECT each_word.word, each_word.place, each_word.is_plain,
                                            bool_and(each_word.is_plain) OVER () AS all_plain
                                       FROM (SELECT found.word, found.place,
                                                    coalesce(ts_lexize('pg_catalog.english_stem', found.word) = '{}', false) AS is_plain
                                               FROM unnest(words_of(t.words, false)) WITH ORDINALITY AS found (word, place)) each_word
                                    ) kept
                              WHERE NOT kept.is_plain OR kept.all_plain     -- "the" says nothing, unless nothing else is said
                              ORDER BY kept.place LIMIT 10) w
    LOOP
        alternative := each_said.number;
        "position" := each_said.place;
        said := each_said.word;
        its_stem := stem_of(said);
        found := 0;
        FOR word, word_id, uses, how IN
            SELECT w.word, w.id, w.uses, CASE WHEN w.word = said THEN 'same' ELSE 'stem' END
              FROM extension_words w WHERE w.scope = ANY (own) AND w.stem = its_stem AND w.uses > 0
        LOOP
            found := found + uses;
            RETURN NEXT;
        END LOOP;
        FOREACH beginning IN ARRAY ARRAY[said, its_stem] LOOP
            IF found < (CASE beginning WHEN said THEN rare ELSE 1 END) AND length(beginning) > 1 THEN
                FOR word, word_id, uses, how IN
                    SELECT w.word, w.id, w.uses, 'prefix' FROM extension_words w
                     WHERE w.scope = ANY (own) AND w.word > beginning AND w.word < beginning || U&'\+10FFFF' AND w.uses > 0
                       AND w.stem <> its_stem
                     ORDER BY w.uses DESC LIMIT 10
                LOOP
                    found := found + uses;
                    RETURN NEXT;
                END LOOP;
            END IF;
        END LOOP;
        IF found = 0 AND looks_left > 0 AND length(said) > 2 AND said ~ '^[a-z0-9]' THEN
            looks_left := looks_left - 1;
            RETURN QUERY
                SELECT each_said.number::integer, each_said.place::integer, each_said.word, w.word, w.id, w.uses, 'alike'
                  FROM extension_words w
                 WHERE w.scope = ANY (own) AND w.uses > 0 AND w.word % each_said.word
                   AND length(w.word) BETWEEN length(each_said.word) - 2 AND length(each_said.word) + 2
                 ORDER BY similarity(w.word, each_said.word) DESC, w.uses DESC LIMIT 30;
        ELSIF found = 0 THEN
            word := NULL; word_id := NULL; uses := 0; how := 'unknown';
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

-- The extensions of these ids, of these identifiers, with one of these texts in the display name: of all that is not null.
CREATE FUNCTION named_places(own text[], ids text[], identifiers text[], display_names text[], most integer) RETURNS bigint[]
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    found bigint[];
    picked bigint[] := NULL;
    part text;
    is_common boolean;
BEGIN
    IF ids IS NOT NULL THEN
        picked := ARRAY(SELECT p.change FROM extension_places p WHERE p.extension_id = ANY (ids) AND p.scope = ANY (own));
    END IF;
    IF identifiers IS NOT NULL THEN
        found := ARRAY(SELECT p.change FROM unnest(identifiers) AS wanted
                         JOIN extensions e ON e.identifier = lower(wanted)
                         JOIN extension_places p ON p.extension_id = e.id WHERE p.scope = ANY (own));
        picked := CASE WHEN picked IS NULL THEN found ELSE ARRAY(SELECT unnest(picked) INTERSECT SELECT unnest(found)) END;
    END IF;
    IF display_names IS NOT NULL THEN
        found := '{}';
        FOREACH part IN ARRAY display_names LOOP
            part := lower(part);
            -- The index is quick for a rare text. A common one is found by walking from the latest change on.
            SELECT count(*) * 10 >= 200 INTO is_common
              FROM (SELECT p.display_key FROM extension_places p WHERE p.scope = own[1] ORDER BY p.change DESC LIMIT 200) latest
             WHERE strpos(latest.display_key, part) > 0;
            IF is_common THEN
                found := found || ARRAY(
                    SELECT p.change FROM (SELECT * FROM extension_places q WHERE q.scope = ANY (own) ORDER BY q.change DESC) p
                     WHERE strpos(p.display_key, part) > 0 LIMIT most);
            ELSE
                found := found || ARRAY(
                    SELECT p.change FROM extension_places p
                     WHERE fragments_of(p.display_key) @@ fragments_question(part) AND strpos(p.display_key, part) > 0
                       AND p.scope = ANY (own) LIMIT most);
            END IF;
        END LOOP;
        picked := CASE WHEN picked IS NULL THEN ARRAY(SELECT DISTINCT unnest(found))
                     ELSE ARRAY(SELECT unnest(picked) INTERSECT SELECT unnest(found)) END;
    END IF;
    RETURN picked;
END
$$;

-- Of these places, with their scores, those that have one of some words, too; the best of it is added to the score. This one looks
-- at each place; the next one, for words that are not used much more often, goes through all that has the words.
CREATE FUNCTION meet_one_by_one(changes bigint[], scores integer[], words integer[], lacks integer[])
    RETURNS TABLE (change bigint, score integer)
    LANGUAGE plpgsql STABLE SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
BEGIN
    RETURN QUERY
        SELECT c.change, c.score + (best.rank & ~31)
          FROM unnest(changes, scores) AS c (change, score)
         CROSS JOIN LATERAL (SELECT max(t.rank - 32 * a.lack) AS rank
                               FROM unnest(words, lacks) AS a (word, lack)
                               JOIN extension_terms t ON t.word = a.word AND t.change = c.change) best
         WHERE best.rank IS NOT NULL;
END
$$;

CREATE FUNCTION meet_all(changes bigint[], scores integer[], words integer[], lacks integer[])
    RETURNS TABLE (change bigint, score integer)
    LANGUAGE plpgsql STABLE SET enable_hashjoin = on SET enable_nestloop = off SET enable_mergejoin = off
AS $$
BEGIN
    IF cardinality(words) = 1 THEN
        RETURN QUERY
            SELECT c.change, c.score + (t.rank - 32 * lacks[1] & ~31)
              FROM (SELECT x.change, x.rank FROM extension_terms x WHERE x.word = words[1] OFFSET 0) t
              JOIN unnest(changes, scores) AS c (change, score) ON c.change = t.change;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT c.change, c.score + (best.rank & ~31)
          FROM (SELECT t.change, max(t.rank - 32 * lacks[array_position(words, t.word)]) AS rank
                  FROM extension_terms t WHERE t.word = ANY (words) GROUP BY t.change OFFSET 0) best
          JOIN unnest(changes, scores) AS c (change, score) ON c.change = best.change;
END
$$;

-- The extensions that have a word of each position of one of the alternatives, or (not `each`) of some; with a score, best of
-- an alternative. The rarest position leads, the others are looked up. What is called exactly like a text comes first of all.
CREATE FUNCTION ranked_places(own text[], texts text[], alternatives integer[], positions integer[], word_ids integer[],
                              penalties integer[], each boolean, most integer)
    RETURNS TABLE (change bigint, score integer)
    LANGUAGE plpgsql STABLE
AS $$
DECLARE
    number integer;
    asked record;
    is_led boolean;
    changes bigint[];
    scores integer[];
    phrase text;
BEGIN
    FOR number IN SELECT DISTINCT a FROM unnest(alternatives) AS a LOOP
        is_led := false;
        FOR asked IN
            SELECT array_agg(a.word) AS words, array_agg(a.penalty) AS lacks, sum(coalesce(w.uses, 0)) AS uses
              FROM unnest(alternatives, positions, word_ids, penalties) AS a (alternative, place, word, penalty)
              LEFT JOIN extension_words w ON w.id = a.word AND w.scope = ANY (own)
             WHERE a.alternative = number
             GROUP BY a.place ORDER BY 3, a.place
        LOOP
            IF NOT each OR NOT is_led THEN
                -- (A word has a place once, several words may have it several times.)
                SELECT array_agg(led.change), array_agg(led.rank) INTO changes, scores
                  FROM (SELECT x.change, x.rank - 32 * asked.lacks[1] AS rank FROM extension_terms x
                         WHERE cardinality(asked.words) = 1 AND x.word = asked.words[1]
                         ORDER BY x.word, x.rank DESC, x.change DESC LIMIT CASE WHEN each THEN most ELSE 1000 END) led;
                IF cardinality(asked.words) > 1 THEN
                    SELECT array_agg(led.change), array_agg(led.rank) INTO changes, scores
                      FROM (SELECT t.change, max(t.rank - 32 * a.lack)::integer AS rank
                              FROM unnest(asked.words, asked.lacks) AS a (word, lack)
                             CROSS JOIN LATERAL (SELECT * FROM extension_terms x WHERE x.word = a.word
                                                  ORDER BY x.word, x.rank DESC, x.change DESC
                                                  LIMIT CASE WHEN each THEN most ELSE 1000 END) t
                             GROUP BY t.change) led;
                END IF;
            ELSIF asked.uses > 8 * cardinality(changes) THEN
                SELECT array_agg(m.change), array_agg(m.score) INTO changes, scores
                  FROM meet_one_by_one(changes, scores, asked.words, asked.lacks) m;
            ELSE
                SELECT array_agg(m.change), array_agg(m.score) INTO changes, scores
                  FROM meet_all(changes, scores, asked.words, asked.lacks) m;
            END IF;
            is_led := true;
            IF NOT each THEN
                -- A thousand for each word that it has: more words are better than better words.
                RETURN QUERY SELECT c.change, c.score + 1000 FROM unnest(changes, scores) AS c (change, score);
            END IF;
            EXIT WHEN each AND changes IS NULL;
        END LOOP;
        IF each THEN
            RETURN QUERY SELECT c.change, c.score FROM unnest(changes, scores) AS c (change, score);
        END IF;
    END LOOP;
    FOREACH phrase IN ARRAY texts LOOP
        phrase := lower(btrim(phrase));
        RETURN QUERY
            SELECT p.change, 1000000 + p.popularity::integer FROM extension_places p
             WHERE p.scope = ANY (own) AND p.name_key = phrase
            UNION ALL
            SELECT p.change, 1000000 + p.popularity::integer FROM extension_places p
             WHERE p.scope = ANY (own) AND left(p.display_key, 200) = left(phrase, 200) AND p.display_key = phrase
            UNION ALL
            SELECT p.change, 1000100 + p.popularity::integer FROM extensions e JOIN extension_places p ON p.extension_id = e.id
             WHERE e.identifier = phrase AND p.scope = ANY (own);
    END LOOP;
END
$$;

-- A page of what is named (see named_places; null: not asked) and has the words (see ranked_places; null: not asked), and has a
-- facet of each group. Of more than `most`, the first are taken, and `is_exact` is false: there are at least `total`.
CREATE FUNCTION pick_extensions(scopes text[], groups integer[], kinds text[], facet_values text[],
                                ids text[], identifiers text[], display_names text[],
                                texts text[], alternatives integer[], positions integer[], word_ids integer[],
                                penalties integer[], each boolean,
                                ordering text, descending boolean, skip bigint, take bigint, most integer)
    RETURNS TABLE (extension_id text, total bigint, is_exact boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = plugport, public, pg_temp
    SET plan_cache_mode = force_generic_plan SET max_parallel_workers_per_gather = 0 SET jit = off
    SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off
AS $$
DECLARE
    own text[] := own_scopes(scopes);
    reach bigint := most;
    known bigint;       -- the total, where it is known without counting
    is_capped boolean;  -- ... or what it is at least
    base bigint;
    bits varbit;
    named bigint[] := named_places(own, ids, identifiers, display_names, most + 1);
    changes bigint[];
    scores integer[];
    counted bigint;
BEGIN
    IF texts IS NULL THEN
        changes := named;
        scores := array_fill(0, ARRAY[coalesce(cardinality(named), 0)]);
    ELSE
        -- One word alone: its uses are the total, and the best of it are enough. So are the best of several words that stand for
        -- one; where many extensions have them, nobody counts how many have two, and there are at least as many as have one.
        IF cardinality(groups) = 0 AND named IS NULL AND ordering = 'rank'
           AND cardinality(word_ids) > 0 AND positions[1] = ALL (positions) AND alternatives[1] = ALL (alternatives) THEN
            SELECT max(w.uses), count(*) > 1 INTO known, is_capped
              FROM extension_words w WHERE w.id = ANY (word_ids) AND w.scope = ANY (own)
            HAVING count(*) = 1 OR sum(w.uses) > 2000;
            reach := CASE WHEN known IS NULL THEN most ELSE least(most, skip + take) END;
        END IF;
        SELECT array_agg(r.change), array_agg(r.score) INTO changes, scores
          FROM (SELECT found.change, CASE WHEN each THEN max(found.score) ELSE sum(found.score)::integer END AS score
                  FROM ranked_places(own, texts, alternatives, positions, word_ids, penalties, each,
                                     (reach + 1)::integer) found
                 GROUP BY found.change) r
         WHERE named IS NULL OR r.change = ANY (named);
    END IF;
    is_exact := CASE WHEN known IS NOT NULL THEN NOT is_capped ELSE coalesce(cardinality(changes), 0) <= most END;
    IF cardinality(groups) > 0 THEN
        SELECT b.base, b.bits INTO base, bits FROM bits_having(own, groups, kinds, facet_values) b;
        SELECT array_agg(c.change), array_agg(c.score) INTO changes, scores
          FROM unnest(changes, scores) AS c (change, score) WHERE has_place(base, bits, c.change);
    END IF;
    counted := coalesce(known, least(coalesce(cardinality(changes), 0), most));
    total := counted;
    IF skip >= counted OR coalesce(cardinality(changes), 0) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF ordering IN ('rank', 'change') THEN
        -- Only the page is looked up.
        changes := ARRAY(SELECT c.change FROM unnest(changes, scores) AS c (change, score)
                          ORDER BY CASE ordering WHEN 'rank' THEN -c.score END,
                                   CASE WHEN descending THEN -c.change ELSE c.change END
                          OFFSET skip LIMIT take);
    ELSE
        changes := ARRAY(SELECT p.change FROM extension_places p
                          WHERE p.change = ANY (changes)
                          ORDER BY CASE WHEN NOT descending AND ordering = 'publisher' THEN p.publisher_key END,
                                   CASE WHEN descending AND ordering = 'publisher' THEN p.publisher_key END DESC,
                                   CASE WHEN NOT descending THEN p.name_key END,
                                   CASE WHEN descending THEN p.name_key END DESC,
                                   CASE WHEN descending THEN -p.change ELSE p.change END
                          OFFSET skip LIMIT take);
    END IF;
    RETURN QUERY
        SELECT p.extension_id::text, counted, pick_extensions.is_exact
          FROM unnest(changes) WITH ORDINALITY AS wanted (change, place)
          JOIN extension_places p ON p.change = wanted.change
         ORDER BY wanted.place;
END
$$;

-- The facets of one kind that everybody's extensions have, most used first; `within` counts only what has that engine, too.
CREATE FUNCTION count_facets(wanted_kind text, within text, skip bigint, take bigint)
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
            SELECT f.label, sum(bit_count(b.bits & e.bits))::bigint, count(*) OVER ()
              FROM extension_facets f
              JOIN extension_facet_blocks b ON b.facet = f.id
              JOIN extension_facet_blocks e ON e.block = b.block
               AND e.facet = (SELECT id FROM extension_facets x WHERE x.scope = '*' AND x.kind = 'engine' AND x.value = lower(within))
             WHERE f.scope = '*' AND f.kind = wanted_kind AND f.total > 0
             GROUP BY f.id HAVING sum(bit_count(b.bits & e.bits)) > 0
             ORDER BY 2 DESC, f.value OFFSET skip LIMIT take;
    END IF;
END
$$;

CREATE FUNCTION total_facets(wanted_kind text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = plugport, pg_temp
    RETURN (SELECT count(*) FROM extension_facets f WHERE f.scope = '*' AND f.kind = wanted_kind AND f.total > 0);

-- Extensions that were there before.
INSERT INTO extension_stats (extension_id, tenant_id) SELECT id, tenant_id FROM extensions;
SELECT enter_marketplace(array_agg(id::text)) FROM extensions HAVING count(*) > 0;
