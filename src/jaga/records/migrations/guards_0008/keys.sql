-- Whose key it is, is said once; what is erased stays erased.

CREATE FUNCTION records_key_number_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: the number of a key is given once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_case_key_number_stays BEFORE UPDATE OF key_number ON records_case
    FOR EACH ROW WHEN (NEW.key_number IS DISTINCT FROM OLD.key_number) EXECUTE FUNCTION records_key_number_stays();
CREATE TRIGGER records_report_key_number_stays BEFORE UPDATE OF key_number ON records_report
    FOR EACH ROW WHEN (NEW.key_number IS DISTINCT FROM OLD.key_number) EXECUTE FUNCTION records_key_number_stays();

CREATE TRIGGER records_erasedkey_append_only BEFORE UPDATE OR DELETE ON records_erasedkey
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
