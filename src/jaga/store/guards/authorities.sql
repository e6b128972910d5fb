-- Orders of authorities, and requests held until a call-back.

CREATE FUNCTION records_held_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'held'
       OR (NEW.id, NEW.reason, NEW.address, NEW.claimed, NEW.body_sha256, NEW.body_size, NEW.signed_headers,
           NEW.received_at)
          IS DISTINCT FROM (OLD.id, OLD.reason, OLD.address, OLD.claimed, OLD.body_sha256, OLD.body_size,
                            OLD.signed_headers, OLD.received_at) THEN
        RAISE EXCEPTION 'jaga: what was held is kept as it came, and decided once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_held_guard BEFORE UPDATE OR DELETE ON records_heldrequest
    FOR EACH ROW EXECUTE FUNCTION records_held_guard();

CREATE FUNCTION records_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
       OR to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_why' IS DISTINCT FROM
          to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_why' THEN
        RAISE EXCEPTION 'jaga: an order is never edited, and withdrawn once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_order_guard BEFORE UPDATE OR DELETE ON records_order
    FOR EACH ROW EXECUTE FUNCTION records_order_guard();

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

-- Where a reported account or text stands is deleted with the words of its request; nothing else of it changes.

CREATE FUNCTION records_report_is_erased(report bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM records_report r JOIN records_erasedkey e ON e.kind = 'report' AND e.number = r.key_number
                   WHERE r.id = report)
$$;

CREATE FUNCTION records_request_is_erased(request bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM records_authorityrequest a WHERE a.id = request AND records_report_is_erased(a.report_id))
$$;
CREATE TRIGGER records_authorityrequest_edit_guard BEFORE UPDATE OF locator ON records_authorityrequest FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['locator'])
               AND records_report_is_erased(OLD.report_id)))
    EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_locatorversion_guard BEFORE DELETE ON records_locatorversion
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_locatorversion_edit_guard BEFORE UPDATE ON records_locatorversion FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['locator'])
               AND records_request_is_erased(OLD.request_id)))
    EXECUTE FUNCTION records_privacy_only_added();

-- Rows that are only ever added.
CREATE TRIGGER records_emergencyhold_append_only BEFORE UPDATE OR DELETE ON records_emergencyhold
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_signedonce_append_only BEFORE UPDATE OR DELETE ON records_signedonce
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
