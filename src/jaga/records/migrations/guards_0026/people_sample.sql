-- What was drawn stays, and its outcome is what two people said alike, or what a third one said; whatever a program does.

CREATE FUNCTION records_sampledtext_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.settled_at IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['outcome', 'settled_at'] IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['outcome', 'settled_at'])) THEN
        RAISE EXCEPTION 'jaga: a drawn text is settled once, and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.settled_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a drawn text begins without an outcome' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.settled_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM records_samplejudgement j WHERE j.text_id = NEW.id AND j.answer IS NOT NULL
        HAVING count(*) FILTER (WHERE j.answer = NEW.outcome) >= 2
            OR count(*) >= 3 AND count(*) FILTER (WHERE j.answer = NEW.outcome) >= 1) THEN
        RAISE EXCEPTION 'jaga: two people alike or a third one settle a drawn text' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_sampledtext_guard BEFORE INSERT OR UPDATE OR DELETE ON records_sampledtext
    FOR EACH ROW EXECUTE FUNCTION records_sampledtext_guard();

-- A judgement is given or left once; nobody judges what is settled, and a third person only where two differ.
CREATE FUNCTION records_samplejudgement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.judged_at IS NOT NULL OR OLD.left_at IS NOT NULL
        OR (NEW.text_id, NEW.person_id) IS DISTINCT FROM (OLD.text_id, OLD.person_id))) THEN
        RAISE EXCEPTION 'jaga: a judgement of a drawn text is given once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.judged_at IS NOT NULL AND (
        EXISTS (SELECT 1 FROM records_sampledtext t WHERE t.id = NEW.text_id AND t.settled_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM records_samplejudgement j WHERE j.text_id = NEW.text_id AND j.id <> NEW.id
                   AND j.answer IS NOT NULL
                   HAVING count(*) >= 3 OR count(*) = 2 AND count(DISTINCT j.answer) = 1)) THEN
        RAISE EXCEPTION 'jaga: this drawn text needs no further judgement' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_samplejudgement_guard BEFORE INSERT OR UPDATE OR DELETE ON records_samplejudgement
    FOR EACH ROW EXECUTE FUNCTION records_samplejudgement_guard();

-- A rule that stopped is switched on again by a person, once; what it stopped for stays on record.
CREATE FUNCTION records_rulesuspension_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.ended_at IS NOT NULL
        OR to_jsonb(NEW) - ARRAY['ended_by_id', 'ended_at', 'why'] IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['ended_by_id', 'ended_at', 'why'])) THEN
        RAISE EXCEPTION 'jaga: a rule is switched on again once, and what it stopped for is not edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND NEW.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a rule stops before it is switched on again' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_rulesuspension_guard BEFORE INSERT OR UPDATE OR DELETE ON records_rulesuspension
    FOR EACH ROW EXECUTE FUNCTION records_rulesuspension_guard();
