-- Watches of public content, what they keep, and samples of it for people.

-- A watch is started by a second person and ended, each once; nothing else of it changes, whatever a program does.

CREATE FUNCTION records_watch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.ended_at IS NOT NULL
        OR (OLD.started_at IS NOT NULL AND (NEW.started_at, NEW.started_by_id)
            IS DISTINCT FROM (OLD.started_at, OLD.started_by_id))
        OR to_jsonb(NEW) - ARRAY['started_by_id', 'started_at', 'ended_by_id', 'ended_at', 'ended_why']
           IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['started_by_id', 'started_at', 'ended_by_id', 'ended_at', 'ended_why'])) THEN
        RAISE EXCEPTION 'jaga: a watch is started and ended once, and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.started_at IS NOT NULL OR NEW.ended_at IS NOT NULL) THEN
        RAISE EXCEPTION 'jaga: a watch begins as the proposal of one person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_watch_guard BEFORE INSERT OR UPDATE OR DELETE ON records_watch
    FOR EACH ROW EXECUTE FUNCTION records_watch_guard();

-- Nothing is taken in by a watch that nobody started, or that is over.
CREATE FUNCTION records_watch_runs(number bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM records_watch w WHERE w.id = number AND w.started_at IS NOT NULL
                   AND w.ended_at IS NULL)
$$;

CREATE FUNCTION records_watch_reads_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT records_watch_runs(NEW.watch_id) THEN
        RAISE EXCEPTION 'jaga: this watch does not run' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_watchfinding_guard BEFORE INSERT ON records_watchfinding
    FOR EACH ROW EXECUTE FUNCTION records_watch_reads_guard();
CREATE TRIGGER records_watchday_guard BEFORE INSERT OR UPDATE ON records_watchday
    FOR EACH ROW EXECUTE FUNCTION records_watch_reads_guard();

-- What a case took stays with it; what no case took is deleted by its period alone.
CREATE FUNCTION records_watchfinding_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.report_id IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: what a case took is not deleted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER records_watchfinding_kept BEFORE DELETE ON records_watchfinding
    FOR EACH ROW EXECUTE FUNCTION records_watchfinding_kept();

-- A look-up is permitted once and carried out once.
CREATE FUNCTION records_accountlookup_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.carried_out_at IS NOT NULL
        OR (OLD.permitted_at IS NOT NULL AND (NEW.permitted_at, NEW.permitted_by_id)
            IS DISTINCT FROM (OLD.permitted_at, OLD.permitted_by_id))
        OR to_jsonb(NEW) - ARRAY['permitted_by_id', 'permitted_at', 'carried_out_at', 'found']
           IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['permitted_by_id', 'permitted_at', 'carried_out_at', 'found'])) THEN
        RAISE EXCEPTION 'jaga: a look-up is permitted and carried out once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.permitted_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a look-up begins with one person' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_accountlookup_guard BEFORE INSERT OR UPDATE OR DELETE ON records_accountlookup
    FOR EACH ROW EXECUTE FUNCTION records_accountlookup_guard();

-- Batches are taken by a running watch alone; of one that was taken only the contents go.
CREATE TRIGGER records_watchpush_guard BEFORE INSERT ON records_watchpush
    FOR EACH ROW EXECUTE FUNCTION records_watch_reads_guard();

CREATE FUNCTION records_watchpush_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sealed IS NOT NULL OR to_jsonb(NEW) - 'sealed' IS DISTINCT FROM to_jsonb(OLD) - 'sealed' THEN
        RAISE EXCEPTION 'jaga: a batch of a platform is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_watchpush_kept BEFORE UPDATE ON records_watchpush
    FOR EACH ROW EXECUTE FUNCTION records_watchpush_kept();

-- An account takes its mark back, or makes it again; the mark is never deleted.
CREATE FUNCTION records_watchoptout_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.account IS DISTINCT FROM OLD.account
        OR (OLD.taken_back_at IS NOT NULL AND NEW.taken_back_at IS NOT NULL) THEN
        RAISE EXCEPTION 'jaga: a mark is taken back once, and never deleted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_watchoptout_kept BEFORE UPDATE OR DELETE ON records_watchoptout
    FOR EACH ROW EXECUTE FUNCTION records_watchoptout_kept();

-- What was drawn stays, and its outcome is what two people said alike, or what a third one said; whatever a program does.

