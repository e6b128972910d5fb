-- Search: the words by which a case is found, and the queue of cases to index again.

CREATE FUNCTION records_case_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO records_searchstale (number) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER records_search_changed_case AFTER UPDATE OF category, channel, subject_id, victim_first ON records_case
    FOR EACH ROW WHEN ((NEW.category, NEW.channel, NEW.subject_id, NEW.victim_first)
                       IS DISTINCT FROM (OLD.category, OLD.channel, OLD.subject_id, OLD.victim_first))
    EXECUTE FUNCTION records_case_is_stale();
CREATE TRIGGER records_search_new_case AFTER INSERT ON records_case
    FOR EACH ROW EXECUTE FUNCTION records_case_is_stale();

-- One spelling of what people write: lower case, no accents, no letter styles, no invisible characters.
CREATE FUNCTION records_fold(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(lower(normalize(said, NFKD)), '[\u0300-\u036F\u200B-\u200F\u2060\uFEFF]', '', 'g')
$$;

CREATE FUNCTION records_link_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO records_searchstale (number) VALUES (NEW.case_id);
    RETURN NULL;
END $$;
CREATE TRIGGER records_search_linked AFTER INSERT OR UPDATE ON records_linkedaccount
    FOR EACH ROW EXECUTE FUNCTION records_link_is_stale();

-- The words of each of these cases. A term of ours begins with "=", which no word of a text does.
CREATE FUNCTION records_read_for_search(wanted bigint[])
    RETURNS TABLE(number bigint, words tsvector) LANGUAGE sql STABLE AS $$
    SELECT c.id, array_to_tsvector(
        ARRAY['=category:' || c.category, '=channel:' || c.channel, '=platform:' || p.name] || named.names)
        || coalesce(said.words, ''::tsvector)
    FROM records_case c
    JOIN records_subject s ON s.id = c.subject_id
    JOIN records_platform p ON p.id = s.platform_id
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT kind || ltrim(records_fold(called.name), '@')) AS names
        FROM (SELECT s.account_id UNION ALL SELECT s.handle
              UNION ALL SELECT unnest(ARRAY[o.account_id, o.handle]) FROM records_linkedaccount l
              JOIN records_subject o ON o.id = l.subject_id WHERE l.case_id = c.id AND l.withdrawn_at IS NULL
             ) AS called(name)
        -- Part of a name may point at a victim: such a case is found by the whole name only.
        CROSS JOIN unnest(CASE WHEN c.victim_first THEN ARRAY['=account:'] ELSE ARRAY['=account:', '=name:'] END) kind
        WHERE called.name <> '') named
    LEFT JOIN LATERAL (
        SELECT to_tsvector('simple', records_fold(left(string_agg(few.said, ' '), 20000))) AS words
        FROM (SELECT r.text || ' ' || r.excerpt || ' ' || r.published || ' ' || r.place AS said
              FROM records_report r WHERE r.case_id = c.id ORDER BY r.id LIMIT 50) few) said ON NOT c.victim_first
    WHERE c.id = ANY(wanted)
$$;

CREATE FUNCTION records_report_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO records_searchstale (number) VALUES (NEW.case_id);
    IF TG_OP = 'UPDATE' AND OLD.case_id IS DISTINCT FROM NEW.case_id AND OLD.case_id IS NOT NULL THEN
        INSERT INTO records_searchstale (number) VALUES (OLD.case_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_search_moved_report AFTER UPDATE OF case_id, text, excerpt, published, place ON records_report
    FOR EACH ROW WHEN (NEW.case_id IS NOT NULL AND (NEW.case_id, NEW.text, NEW.excerpt, NEW.published, NEW.place)
                       IS DISTINCT FROM (OLD.case_id, OLD.text, OLD.excerpt, OLD.published, OLD.place))
    EXECUTE FUNCTION records_report_is_stale();
CREATE TRIGGER records_search_new_report AFTER INSERT ON records_report
    FOR EACH ROW WHEN (NEW.case_id IS NOT NULL) EXECUTE FUNCTION records_report_is_stale();

CREATE FUNCTION records_subject_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO records_searchstale (number)
        SELECT id FROM records_case WHERE subject_id = NEW.id
        UNION SELECT case_id FROM records_linkedaccount WHERE subject_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER records_search_renamed AFTER UPDATE OF account_id, handle ON records_subject
    FOR EACH ROW WHEN ((NEW.account_id, NEW.handle) IS DISTINCT FROM (OLD.account_id, OLD.handle))
    EXECUTE FUNCTION records_subject_is_stale();

CREATE INDEX records_search_words ON records_searchtext USING gin (words);

-- Similar names need pg_trgm, which comes with PostgreSQL; without it the rest of the search works.
DO $$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'jaga: without pg_trgm, search offers no similar names';
END $$;

DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX records_subject_like ON records_subject USING gin (lower(account_id) gin_trgm_ops);
    END IF;
END $$;
