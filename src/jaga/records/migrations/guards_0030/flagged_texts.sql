-- Flagged texts of the last days, for queries: one partition a day, dropped when its days are over (ADR 0102).
-- No foreign key leads from here: to make a day would keep everybody from writing to the table that it points to.
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
    PRIMARY KEY (day, id),
    CONSTRAINT records_flagged_in_a_case_by_a_report CHECK ((case_id IS NULL) = (report_id IS NULL)),
    -- Of an account without a case nothing can be searched (ADR 0093): neither its words nor its contacts are here.
    CONSTRAINT records_flagged_without_a_case_says_nothing CHECK (
        case_id IS NOT NULL OR (contacts = '{}' AND words = '{}'))
) PARTITION BY RANGE (day);
CREATE INDEX records_flagged_case ON records_flaggedtext (case_id);
CREATE INDEX records_flagged_report ON records_flaggedtext (report_id);
CREATE INDEX records_flagged_account ON records_flaggedtext (account) WHERE case_id IS NULL;
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