CREATE FUNCTION records_sampledtext_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.settled_at IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['outcome', 'settled_at'] IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['outcome', 'settled_at'])) THEN
        RAISE EXCEPTION 'jaga: a drawn text is settled once, and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.settled_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a drawn text begins without an outcome' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.settled_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM records_samplejudgement j WHERE j.text_id = NEW.id AND j.answer IS NOT NULL
        HAVING count(*) FILTER (WHERE j.answer = NEW.outcome) >= 2
            OR count(*) >= 3 AND count(*) FILTER (WHERE j.answer = NEW.outcome) >= 1) THEN
        RAISE EXCEPTION 'jaga: two people alike or a third one settle a drawn text' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_sampledtext_guard BEFORE INSERT OR UPDATE OR DELETE ON records_sampledtext
    FOR EACH ROW EXECUTE FUNCTION records_sampledtext_guard();

-- A judgement is given or left once; nobody judges what is settled, and a third person only where two differ.
CREATE FUNCTION records_samplejudgement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.judged_at IS NOT NULL OR OLD.left_at IS NOT NULL
        OR (NEW.text_id, NEW.person_id) IS DISTINCT FROM (OLD.text_id, OLD.person_id))) THEN
        RAISE EXCEPTION 'jaga: a judgement of a drawn text is given once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.judged_at IS NOT NULL AND (
        EXISTS (SELECT 1 FROM records_sampledtext t WHERE t.id = NEW.text_id AND t.settled_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM records_samplejudgement j WHERE j.text_id = NEW.text_id AND j.id <> NEW.id
                   AND j.answer IS NOT NULL
                   HAVING count(*) >= 3 OR count(*) = 2 AND count(DISTINCT j.answer) = 1)) THEN
        RAISE EXCEPTION 'jaga: this drawn text needs no further judgement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_samplejudgement_guard BEFORE INSERT OR UPDATE OR DELETE ON records_samplejudgement
    FOR EACH ROW EXECUTE FUNCTION records_samplejudgement_guard();

-- A rule that stopped is switched on again by a person, once; what it stopped for stays on record.
CREATE FUNCTION records_rulesuspension_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.ended_at IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['ended_by_id', 'ended_at', 'why'] IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['ended_by_id', 'ended_at', 'why'])) THEN
        RAISE EXCEPTION 'jaga: a rule is switched on again once, and what it stopped for is not edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a rule stops before it is switched on again' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_rulesuspension_guard BEFORE INSERT OR UPDATE OR DELETE ON records_rulesuspension
    FOR EACH ROW EXECUTE FUNCTION records_rulesuspension_guard();

-- Flagged texts of the last days, for queries: one partition a day, dropped when its days are over (ADR 0102).
-- No foreign key leads from here: to make a day would keep everybody from writing to the table that it points to.
-- Django makes no partitions: its own table makes room for this one.
DROP TABLE records_flaggedtext;
CREATE TABLE records_flaggedtext (
    id bigserial,
    day date NOT NULL,
    seen_at timestamptz NOT NULL,
    watch_id bigint NOT NULL,
    case_id bigint,
    report_id bigint,
    rule varchar(160) NOT NULL,
    category varchar(60) NOT NULL,
    account bigint NOT NULL,
    contacts bigint[] NOT NULL,
    words integer[] NOT NULL,
    same_words bigint,
    PRIMARY KEY (day, id),
    CONSTRAINT records_flagged_in_a_case_by_a_report CHECK ((case_id IS NULL) = (report_id IS NULL)),
    -- Of an account without a case nothing can be searched (ADR 0093): neither its words nor its contacts are here.
    CONSTRAINT records_flagged_without_a_case_says_nothing CHECK (
        case_id IS NOT NULL OR (contacts = '{}' AND words = '{}')),
    CONSTRAINT records_flagged_same_words_of_a_case CHECK (case_id IS NOT NULL OR same_words IS NULL)
) PARTITION BY RANGE (day);
CREATE INDEX records_flagged_case ON records_flaggedtext (case_id);
CREATE INDEX records_flagged_report ON records_flaggedtext (report_id);
CREATE INDEX records_flagged_account ON records_flaggedtext (account) WHERE case_id IS NULL;
CREATE INDEX records_flagged_same_words ON records_flaggedtext (same_words) WHERE same_words IS NOT NULL;
CREATE INDEX records_flagged_words ON records_flaggedtext USING gin (words);
CREATE INDEX records_flagged_contacts ON records_flaggedtext USING gin (contacts);
CREATE TRIGGER records_flaggedtext_guard BEFORE INSERT ON records_flaggedtext
    FOR EACH ROW EXECUTE FUNCTION records_watch_reads_guard();

