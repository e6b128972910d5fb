-- Whose key it is, is said once; what is erased stays erased.

CREATE FUNCTION records_key_number_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: the number of a key is given once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_case_key_number_stays BEFORE UPDATE OF key_number ON records_case
    FOR EACH ROW WHEN (NEW.key_number IS DISTINCT FROM OLD.key_number) EXECUTE FUNCTION records_key_number_stays();
CREATE TRIGGER records_report_key_number_stays BEFORE UPDATE OF key_number ON records_report
    FOR EACH ROW WHEN (NEW.key_number IS DISTINCT FROM OLD.key_number) EXECUTE FUNCTION records_key_number_stays();

CREATE FUNCTION records_erasedkey_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.done_at IS NOT NULL
       OR (NEW.id, NEW.kind, NEW.number, NEW.rule, NEW.at) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.number, OLD.rule, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an erasure is only ever finished' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_erasedkey_guard BEFORE UPDATE OR DELETE ON records_erasedkey
    FOR EACH ROW EXECUTE FUNCTION records_erasedkey_guard();
