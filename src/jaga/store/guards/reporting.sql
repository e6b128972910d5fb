-- Reports, their mailboxes, consents to quote them, and what of them was set aside.

CREATE FUNCTION records_message_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.read_at IS NOT NULL
       OR (NEW.id, NEW.report_id, NEW.from_us, NEW.kind, NEW.text, NEW.by_id, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.from_us, OLD.kind, OLD.text, OLD.by_id, OLD.at) THEN
        RAISE EXCEPTION 'jaga: a message is never edited, and opened once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_message_guard BEFORE UPDATE OR DELETE ON records_reportmessage
    FOR EACH ROW EXECUTE FUNCTION records_message_guard();

-- Who asked and what was asked never change; each time is written once.
CREATE FUNCTION records_quoteconsent_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.report_id, NEW.sentence, NEW.asked_by_id, NEW.asked_at)
          IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.sentence, OLD.asked_by_id, OLD.asked_at)
       OR (OLD.answered_at IS NOT NULL AND (NEW.agreed, NEW.answered_at) IS DISTINCT FROM (OLD.agreed, OLD.answered_at))
       OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
       OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at) THEN
        RAISE EXCEPTION 'jaga: a consent is answered, withdrawn or used once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_quoteconsent_guard BEFORE UPDATE OR DELETE ON records_quoteconsent
    FOR EACH ROW EXECUTE FUNCTION records_quoteconsent_guard();

CREATE FUNCTION records_withdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a withdrawn report stays withdrawn' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_withdrawal_guard BEFORE UPDATE OF withdrawn_at ON records_report
    FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
    EXECUTE FUNCTION records_withdrawal_guard();

ALTER TABLE records_reporteridentity ADD CONSTRAINT records_identity_is_sealed
    CHECK (SUBSTRING(sealed FROM 1 FOR 3) = 'k1:'::bytea AND length(sealed) >= 600);

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

CREATE FUNCTION records_senders_aside_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_TABLE_NAME = 'records_setasidereport' OR OLD.undone_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['undone_at', 'undone_by_id'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['undone_at', 'undone_by_id'] THEN
        RAISE EXCEPTION 'jaga: setting aside is undone once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_senders_aside_guard BEFORE UPDATE OR DELETE ON records_reportersetaside
    FOR EACH ROW EXECUTE FUNCTION records_senders_aside_guard();
CREATE TRIGGER records_senders_asidereport_guard BEFORE UPDATE OR DELETE ON records_setasidereport
    FOR EACH ROW EXECUTE FUNCTION records_senders_aside_guard();

-- Rows that are only ever added.
CREATE TRIGGER records_evidence_append_only BEFORE UPDATE OR DELETE ON records_evidence
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
