-- The ledger and what its entries commit to, the kind of the installation, and policy releases.

-- Refuses every change, in the tables of all subjects whose rows are only ever added.
CREATE FUNCTION records_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'check_violation';
END $$;

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
       OR (NEW.id, NEW.at, NEW.verb, NEW.actor, NEW.case_ref, NEW.payload, NEW.entry_hash, NEW.rows, NEW.mac)
          IS DISTINCT FROM (OLD.id, OLD.at, OLD.verb, OLD.actor, OLD.case_ref, OLD.payload, OLD.entry_hash, OLD.rows,
                            OLD.mac) THEN
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

-- Finds a report's entry by its time, for the proof of its receipt. Entries are written in order of time, so a BRIN
-- index is enough, and it costs an insert almost nothing.
CREATE INDEX records_ledgerentry_at ON records_ledgerentry USING brin (at)
    WITH (pages_per_range = 16, autosummarize = on);

-- Policy releases: what was put before people is never changed, and nothing is judged under a release not in force.

CREATE FUNCTION records_storedrelease_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a stored policy release is never changed or deleted' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_storedrelease_guard BEFORE UPDATE OR DELETE ON records_storedrelease
    FOR EACH ROW EXECUTE FUNCTION records_storedrelease_guard();

CREATE FUNCTION records_releaseadoption_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: the adoption of a policy release is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.kind = 'adoption' AND NEW.state <> 'proposed' OR NEW.kind <> 'adoption' AND NEW.state <> 'in_force' THEN
            RAISE EXCEPTION 'jaga: a policy release is proposed before it is adopted' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.kind = 'bootstrap' AND EXISTS (SELECT FROM records_releaseadoption) THEN
            RAISE EXCEPTION 'jaga: only the first policy release is adopted without people'
                USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.kind = 'return' AND NOT EXISTS (
            SELECT FROM records_releaseadoption WHERE release_id = NEW.release_id AND in_force_at IS NOT NULL) THEN
            RAISE EXCEPTION 'jaga: one goes back only to a policy release that was in force'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.kind, NEW.release_id, NEW.before_id, NEW.reason, NEW.proposed_by_id, NEW.proposed_at,
        NEW.confirm_until)
       IS DISTINCT FROM (OLD.id, OLD.kind, OLD.release_id, OLD.before_id, OLD.reason, OLD.proposed_by_id,
        OLD.proposed_at, OLD.confirm_until)
       OR OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_by_id, NEW.confirmed_at)
          IS DISTINCT FROM (OLD.confirmed_by_id, OLD.confirmed_at)
       OR OLD.in_force_at IS NOT NULL AND NEW.in_force_at IS DISTINCT FROM OLD.in_force_at
       OR OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS DISTINCT FROM OLD.replaced_at
       OR OLD.ended_at IS NOT NULL AND (NEW.ended_by_id, NEW.ended_at, NEW.note)
          IS DISTINCT FROM (OLD.ended_by_id, OLD.ended_at, OLD.note) THEN
        RAISE EXCEPTION 'jaga: who adopted a policy release, and why, is never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('proposed', 'in_force'), ('proposed', 'refused'), ('proposed', 'lapsed'), ('in_force', 'replaced')) THEN
        RAISE EXCEPTION 'jaga: a policy release is proposed, in force, replaced; or refused or lapsed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_releaseadoption_guard BEFORE INSERT OR UPDATE OR DELETE ON records_releaseadoption
    FOR EACH ROW EXECUTE FUNCTION records_releaseadoption_guard();

-- Whoever began under a release that has just been replaced may finish: a process follows within a second, a request
-- takes seconds. A process that does not follow is stopped here. The error is no `check_violation`: verbs read that as
-- another fault of the row.
CREATE FUNCTION records_under_the_release_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM records_releaseadoption WHERE state = 'in_force') AND NOT EXISTS (
        SELECT FROM records_releaseadoption a JOIN records_storedrelease s ON s.id = a.release_id
        WHERE s.hash = NEW.policy_hash
            AND (a.state = 'in_force' OR a.replaced_at > statement_timestamp() - interval '1 minute')) THEN
        RAISE EXCEPTION 'jaga: judged under a policy release that is not in force';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_vote_under_the_release_in_force BEFORE INSERT ON records_vote
    FOR EACH ROW EXECUTE FUNCTION records_under_the_release_in_force();
CREATE TRIGGER records_decision_under_the_release_in_force BEFORE INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_under_the_release_in_force();

CREATE FUNCTION records_publishedhead_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'witnessed_at' IS DISTINCT FROM to_jsonb(OLD) - 'witnessed_at'
       OR OLD.witnessed_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a published head is never edited, and becomes witnessed once'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_publishedhead_guard BEFORE UPDATE OR DELETE ON records_publishedhead
    FOR EACH ROW EXECUTE FUNCTION records_publishedhead_guard();

-- Rows bound to ledger entries (ADR 0092).

-- Notes the rows that a statement added to a bound table, for the entry at the end of the transaction. A rollback to a
-- savepoint takes the note back with the rows. `off` is set where rows are filled in by the million.
CREATE FUNCTION records_note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := current_setting('jaga.rows', true);
    numbers text;
BEGIN
    IF noted = 'off' THEN
        RETURN NULL;
    END IF;
    SELECT string_agg(id::text, ',' ORDER BY id) INTO numbers FROM added;
    IF numbers IS NOT NULL THEN
        PERFORM set_config('jaga.rows', coalesce(noted, '') || TG_ARGV[0] || ' ' || numbers || E'\n', true);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION records_rowbinding_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.salt IS NOT NULL
       OR (NEW.id, NEW.entry, NEW.place, NEW.part, NEW.number, NEW.gone)
          IS DISTINCT FROM (OLD.id, OLD.entry, OLD.place, OLD.part, OLD.number, OLD.gone) THEN
        RAISE EXCEPTION 'jaga: what an entry commits to is never edited; only its salt is deleted'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_rowbinding_guard BEFORE UPDATE OR DELETE ON records_rowbinding
    FOR EACH ROW EXECUTE FUNCTION records_rowbinding_guard();

-- Notes the account of a new case, or of a linked account, unless an entry has bound it. `store.bound_rows` makes the
-- functions that note changes.
CREATE FUNCTION records_note_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('jaga.rows', true), '');
    line text := 'subject.now ' || NEW.subject_id || E'\n';
BEGIN
    IF noted <> 'off' AND strpos(E'\n' || noted, E'\n' || line) = 0 AND NOT EXISTS (
        SELECT FROM records_rowbinding b WHERE b.part = 'subject.now' AND b.number = NEW.subject_id) THEN
        PERFORM set_config('jaga.rows', noted || line, true);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_note_account AFTER INSERT OR UPDATE OF subject_id ON records_case
    FOR EACH ROW EXECUTE FUNCTION records_note_account();
CREATE TRIGGER records_note_account AFTER INSERT OR UPDATE OF subject_id ON records_linkedaccount
    FOR EACH ROW EXECUTE FUNCTION records_note_account();

-- Rows that are only ever added.
CREATE TRIGGER records_epoch_append_only BEFORE UPDATE OR DELETE ON records_epoch
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_headcosignature_append_only BEFORE UPDATE OR DELETE ON records_headcosignature
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_headtimestamp_append_only BEFORE UPDATE OR DELETE ON records_headtimestamp
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_ledgercheckpoint_append_only BEFORE UPDATE OR DELETE ON records_ledgercheckpoint
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_publishedlog_append_only BEFORE UPDATE OR DELETE ON records_publishedlog
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_publishedperiod_append_only BEFORE UPDATE OR DELETE ON records_publishedperiod
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
