-- Pictures and hash lists, learnt models, and victims.

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

-- Learnt models: proposed, then approved or rejected. Weights and measurements are never edited.

CREATE FUNCTION records_learntmodel_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a learnt model is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'jaga: a model is proposed before it is anything else' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.category, NEW.sha256, NEW.size, NEW.features, NEW.policy_hash, NEW.learnt_until,
        NEW.positives, NEW.negatives, NEW.metrics, NEW.better, NEW.compared_with_id, NEW.proposed_by_id,
        NEW.proposed_at)
       IS DISTINCT FROM (OLD.id, OLD.category, OLD.sha256, OLD.size, OLD.features, OLD.policy_hash,
        OLD.learnt_until, OLD.positives, OLD.negatives, OLD.metrics, OLD.better, OLD.compared_with_id,
        OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION 'jaga: what was learnt and measured is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('proposed', 'approved'), ('proposed', 'rejected'), ('approved', 'retired'), ('retired', 'approved')) THEN
        RAISE EXCEPTION 'jaga: a model goes from proposed to approved or rejected, and in and out of use'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state = 'approved' AND NOT OLD.better THEN
        RAISE EXCEPTION 'jaga: a model that was not better is not put into use' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_learntmodel_guard BEFORE INSERT OR UPDATE OR DELETE ON records_learntmodel
    FOR EACH ROW EXECUTE FUNCTION records_learntmodel_guard();

CREATE FUNCTION records_learntmodel_has_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND NEW.proposed_by_id IS NULL THEN
        RAISE EXCEPTION 'jaga: a model that nobody had learnt is not put into use' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_learntmodel_has_an_owner BEFORE UPDATE ON records_learntmodel
    FOR EACH ROW EXECUTE FUNCTION records_learntmodel_has_an_owner();

-- Victim first: proposed by programs and reporters, confirmed or lifted by people; nothing closes a victim's account.

CREATE FUNCTION records_closes_no_victim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.victim_first) THEN
        RAISE EXCEPTION 'jaga: nothing final is done on the victim-first way' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_closes_no_victim BEFORE INSERT ON records_decision FOR EACH ROW
    WHEN (NEW.kind IN ('close', 'redact')) EXECUTE FUNCTION records_closes_no_victim();

CREATE FUNCTION records_victim_restriction_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.ends_at IS NULL OR NEW.ends_at > NEW.decided_at + interval '30 days')
       AND EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.victim_first) THEN
        RAISE EXCEPTION 'jaga: a restriction of a possible victim ends within 30 days'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_victim_restriction_ends BEFORE INSERT ON records_decision FOR EACH ROW
    WHEN (NEW.kind = 'restrict') EXECUTE FUNCTION records_victim_restriction_ends();

-- Victim-first is confirmed and lifted only by two people's votes that were not withdrawn. If the account was judged
-- a victim's before, a supervisor without a vote must have allowed the lifting.
CREATE FUNCTION records_victim_state_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.victim_state = 'confirmed' OR NEW.victim_state = 'lifted' AND NOT EXISTS (
            SELECT 1 FROM records_victimturn t WHERE t.subject_id = NEW.subject_id AND t.state = 'lifted') THEN
            RAISE EXCEPTION 'jaga: a new case is not confirmed, and lifted only with its account'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.victim_state = 'none' THEN
        RAISE EXCEPTION 'jaga: people lift the victim-first way, nothing forgets it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.victim_state = 'confirmed' AND records_votes_saying(NEW.id, 'confirm') < 2 THEN
        RAISE EXCEPTION 'jaga: two people confirm a possible victim' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.victim_state = 'lifted' THEN
        IF records_votes_saying(NEW.id, 'lift') < 2 THEN
            RAISE EXCEPTION 'jaga: two people lift the victim-first way' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM records_victimturn t WHERE t.subject_id = NEW.subject_id
                   AND t.state IN ('confirmed', 'lifted'))
           AND NOT EXISTS (SELECT 1 FROM records_decisionpause w JOIN records_pendingdecision p ON p.id = w.pending_id
                           WHERE p.case_id = NEW.id AND p.ended_at IS NULL AND w.resumed_at IS NOT NULL) THEN
            RAISE EXCEPTION 'jaga: from the second time a supervisor without a vote lifts the victim-first way'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_victim_state_guard BEFORE UPDATE OF victim_state ON records_case FOR EACH ROW
    WHEN (OLD.victim_state IS DISTINCT FROM NEW.victim_state) EXECUTE FUNCTION records_victim_state_guard();
CREATE TRIGGER records_victim_state_of_new BEFORE INSERT ON records_case FOR EACH ROW
    WHEN (NEW.victim_state IN ('confirmed', 'lifted')) EXECUTE FUNCTION records_victim_state_guard();

-- Rows that are only ever added.
CREATE TRIGGER records_picturehash_append_only BEFORE UPDATE OR DELETE ON records_picturehash
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_picturematch_append_only BEFORE UPDATE OR DELETE ON records_picturematch
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_pictureopening_append_only BEFORE UPDATE OR DELETE ON records_pictureopening
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_victimturn_append_only BEFORE UPDATE OR DELETE ON records_victimturn
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_workingcopy_append_only BEFORE UPDATE OR DELETE ON records_workingcopy
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_youthcheck_append_only BEFORE UPDATE OR DELETE ON records_youthcheck
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
