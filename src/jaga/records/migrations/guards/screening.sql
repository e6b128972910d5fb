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
