-- Cases and accounts: columns that never change, and who may hold a case that needs a clearance.

-- An urgent or victim-first case is in no cluster, whatever writes the row: it is reviewed by itself.
CREATE FUNCTION records_case_stands_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.cluster_id := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER records_case_stands_apart BEFORE INSERT OR UPDATE ON records_case
    FOR EACH ROW WHEN (NEW.cluster_id IS NOT NULL AND (NEW.urgent OR NEW.victim_first))
    EXECUTE FUNCTION records_case_stands_apart();

CREATE FUNCTION records_lease_clearance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needed text;
BEGIN
    SELECT clearance INTO needed FROM records_case WHERE id = NEW.case_id;
    IF needed <> '' AND NOT EXISTS (
        SELECT 1 FROM records_personclearance c WHERE c.person_id = NEW.holder_id AND c.clearance = needed
        AND c.ended_at IS NULL AND c.expires_at > NEW.taken_at) THEN
        RAISE EXCEPTION 'jaga: a case that needs a clearance is held by the cleared alone'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_lease_clearance BEFORE INSERT ON records_lease
    FOR EACH ROW EXECUTE FUNCTION records_lease_clearance();

-- The name of an account goes once the words of each case about it are erased: nothing that is kept says any more what
-- it was accused of, so nothing may say whom.
CREATE FUNCTION records_account_is_forgotten(account bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM records_case c
        WHERE (c.subject_id = account
               OR c.id IN (SELECT l.case_id FROM records_linkedaccount l WHERE l.subject_id = account)
               OR c.id IN (SELECT r.case_id FROM records_report r WHERE r.subject_id = account)
               OR c.id IN (SELECT d.case_id FROM records_decision d WHERE d.subject_id = account))
          AND NOT EXISTS (SELECT FROM records_erasedkey e WHERE e.kind = 'case' AND e.number = c.key_number))
    AND NOT EXISTS (SELECT FROM records_report r WHERE r.subject_id = account AND r.case_id IS NULL)
$$;

CREATE FUNCTION records_subject_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.platform_id = OLD.platform_id AND NEW.kind = OLD.kind AND NEW.handle = ''
       AND NEW.account_id ~ '^\[dihapus / deleted\] [0-9a-f]{16}$' AND records_account_is_forgotten(OLD.id) THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision d WHERE d.subject_id = OLD.id AND d.kind <> 'dismiss')
       OR EXISTS (SELECT 1 FROM records_vote v
                  WHERE v.kind <> 'dismiss' AND v.accounts @> jsonb_build_array(OLD.id)) THEN
        RAISE EXCEPTION 'jaga: an account that was judged stays that account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_subject_guard BEFORE UPDATE OF platform_id, kind, account_id ON records_subject
    FOR EACH ROW WHEN ((NEW.platform_id, NEW.kind, NEW.account_id)
                       IS DISTINCT FROM (OLD.platform_id, OLD.kind, OLD.account_id))
    EXECUTE FUNCTION records_subject_guard();

-- A real case never becomes a canary, which would take it out of the figures, nor a canary a real case.
CREATE FUNCTION records_canary_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a case is a canary from the beginning, or never' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_canary_guard BEFORE UPDATE OF canary ON records_case
    FOR EACH ROW WHEN (OLD.canary IS DISTINCT FROM NEW.canary) EXECUTE FUNCTION records_canary_guard();
