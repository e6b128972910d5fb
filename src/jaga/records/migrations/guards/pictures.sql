-- A picture is opened and drawn only after somebody answered that nothing points to a minor. Hash lists are never
-- edited.

CREATE FUNCTION records_hashlist_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.removed_at IS NOT NULL
       OR (NEW.id, NEW.name, NEW.source, NEW.category, NEW.version, NEW.size, NEW.imported_at)
          IS DISTINCT FROM (OLD.id, OLD.name, OLD.source, OLD.category, OLD.version, OLD.size, OLD.imported_at)
       OR (NEW.removed_at IS NULL AND (NEW.hashes <> OLD.hashes OR NEW.compared_at IS NULL
                                       OR OLD.compared_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'jaga: a list of hashes is removed once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_hashlist_guard BEFORE UPDATE OR DELETE ON records_hashlist
    FOR EACH ROW EXECUTE FUNCTION records_hashlist_guard();

CREATE FUNCTION records_picture_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place bigint := (SELECT coalesce(r.case_id, e.case_id) FROM records_evidence e
                     LEFT JOIN records_report r ON r.id = e.report_id WHERE e.id = NEW.evidence_id);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_youthcheck y
                   WHERE y.evidence_id = NEW.evidence_id AND y.case_id = place AND y.answer = 'no_sign')
       OR EXISTS (SELECT 1 FROM records_youthcheck y
                  WHERE (y.evidence_id = NEW.evidence_id OR y.case_id = place) AND y.answer = 'may_be_minor')
       OR (SELECT c.victim_first FROM records_case c WHERE c.id = place) THEN
        RAISE EXCEPTION 'jaga: this picture is closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_pictureopening_guard BEFORE INSERT ON records_pictureopening
    FOR EACH ROW EXECUTE FUNCTION records_picture_guard();
CREATE TRIGGER records_workingcopy_guard BEFORE INSERT ON records_workingcopy
    FOR EACH ROW WHEN (NEW.state = 'made') EXECUTE FUNCTION records_picture_guard();
