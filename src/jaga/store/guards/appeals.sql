-- Statements of reasons, hearings, appeals, replies, and suspensions of a measure during an appeal: each is written
-- once, by a person who may.

CREATE FUNCTION records_appeal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: an appeal is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'open' OR (
        NEW.id, records_appeal_follows(OLD.decision_id, NEW.decision_id), NEW.text, NEW.filed_at, NEW.due_at, NEW.way,
        NEW.recorded_by_id, NEW.helper, NEW.identity_check, NEW.check_note, NEW.received_on)
        IS DISTINCT FROM (
        OLD.id, OLD.decision_id, OLD.text, OLD.filed_at, OLD.due_at, OLD.way,
        OLD.recorded_by_id, OLD.helper, OLD.identity_check, OLD.check_note, OLD.received_on)) THEN
        RAISE EXCEPTION 'jaga: an appeal is decided once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.asked_at IS NOT NULL AND (NEW.question, NEW.asked_by_id, NEW.asked_at)
       IS DISTINCT FROM (OLD.question, OLD.asked_by_id, OLD.asked_at) THEN
        RAISE EXCEPTION 'jaga: a question to a holder is asked once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by_id = NEW.recorded_by_id THEN
        RAISE EXCEPTION 'jaga: whoever wrote an appeal down does not decide it' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM records_decision d JOIN records_vote v ON v.case_id = d.case_id
        WHERE d.id = NEW.decision_id
        AND v.person_id IN (NEW.decided_by_id, NEW.asked_by_id, NEW.recorded_by_id)) THEN
        RAISE EXCEPTION 'jaga: an appeal is decided by somebody who had no vote in the case'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_appeal_guard BEFORE INSERT OR DELETE ON records_appeal
    FOR EACH ROW EXECUTE FUNCTION records_appeal_guard();
CREATE TRIGGER records_appeal_edit_guard BEFORE UPDATE ON records_appeal FOR EACH ROW
    WHEN (NOT records_only_emptied('appeal', to_jsonb(OLD), to_jsonb(NEW),
                                   ARRAY['text', 'reasons', 'helper', 'check_note', 'question'], 'appeal'))
    EXECUTE FUNCTION records_appeal_guard();

-- Also for the second message. A second answer comes from another person than the first.
CREATE FUNCTION records_appealreply_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.state <> 'open' OR OLD.due_at IS NULL
       OR (NEW.id, NEW.appeal_id, NEW.text, NEW.filed_at, NEW.due_at)
          IS DISTINCT FROM (OLD.id, OLD.appeal_id, OLD.text, OLD.filed_at, OLD.due_at))) THEN
        RAISE EXCEPTION 'jaga: a second message is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id WHERE a.id = NEW.appeal_id
        AND (NEW.decided_by_id IN (a.decided_by_id, a.recorded_by_id)
             OR EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = d.case_id
                        AND v.person_id = NEW.decided_by_id))) THEN
        RAISE EXCEPTION 'jaga: a second message is answered by somebody new' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_appealreply_guard BEFORE INSERT OR DELETE ON records_appealreply
    FOR EACH ROW EXECUTE FUNCTION records_appealreply_guard();
CREATE TRIGGER records_appealreply_edit_guard BEFORE UPDATE ON records_appealreply FOR EACH ROW
    WHEN (NOT records_only_emptied('appealreply', to_jsonb(OLD), to_jsonb(NEW), ARRAY['text', 'reasons'], 'appeal'))
    EXECUTE FUNCTION records_appealreply_guard();

