-- Retention: what binds a case keeps its data, whatever a program or a clock says; a legal hold takes two people.

CREATE FUNCTION records_hold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (
        OLD.ended_at IS NOT NULL
        OR (OLD.confirmed_at IS NOT NULL AND (NEW.confirmed_at, NEW.confirmed_by_id)
            IS DISTINCT FROM (OLD.confirmed_at, OLD.confirmed_by_id))
        OR to_jsonb(NEW) - ARRAY['confirmed_by_id', 'confirmed_at', 'ended_by_id', 'ended_at', 'ended_why']
           IS DISTINCT FROM
           to_jsonb(OLD) - ARRAY['confirmed_by_id', 'confirmed_at', 'ended_by_id', 'ended_at', 'ended_why'])) THEN
        RAISE EXCEPTION 'jaga: a legal hold is confirmed and ended once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND (NEW.confirmed_at IS NOT NULL OR NEW.ended_at IS NOT NULL OR (
        NEW.extends_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM records_legalhold h WHERE h.id = NEW.extends_id AND h.case_id = NEW.case_id))) THEN
        RAISE EXCEPTION 'jaga: a legal hold begins with one person, and extends one of the same case'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_hold_guard BEFORE INSERT OR UPDATE OR DELETE ON records_legalhold
    FOR EACH ROW EXECUTE FUNCTION records_hold_guard();

-- The program computes more of it (`records.access.privacy.bindings`); this holds even if the program is wrong.
CREATE FUNCTION records_erasure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.state = 'resolved' AND NOT c.canary
                   AND c.resolved_at < NEW.at) THEN
        RAISE EXCEPTION 'jaga: nothing of an open case is deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_legalhold h WHERE h.case_id = NEW.case_id AND h.ended_at IS NULL
               AND h.ends_at > NEW.at AND (h.confirmed_at IS NOT NULL OR h.confirm_until > NEW.at)) THEN
        RAISE EXCEPTION 'jaga: nothing under a legal hold is deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_retentionpostponement p WHERE p.case_id = NEW.case_id AND p.ends_at > NEW.at) THEN
        RAISE EXCEPTION 'jaga: nothing that a person postponed is deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision d LEFT JOIN records_statement s ON s.decision_id = d.id
               LEFT JOIN records_appeal a ON a.decision_id = d.id
               LEFT JOIN records_appealreply r ON r.appeal_id = a.id
               LEFT JOIN records_strike k ON k.decision_id = d.id AND k.withdrawn_at IS NULL
               WHERE d.case_id = NEW.case_id
               AND (s.appeal_until > NEW.at AND d.overturns_id IS NULL
                    AND NOT EXISTS (SELECT 1 FROM records_decision o WHERE o.overturns_id = d.id)
                    OR a.state = 'open' OR r.due_at IS NOT NULL AND r.state = 'open' OR k.expires_at > NEW.at
                    OR EXISTS (SELECT 1 FROM records_action x WHERE x.decision_id = d.id
                               AND x.state IN ('pending', 'waiting', 'stuck')))) THEN
        RAISE EXCEPTION 'jaga: nothing is deleted that an appeal, a strike or an action still needs'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_erasure_guard BEFORE INSERT ON records_retentionerasure
    FOR EACH ROW EXECUTE FUNCTION records_erasure_guard();
CREATE TRIGGER records_retentionerasure_append_only BEFORE UPDATE OR DELETE ON records_retentionerasure
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_retentionpostponement_append_only BEFORE UPDATE OR DELETE ON records_retentionpostponement
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_accesslogerasure_append_only BEFORE UPDATE OR DELETE ON records_accesslogerasure
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

-- Words that are never edited may be emptied where the deletion of their kind is on record. A sealed text is replaced by
-- a short sealed one.
CREATE FUNCTION records_case_of(row_table text, was jsonb) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE row_table
        WHEN 'appeal' THEN (SELECT d.case_id FROM records_decision d WHERE d.id = (was->>'decision_id')::bigint)
        WHEN 'holdercheck' THEN (SELECT d.case_id FROM records_decision d WHERE d.id = (was->>'decision_id')::bigint)
        WHEN 'appealreply' THEN (SELECT d.case_id FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id
                                 WHERE a.id = (was->>'appeal_id')::bigint)
        WHEN 'hearinganswer' THEN (SELECT h.case_id FROM records_hearing h WHERE h.id = (was->>'hearing_id')::bigint)
        WHEN 'traininganswer' THEN (SELECT g.case_id FROM records_goldencase g WHERE g.id = (was->>'golden_id')::bigint)
        ELSE (was->>'case_id')::bigint END
$$;
CREATE FUNCTION records_only_emptied(row_table text, was jsonb, becomes jsonb, words text[], of_kind text)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN was - words = becomes - words
        AND NOT EXISTS (SELECT 1 FROM unnest(words) AS word WHERE becomes->>word IS DISTINCT FROM was->>word
                        AND becomes->>word NOT IN ('', '[dihapus / deleted]')
                        AND (becomes->>word NOT LIKE 'k1:%' OR length(becomes->>word) > 250))
        AND EXISTS (SELECT 1 FROM records_retentionerasure e
                    WHERE e.case_id = records_case_of(row_table, was) AND e.kind = of_kind);
