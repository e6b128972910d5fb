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
DROP TRIGGER records_watchoptout_append_only ON records_watchoptout;
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
