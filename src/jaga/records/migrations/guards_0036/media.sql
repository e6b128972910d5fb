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
