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
CREATE TRIGGER records_watchoptout_append_only BEFORE UPDATE OR DELETE ON records_watchoptout
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

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
