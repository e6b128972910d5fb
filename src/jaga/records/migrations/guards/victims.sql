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
