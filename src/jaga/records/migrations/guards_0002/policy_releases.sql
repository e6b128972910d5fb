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