-- The partition of a day. Made apart and then attached, so that readers and writers of other days do not wait.
CREATE FUNCTION records_flaggedtext_day(wanted date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    part text := 'records_flaggedtext_d' || to_char(wanted, 'YYYYMMDD');
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(1701732, 0);
    IF to_regclass(part) IS NOT NULL THEN
        RETURN false;
    END IF;
    IF (SELECT count(*) FROM pg_inherits WHERE inhparent = 'records_flaggedtext'::regclass) >= 100 THEN
        RAISE EXCEPTION 'jaga: flagged texts have too many days' USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE records_flaggedtext INCLUDING CONSTRAINTS)', part);
    EXECUTE format('ALTER TABLE records_flaggedtext ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   part, wanted, wanted + 1);
    RETURN true;
END $$;

-- Drop the days before this one; returns how many. While somebody reads, it waits for a moment only: the next run does
-- the rest.
CREATE FUNCTION records_forget_flaggedtext(before date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET lock_timeout = '500ms' AS $$
DECLARE
    part text;
    gone integer := 0;
BEGIN
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'records_flaggedtext'::regclass
        AND c.relname < 'records_flaggedtext_d' || to_char(before, 'YYYYMMDD') ORDER BY 1 LOOP
        BEGIN
            EXECUTE format('DROP TABLE %I', part);
            gone := gone + 1;
        EXCEPTION WHEN lock_not_available THEN
            RETURN gone;
        END;
    END LOOP;
    RETURN gone;
END $$;

-- A report that moves to another case takes its flagged text along, so that it is as closed as that case.
CREATE FUNCTION records_flaggedtext_follows() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE records_flaggedtext SET case_id = NEW.case_id WHERE report_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER records_flaggedtext_follows AFTER UPDATE OF case_id ON records_report
    FOR EACH ROW WHEN (OLD.case_id IS NOT NULL AND NEW.case_id IS DISTINCT FROM OLD.case_id
                       AND NEW.case_id IS NOT NULL AND NEW.form = 'observation')
    EXECUTE FUNCTION records_flaggedtext_follows();

DO $$
DECLARE
    named regprocedure;
BEGIN
    FOR named IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN (
        'records_flaggedtext_day', 'records_forget_flaggedtext', 'records_flaggedtext_follows') LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', named, current_schema());
    END LOOP;
END $$;

-- The bytes of a file that a flagged text names are asked for once, by a person, and neither asked for nor kept in a
-- case in which a minor or a victim may be shown.

CREATE FUNCTION records_watchmedia_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place bigint := (SELECT r.case_id FROM records_report r WHERE r.id = NEW.report_id);
BEGIN
    IF TG_OP = 'UPDATE' AND ((NEW.id, NEW.report_id, NEW.number, NEW.address, NEW.sha256)
            IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.number, OLD.address, OLD.sha256)
        OR OLD.ended_at IS NOT NULL
        OR (OLD.asked_by_id IS NOT NULL AND (NEW.asked_by_id, NEW.asked_at, NEW.reason)
            IS DISTINCT FROM (OLD.asked_by_id, OLD.asked_at, OLD.reason))) THEN
        RAISE EXCEPTION 'jaga: a named file is asked for once, and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.state IN ('asked', 'kept') THEN
        RAISE EXCEPTION 'jaga: a file is named first' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.state <> OLD.state AND NEW.state IN ('asked', 'kept') AND (
            (SELECT c.victim_first FROM records_case c WHERE c.id = place)
            OR EXISTS (SELECT 1 FROM records_youthcheck y WHERE y.case_id = place AND y.answer = 'may_be_minor')
            OR EXISTS (SELECT 1 FROM records_pendingyouthanswer p WHERE p.case_id = place AND p.ended_at IS NULL)) THEN
        RAISE EXCEPTION 'jaga: a minor or a victim may be shown' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_watchmedia_guard BEFORE INSERT OR UPDATE ON records_watchmedia
    FOR EACH ROW EXECUTE FUNCTION records_watchmedia_guard();
