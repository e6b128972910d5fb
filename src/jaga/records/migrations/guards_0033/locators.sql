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
DROP TRIGGER records_locatorversion_append_only ON records_locatorversion;
CREATE TRIGGER records_locatorversion_guard BEFORE DELETE ON records_locatorversion
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_locatorversion_edit_guard BEFORE UPDATE ON records_locatorversion FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['locator'])
               AND records_request_is_erased(OLD.request_id)))
    EXECUTE FUNCTION records_privacy_only_added();