-- Whether a measure is suspended is decided once, by somebody without a vote, while the appeal is open. It ends once.
CREATE FUNCTION records_appealrest_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL
       OR (NEW.id, NEW.appeal_id, NEW.rests, NEW.reasons, NEW.decided_by_id, NEW.decided_at)
          IS DISTINCT FROM (OLD.id, OLD.appeal_id, OLD.rests, OLD.reasons, OLD.decided_by_id, OLD.decided_at))) THEN
        RAISE EXCEPTION 'jaga: that a measure rests is decided once and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND (
        NOT EXISTS (SELECT 1 FROM records_appeal a WHERE a.id = NEW.appeal_id AND a.state = 'open'
                    AND a.recorded_by_id IS DISTINCT FROM NEW.decided_by_id)
        OR EXISTS (SELECT 1 FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id
                   JOIN records_vote v ON v.case_id = d.case_id
                   WHERE a.id = NEW.appeal_id AND v.person_id = NEW.decided_by_id)) THEN
        RAISE EXCEPTION 'jaga: who had no vote decides whether a measure rests' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_appealrest_guard BEFORE INSERT OR UPDATE OR DELETE ON records_appealrest
    FOR EACH ROW EXECUTE FUNCTION records_appealrest_guard();

CREATE FUNCTION records_holdercheck_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.handed_at IS NOT NULL OR OLD.refused_at IS NOT NULL
       OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by_id, NEW.refused_at)
           IS DISTINCT FROM (OLD.released_at, OLD.released_by_id, OLD.refused_at))
       OR to_jsonb(NEW) - ARRAY['released_by_id', 'released_at', 'refused_by_id', 'refused_at', 'why', 'handed_at']
          IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['released_by_id', 'released_at', 'refused_by_id', 'refused_at', 'why', 'handed_at'] THEN
        RAISE EXCEPTION 'jaga: a check of a holder is released and handed over once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_holdercheck_guard BEFORE DELETE ON records_holdercheck
    FOR EACH ROW EXECUTE FUNCTION records_holdercheck_guard();
CREATE TRIGGER records_holdercheck_edit_guard BEFORE UPDATE ON records_holdercheck FOR EACH ROW
    WHEN (NOT records_only_emptied('holdercheck', to_jsonb(OLD), to_jsonb(NEW), ARRAY['how', 'explanation', 'why'],
                                   'appeal'))
    EXECUTE FUNCTION records_holdercheck_guard();

-- Delivery and the first opening are observed once. The last moment for an appeal never gets earlier than the rule of
-- cases/verbs/appeal_window.py gives, and never earlier at all once either was seen.
CREATE FUNCTION records_statement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided timestamptz;
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.decision_id, NEW.body_id, NEW.body_en, NEW.appeal_hash, NEW.created_at, NEW.appeal_days)
          IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.body_id, OLD.body_en, OLD.appeal_hash, OLD.created_at,
                            OLD.appeal_days)
       OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at)
       OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at) THEN
        RAISE EXCEPTION 'jaga: a statement of reasons is never edited' USING ERRCODE = 'check_violation';
    END IF;
    SELECT decided_at INTO decided FROM records_decision WHERE id = NEW.decision_id;
    IF NEW.appeal_until < least(coalesce(NEW.delivered_at, NEW.opened_at, 'infinity'), decided + interval '30 days')
                          + make_interval(days => NEW.appeal_days)
       OR (NEW.appeal_until < OLD.appeal_until AND (OLD.delivered_at IS NOT NULL OR OLD.opened_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'jaga: the time for an appeal is never shortened' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_statement_guard BEFORE UPDATE OR DELETE ON records_statement
    FOR EACH ROW EXECUTE FUNCTION records_statement_guard();

CREATE FUNCTION records_appeal_follows(was bigint, wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (
        SELECT 1 FROM records_decision h JOIN records_decision c ON c.case_id = h.case_id
            AND c.subject_id = h.subject_id AND c.kind = 'close'
        WHERE h.id = was AND h.awaits_id IS NOT NULL AND c.id = wanted) THEN was ELSE wanted END
$$;

-- Rows that are only ever added.
CREATE TRIGGER records_disclosure_append_only BEFORE UPDATE OR DELETE ON records_disclosure
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_disclosurerecall_append_only BEFORE UPDATE OR DELETE ON records_disclosurerecall
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
