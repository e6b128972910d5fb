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

CREATE FUNCTION records_signing_key_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL
       OR to_jsonb(NEW) - 'revoked_at' IS DISTINCT FROM to_jsonb(OLD) - 'revoked_at' THEN
        RAISE EXCEPTION 'jaga: a signing key is revoked once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_signing_key_guard BEFORE UPDATE OR DELETE ON records_signingkey
    FOR EACH ROW EXECUTE FUNCTION records_signing_key_guard();
