-- Notices and letters to operators, and their objections.

-- A notice asks the operator for exactly its action, on the account that was decided on. (A request for data has no
-- action.)
CREATE FUNCTION records_notice_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_action a JOIN records_decision d ON d.id = a.decision_id
                   JOIN records_subject s ON s.id = d.subject_id JOIN records_platform p ON p.id = s.platform_id
                   WHERE a.id = NEW.action_id AND a.kind = NEW.asks_for AND d.case_id = NEW.case_id
                   AND d.subject_id = NEW.subject_id AND s.platform_id = NEW.platform_id
                   AND p.operator_id = NEW.operator_id) THEN
        RAISE EXCEPTION 'jaga: a notice asks for what was decided' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_notice_action_guard BEFORE INSERT ON records_notice
    FOR EACH ROW WHEN (NEW.action_id IS NOT NULL) EXECUTE FUNCTION records_notice_action_guard();

CREATE FUNCTION records_notice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('answered', 'withdrawn') AND NEW.state = 'sent'
       OR (OLD.received_at IS NOT NULL AND NEW.received_at IS DISTINCT FROM OLD.received_at)
       OR (NEW.id, NEW.operator_id, NEW.platform_id, NEW.case_id, NEW.subject_id, NEW.action_id, NEW.asks_for,
           NEW.category, NEW.legal_basis, NEW.facts, NEW.urgent, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.operator_id, OLD.platform_id, OLD.case_id, OLD.subject_id, OLD.action_id,
                            OLD.asks_for, OLD.category, OLD.legal_basis, OLD.facts, OLD.urgent, OLD.created_at) THEN
        RAISE EXCEPTION 'jaga: what a notice asks for, and when it was received, is never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_notice_guard BEFORE UPDATE OR DELETE ON records_notice
    FOR EACH ROW EXECUTE FUNCTION records_notice_guard();

CREATE FUNCTION records_objection_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open'
       OR (NEW.id, NEW.notice_id, NEW.text, NEW.filed_by_id, NEW.filed_at)
          IS DISTINCT FROM (OLD.id, OLD.notice_id, OLD.text, OLD.filed_by_id, OLD.filed_at) THEN
        RAISE EXCEPTION 'jaga: an objection is decided once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_objection_guard BEFORE UPDATE OR DELETE ON records_objection
    FOR EACH ROW EXECUTE FUNCTION records_objection_guard();

CREATE FUNCTION records_operatorletter_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.dropped_at IS NOT NULL
       OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
       OR (NEW.opened_at IS NOT NULL AND NEW.released_at IS NULL)
       OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by_id)
           IS DISTINCT FROM (OLD.released_at, OLD.released_by_id))
       OR (NEW.id, NEW.notice_id, NEW.stage, NEW.number, NEW.body_id, NEW.body_en, NEW.pdf_sha256, NEW.prepared_by_id,
           NEW.prepared_at)
          IS DISTINCT FROM (OLD.id, OLD.notice_id, OLD.stage, OLD.number, OLD.body_id, OLD.body_en, OLD.pdf_sha256,
                            OLD.prepared_by_id, OLD.prepared_at) THEN
        RAISE EXCEPTION 'jaga: a letter is released once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_operatorletter_guard BEFORE UPDATE OR DELETE ON records_operatorletter
    FOR EACH ROW EXECUTE FUNCTION records_operatorletter_guard();

-- Rows that are only ever added.
CREATE TRIGGER records_noticeentry_append_only BEFORE UPDATE OR DELETE ON records_noticeentry
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_receivedhook_append_only BEFORE UPDATE OR DELETE ON records_receivedhook
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
