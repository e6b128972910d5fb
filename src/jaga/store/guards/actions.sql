-- Actions: an action does what its decision permits, to the account that was decided on. Neither changes afterwards.

-- Whether this person has a vote in the decision's case that was not withdrawn, for this measure on this account.
CREATE FUNCTION records_votes_for(decision records_decision, voter bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM records_vote v WHERE v.case_id = decision.case_id AND v.person_id = voter
        AND (v.kind = decision.kind OR (decision.kind = 'redact' AND v.rooms @> decision.rooms))
        AND v.accounts @> to_jsonb(decision.subject_id)
        AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))
$$;

-- Why a decision does not permit an action of this kind; null where it does. `measure` is the decision's own effect,
-- anything else undoes one: `restore` lifts what a decision did, `restrict` leaves what another decision still holds.
CREATE FUNCTION records_action_forbidden(decision records_decision, wanted text, moment timestamptz)
    RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    undone records_decision%ROWTYPE;
BEGIN
    IF decision.kind = 'restore' THEN
        SELECT * INTO undone FROM records_decision WHERE id = decision.overturns_id;
        IF wanted = 'restore' THEN
            IF undone.kind <> 'restrict' AND NOT EXISTS (
                SELECT 1 FROM records_appeal a WHERE a.decision_id = undone.id AND a.state = 'overturned'
                AND a.decided_by_id = decision.decided_by_id) AND NOT EXISTS (
                SELECT 1 FROM records_appealreply y JOIN records_appeal b ON b.id = y.appeal_id
                WHERE (b.decision_id = undone.id OR b.decision_id IN (
                    SELECT h.id FROM records_decision h WHERE h.awaits_id IS NOT NULL
                    AND h.case_id = undone.case_id AND h.subject_id = undone.subject_id))
                AND y.state = 'overturned' AND y.decided_by_id = decision.decided_by_id) THEN
                RETURN 'only an appeal that somebody decided undoes this';
            END IF;
            RETURN NULL;
        END IF;
        IF wanted = 'restrict' AND undone.kind = 'close' AND EXISTS (
            SELECT 1 FROM records_decision o WHERE o.subject_id = decision.subject_id AND o.id <> undone.id
            AND o.kind IN ('restrict', 'close') AND (o.ends_at IS NULL OR o.ends_at > moment)
            AND NOT EXISTS (SELECT 1 FROM records_decision u WHERE u.overturns_id = o.id)) THEN
            RETURN NULL;
        END IF;
        RETURN 'a decision to restore permits no such action';
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision u WHERE u.overturns_id = decision.id) THEN
        RETURN 'the decision was overturned';
    END IF;
    IF wanted = 'restore' AND decision.kind IN ('restrict', 'close') THEN
        IF EXISTS (SELECT 1 FROM records_action m JOIN records_case c ON c.id = decision.case_id
                   WHERE m.decision_id = decision.id AND m.kind = decision.kind
                   AND (m.state = 'ended'
                        OR EXISTS (SELECT 1 FROM records_pendingdecision p
                                   WHERE p.id = decision.awaits_id AND p.ended_at IS NOT NULL)
                        OR (decision.kind = 'restrict' AND (
                        decision.ends_at <= moment OR (decision.provisional AND c.decided_at IS NOT NULL))))) THEN
            RETURN NULL;
        END IF;
        RETURN 'the measure has not ended';
    END IF;
    IF wanted <> (CASE decision.kind WHEN 'refer' THEN 'preserve' ELSE decision.kind END)
       OR wanted NOT IN ('preserve', 'restrict', 'redact', 'close') THEN
        RETURN format('a decision to %s permits no action to %s', decision.kind, wanted);
    END IF;
    IF decision.provisional THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision e WHERE e.case_id = decision.case_id AND NOT e.provisional
               AND e.subject_id = decision.subject_id AND e.kind = decision.kind AND e.id < decision.id) THEN
        RETURN 'its votes were used up by an earlier decision';
    END IF;
    IF NOT records_votes_for(decision, decision.decided_by_id)
       OR (decision.seconded_by_id IS NOT NULL AND NOT records_votes_for(decision, decision.seconded_by_id)) THEN
        RETURN 'it rests on no votes that stand';
    END IF;
    IF decision.kind IN ('close', 'redact') AND (
        decision.seconded_by_id IS NULL OR decision.seconded_by_id = decision.decided_by_id OR NOT EXISTS (
            SELECT 1 FROM records_pendingdecision p JOIN records_vote v ON v.id = p.vote_id
                JOIN records_vote o ON o.id = p.other_id
            WHERE p.case_id = decision.case_id AND (p.ended_at IS NULL OR p.end = 'committed')
              AND v.person_id = decision.decided_by_id AND o.person_id = decision.seconded_by_id)) THEN
        RETURN 'what cannot be undone takes two people and its time';
    END IF;
    RETURN NULL;
END $$;

-- Why a measure that is suspended during an appeal permits no such action on its account; null where it does.
CREATE FUNCTION records_rest_forbidden(decision records_decision, wanted text, rest bigint, moment timestamptz)
    RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    resting records_appealrest%ROWTYPE;
BEGIN
    SELECT r.* INTO resting FROM records_appealrest r JOIN records_appeal a ON a.id = r.appeal_id
    WHERE r.id = rest AND a.decision_id = decision.id AND r.rests;
    IF NOT FOUND OR decision.kind NOT IN ('restrict', 'close') THEN
        RETURN 'nobody let this measure rest';
    END IF;
    IF resting.ended_at IS NULL THEN
        IF wanted = 'restore' OR (wanted = 'restrict' AND decision.kind = 'close') THEN
            RETURN NULL;
        END IF;
        RETURN 'a measure that rests permits no such action';
    END IF;
    IF wanted <> decision.kind THEN
        RETURN 'after its rest only the measure itself goes on';
    END IF;
    RETURN records_action_forbidden(decision, wanted, moment);
END $$;

CREATE FUNCTION records_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision records_decision%ROWTYPE;
    why text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: an action is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.decision_id, NEW.kind, NEW.sequence, NEW.created_at, NEW.rest_id)
           IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.kind, OLD.sequence, OLD.created_at, OLD.rest_id)
           OR (OLD.state IN ('done', 'ended') AND NEW IS DISTINCT FROM OLD) THEN
            RAISE EXCEPTION 'jaga: an action stays what it is, and ends once' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO decision FROM records_decision WHERE id = NEW.decision_id;
    IF NOT FOUND THEN
        RETURN NEW;  -- the foreign key says so
    END IF;
    IF NEW.state <> 'pending' OR NEW.attempts <> 0 THEN
        RAISE EXCEPTION 'jaga: an action begins as a promise' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.rest_id IS NULL THEN
        why := records_action_forbidden(decision, NEW.kind, NEW.created_at);
    ELSE
        why := records_rest_forbidden(decision, NEW.kind, NEW.rest_id, NEW.created_at);
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: no action without its decision: %', why USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_action_guard BEFORE INSERT OR UPDATE OR DELETE ON records_action
    FOR EACH ROW EXECUTE FUNCTION records_action_guard();

-- Rows that are only ever added.
CREATE TRIGGER records_letter_append_only BEFORE UPDATE OR DELETE ON records_letter
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_outcome_append_only BEFORE UPDATE OR DELETE ON records_outcome
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_verification_append_only BEFORE UPDATE OR DELETE ON records_verification
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
