-- Referrals to the police.

-- Who decided, confirmed and reviewed a referral, and how it ended, is written once and never changed.
CREATE FUNCTION records_referral_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a referral is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.case_id, NEW.at_once, NEW.made_at) IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.at_once, OLD.made_at)
       OR (OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id)
       OR (OLD.state IN ('finished', 'returned', 'retracted') AND NEW.state <> OLD.state)
       OR (OLD.state <> 'drafted' AND (NEW.state = 'drafted' OR (NEW.receiver, NEW.addressed_by_id, NEW.addressed_at)
           IS DISTINCT FROM (OLD.receiver, OLD.addressed_by_id, OLD.addressed_at)))
       OR (OLD.acknowledged_at IS NOT NULL AND (NEW.acknowledged_at, NEW.acknowledged_by, NEW.taken_by)
           IS DISTINCT FROM (OLD.acknowledged_at, OLD.acknowledged_by, OLD.taken_by))
       OR (OLD.reviewed_at IS NOT NULL AND (NEW.reviewed_at, NEW.reviewed_by_id, NEW.rightly, NEW.review_reasons)
           IS DISTINCT FROM (OLD.reviewed_at, OLD.reviewed_by_id, OLD.rightly, OLD.review_reasons))
       OR (OLD.outcome_at IS NOT NULL AND (NEW.outcome_at, NEW.outcome) IS DISTINCT FROM (OLD.outcome_at, OLD.outcome))
    THEN
        RAISE EXCEPTION 'jaga: what was said of a referral is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_referral_guard BEFORE UPDATE OR DELETE ON records_referral
    FOR EACH ROW EXECUTE FUNCTION records_referral_guard();

ALTER TABLE records_referral ADD CONSTRAINT records_referral_is_sealed
    CHECK (sealed IS NULL OR SUBSTRING(sealed FROM 1 FOR 5) = '\x6741414141'::bytea AND length(sealed) >= 1440);
