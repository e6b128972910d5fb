-- The ledger and its faults, the kind of the installation, and values from platforms that could not be stored.

CREATE FUNCTION records_installation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.practice IS DISTINCT FROM OLD.practice THEN
        RAISE EXCEPTION 'jaga: a practice database stays one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_installation_guard BEFORE UPDATE OR DELETE ON records_installation
    FOR EACH ROW EXECUTE FUNCTION records_installation_guard();

CREATE FUNCTION records_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a ledger entry is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.seq IS NOT NULL
       OR (NEW.id, NEW.at, NEW.verb, NEW.actor, NEW.case_ref, NEW.payload, NEW.entry_hash)
          IS DISTINCT FROM (OLD.id, OLD.at, OLD.verb, OLD.actor, OLD.case_ref, OLD.payload, OLD.entry_hash) THEN
        RAISE EXCEPTION 'jaga: a ledger entry is linked once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_ledger_guard BEFORE UPDATE OR DELETE ON records_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION records_ledger_guard();

CREATE FUNCTION records_ledgerfault_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.entry_ref, NEW.reason, NEW.found_at)
          IS DISTINCT FROM (OLD.id, OLD.entry_ref, OLD.reason, OLD.found_at) THEN
        RAISE EXCEPTION 'jaga: a fault of the ledger is acknowledged once and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_ledgerfault_guard BEFORE UPDATE OR DELETE ON records_ledgerfault
    FOR EACH ROW EXECUTE FUNCTION records_ledgerfault_guard();

CREATE FUNCTION records_setaside_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.platform_id, NEW.kind, NEW.digest, NEW.size, NEW.first_seen_at)
       IS DISTINCT FROM (OLD.id, OLD.platform_id, OLD.kind, OLD.digest, OLD.size, OLD.first_seen_at)
       OR NEW.times < OLD.times
       OR (OLD.settled_at IS NOT NULL AND (NEW.settled_at, NEW.settled_by_id, NEW.sealed)
           IS DISTINCT FROM (OLD.settled_at, OLD.settled_by_id, OLD.sealed))
       OR (NEW.settled_at IS NULL AND NEW.sealed <> OLD.sealed) THEN
        RAISE EXCEPTION 'jaga: what was set aside is settled once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_setaside_guard BEFORE UPDATE ON records_setasidevalue
    FOR EACH ROW EXECUTE FUNCTION records_setaside_guard();

-- Finds a report's entry by its time, for the proof of its receipt. Entries are written in order of time, so a BRIN
-- index is enough, and it costs an insert almost nothing.
CREATE INDEX records_ledgerentry_at ON records_ledgerentry USING brin (at)
    WITH (pages_per_range = 16, autosummarize = on);
