-- Roles, clearances, registrations and keys of people.

CREATE FUNCTION records_clearance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a clearance is ended, never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.person_id, NEW.clearance, NEW.reason, NEW.given_by_id, NEW.given_at, NEW.expires_at)
       IS DISTINCT FROM (OLD.person_id, OLD.clearance, OLD.reason, OLD.given_by_id, OLD.given_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'jaga: a clearance is ended, never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_clearance_guard BEFORE UPDATE OR DELETE ON records_personclearance
    FOR EACH ROW EXECUTE FUNCTION records_clearance_guard();

CREATE FUNCTION records_flagger_suspension_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR (NEW.organisation_id, NEW.began_at, NEW.began_by_id, NEW.why)
          IS DISTINCT FROM (OLD.organisation_id, OLD.began_at, OLD.began_by_id, OLD.why) THEN
        RAISE EXCEPTION 'jaga: a suspension is kept as it was, and ends once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_flagger_suspension_guard BEFORE UPDATE OR DELETE ON records_flaggersuspension
    FOR EACH ROW EXECUTE FUNCTION records_flagger_suspension_guard();

CREATE FUNCTION records_registration_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a registration is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.person_id <> OLD.person_id OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS DISTINCT FROM OLD.removed_at)
    THEN
        RAISE EXCEPTION 'jaga: a removed officer stays removed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_registration_guard BEFORE UPDATE OR DELETE ON records_officerregistration
    FOR EACH ROW EXECUTE FUNCTION records_registration_guard();

-- Officers and flaggers have no other role: whoever sends requests neither administers nor votes.
CREATE FUNCTION records_role_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE its_kind text;
BEGIN
    SELECT o.kind INTO its_kind FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id
        WHERE p.id = NEW.person_id;
    IF (its_kind = 'flagger' AND NEW.role NOT IN ('flagger', 'auditor'))
       OR (its_kind IN ('ministry', 'police', 'agency') AND NEW.role NOT IN ('officer', 'auditor')
           AND NOT EXISTS (SELECT 1 FROM records_installation WHERE host_kind = 'authority')) THEN
        RAISE EXCEPTION 'jaga: somebody of that organisation cannot be %', NEW.role USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_role_guard BEFORE INSERT OR UPDATE ON records_personrole
    FOR EACH ROW EXECUTE FUNCTION records_role_guard();

-- Rows of sign-in that are over. The worker has no right to these tables: it neither reads a session nor ends one.
CREATE FUNCTION records_forget_sign_in(moment timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER AS $$
DECLARE
    gone bigint;
    total bigint;
BEGIN
    DELETE FROM django_session WHERE session_key IN (
        SELECT session_key FROM django_session WHERE expire_date < moment LIMIT most);
    GET DIAGNOSTICS total = ROW_COUNT;
    DELETE FROM usersessions_usersession u WHERE u.id IN (
        SELECT s.id FROM usersessions_usersession s WHERE s.last_seen_at < moment
        AND NOT EXISTS (SELECT 1 FROM django_session d WHERE d.session_key = s.session_key) LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
    UPDATE records_officerregistration SET invitation_hash = NULL, invitation_until = NULL WHERE id IN (
        SELECT r.id FROM records_officerregistration r WHERE r.invitation_until < moment - interval '30 days' LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN total + gone;
END $$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION records_forget_sign_in(timestamptz, integer) SET search_path = %I, pg_temp', current_schema());
END $$;