END $$;

DROP TRIGGER records_appeal_guard ON records_appeal;
CREATE TRIGGER records_appeal_guard BEFORE INSERT OR DELETE ON records_appeal
    FOR EACH ROW EXECUTE FUNCTION records_appeal_guard();
CREATE TRIGGER records_appeal_edit_guard BEFORE UPDATE ON records_appeal FOR EACH ROW
    WHEN (NOT records_only_emptied('appeal', to_jsonb(OLD), to_jsonb(NEW),
                                   ARRAY['text', 'reasons', 'helper', 'check_note', 'question'], 'appeal'))
    EXECUTE FUNCTION records_appeal_guard();

DROP TRIGGER records_appealreply_guard ON records_appealreply;
CREATE TRIGGER records_appealreply_guard BEFORE INSERT OR DELETE ON records_appealreply
    FOR EACH ROW EXECUTE FUNCTION records_appealreply_guard();
CREATE TRIGGER records_appealreply_edit_guard BEFORE UPDATE ON records_appealreply FOR EACH ROW
    WHEN (NOT records_only_emptied('appealreply', to_jsonb(OLD), to_jsonb(NEW), ARRAY['text', 'reasons'], 'appeal'))
    EXECUTE FUNCTION records_appealreply_guard();

DROP TRIGGER records_hearinganswer_guard ON records_hearinganswer;
CREATE TRIGGER records_hearinganswer_guard BEFORE DELETE ON records_hearinganswer
    FOR EACH ROW EXECUTE FUNCTION records_hearinganswer_guard();
CREATE TRIGGER records_hearinganswer_edit_guard BEFORE UPDATE ON records_hearinganswer FOR EACH ROW
    WHEN (NOT records_only_emptied('hearinganswer', to_jsonb(OLD), to_jsonb(NEW), ARRAY['text'], 'appeal'))
    EXECUTE FUNCTION records_hearinganswer_guard();

DROP TRIGGER records_holdercheck_guard ON records_holdercheck;
CREATE TRIGGER records_holdercheck_guard BEFORE DELETE ON records_holdercheck
    FOR EACH ROW EXECUTE FUNCTION records_holdercheck_guard();
CREATE TRIGGER records_holdercheck_edit_guard BEFORE UPDATE ON records_holdercheck FOR EACH ROW
    WHEN (NOT records_only_emptied('holdercheck', to_jsonb(OLD), to_jsonb(NEW), ARRAY['how', 'explanation', 'why'],
                                   'appeal'))
    EXECUTE FUNCTION records_holdercheck_guard();

DROP TRIGGER records_blind_review_guard ON records_blindreview;
CREATE TRIGGER records_blind_review_guard BEFORE INSERT OR DELETE ON records_blindreview
    FOR EACH ROW EXECUTE FUNCTION records_blind_review_guard();
CREATE TRIGGER records_blind_review_edit_guard BEFORE UPDATE ON records_blindreview FOR EACH ROW
    WHEN (NOT records_only_emptied('blindreview', to_jsonb(OLD), to_jsonb(NEW), ARRAY['reasons', 'note'], 'training'))
    EXECUTE FUNCTION records_blind_review_guard();

DROP TRIGGER records_traininganswer_guard ON records_traininganswer;
CREATE TRIGGER records_traininganswer_guard BEFORE DELETE ON records_traininganswer
    FOR EACH ROW EXECUTE FUNCTION records_traininganswer_guard();
CREATE TRIGGER records_traininganswer_edit_guard BEFORE UPDATE ON records_traininganswer FOR EACH ROW
    WHEN (NOT records_only_emptied('traininganswer', to_jsonb(OLD), to_jsonb(NEW), ARRAY['reasons'], 'training'))
    EXECUTE FUNCTION records_traininganswer_guard();

-- The access log: a whole sealed range at a time, once its deletion is on record. Neither role may delete an entry.
CREATE FUNCTION records_access_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_accesslogerasure e JOIN records_accesslogseal s ON s.id = e.seal_id
                   WHERE OLD.id BETWEEN s.first AND s.last) THEN
        RAISE EXCEPTION 'jaga: % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'check_violation';
    END IF;
    RETURN OLD;
END $$;
DROP TRIGGER records_accessevent_append_only ON records_accessevent;
CREATE TRIGGER records_accessevent_append_only BEFORE UPDATE ON records_accessevent
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_accessevent_kept BEFORE DELETE ON records_accessevent
    FOR EACH ROW EXECUTE FUNCTION records_access_kept();
CREATE FUNCTION records_forget_access_log(range_of bigint, most integer) RETURNS bigint LANGUAGE plpgsql
SECURITY DEFINER AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM records_accessevent a USING (
        SELECT e2.id FROM records_accessevent e2 JOIN records_accesslogseal s ON e2.id BETWEEN s.first AND s.last
        WHERE s.id = range_of ORDER BY e2.id LIMIT most) AS old WHERE a.id = old.id;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

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
DECLARE
    named regprocedure;
BEGIN
    FOR named IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN (
        'records_case_of', 'records_only_emptied', 'records_forget_access_log', 'records_forget_sign_in') LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', named, current_schema());
    END LOOP;
END $$;
