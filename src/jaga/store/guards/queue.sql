-- Search, and questions and notes about cases in the queue.

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

CREATE FUNCTION records_link_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO records_searchstale (number) VALUES (NEW.case_id);
    RETURN NULL;
END $$;
CREATE TRIGGER records_search_linked AFTER INSERT OR UPDATE ON records_linkedaccount
    FOR EACH ROW EXECUTE FUNCTION records_link_is_stale();

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

CREATE FUNCTION records_policyquestion_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.answered_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['answered_by_id', 'answer', 'answered_at']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['answered_by_id', 'answer', 'answered_at'] THEN
        RAISE EXCEPTION 'jaga: a question is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_policyquestion_guard BEFORE UPDATE OR DELETE ON records_policyquestion
    FOR EACH ROW EXECUTE FUNCTION records_policyquestion_guard();

-- Rows that are only ever added.
CREATE TRIGGER records_casenote_append_only BEFORE UPDATE OR DELETE ON records_casenote
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
