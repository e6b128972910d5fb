-- Keys, retention, legal holds, requests about own data, and breaches of it.

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

-- A helper's name in an appeal goes with the appeal's key too, not only with its period.
CREATE FUNCTION records_only_emptied(row_table text, was jsonb, becomes jsonb, words text[], of_kind text)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN was - words = becomes - words
        AND NOT EXISTS (SELECT 1 FROM unnest(words) AS word WHERE becomes->>word IS DISTINCT FROM was->>word
                        AND becomes->>word NOT IN ('', '[dihapus / deleted]')
                        AND (becomes->>word NOT LIKE 'k1:%' OR length(becomes->>word) > 250))
        AND (EXISTS (SELECT 1 FROM records_retentionerasure e
                     WHERE e.case_id = records_case_of(row_table, was) AND e.kind = of_kind)
             OR of_kind = 'appeal' AND EXISTS (
                 SELECT 1 FROM records_erasedkey e JOIN records_case c ON c.key_number = e.number
                 WHERE e.kind = 'appeal' AND c.id = records_case_of(row_table, was)));
END $$;

-- What persons and the team wrote in requests about own data is replaced when it is over; nothing else of it changes.

CREATE FUNCTION records_only_deleted(was jsonb, becomes jsonb, words text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT was - words = becomes - words AND NOT EXISTS (
        SELECT FROM unnest(words) AS word
        WHERE becomes->>word IS DISTINCT FROM was->>word AND becomes->>word <> '[dihapus / deleted]')
$$;

CREATE FUNCTION records_personrequest_is_over(request bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM records_personrequest q WHERE q.id = request AND q.ended_at IS NOT NULL)
$$;

CREATE FUNCTION records_correction_is_over(report bigint, account bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM records_report r JOIN records_erasedkey e ON e.kind = 'report' AND e.number = r.key_number
                   WHERE r.id = report)
        OR EXISTS (SELECT FROM records_subject s WHERE s.id = account AND s.account_id LIKE '[dihapus / deleted] %')
$$;

-- The numbers of keys, in steps of `key_numbers.BLOCK`.
CREATE SEQUENCE records_case_key_numbers INCREMENT BY 64 OWNED BY records_case.key_number;
CREATE SEQUENCE records_report_key_numbers INCREMENT BY 64 OWNED BY records_report.key_number;

-- Whose key it is, is said once; what is erased stays erased.

CREATE FUNCTION records_key_number_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: the number of a key is given once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_case_key_number_stays BEFORE UPDATE OF key_number ON records_case
    FOR EACH ROW WHEN (NEW.key_number IS DISTINCT FROM OLD.key_number) EXECUTE FUNCTION records_key_number_stays();
CREATE TRIGGER records_report_key_number_stays BEFORE UPDATE OF key_number ON records_report
    FOR EACH ROW WHEN (NEW.key_number IS DISTINCT FROM OLD.key_number) EXECUTE FUNCTION records_key_number_stays();

CREATE FUNCTION records_erasedkey_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.done_at IS NOT NULL
       OR (NEW.id, NEW.kind, NEW.number, NEW.rule, NEW.at) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.number, OLD.rule, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an erasure is only ever finished' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_erasedkey_guard BEFORE UPDATE OR DELETE ON records_erasedkey
    FOR EACH ROW EXECUTE FUNCTION records_erasedkey_guard();

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

-- The program computes more of it (`privacy.reads.bindings`); this holds even if the program is wrong.
-- What was held until a moment ago, and what an answered appeal may still be answered with, is not deleted.
CREATE FUNCTION records_erasure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.state = 'resolved' AND NOT c.canary
                   AND c.resolved_at < NEW.at) THEN
        RAISE EXCEPTION 'jaga: nothing of an open case is deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_legalhold h WHERE h.case_id = NEW.case_id
               AND (h.ended_at > NEW.at - interval '24 hours' OR h.ended_at IS NULL AND h.ends_at > NEW.at
                    AND (h.confirmed_at IS NOT NULL OR h.confirm_until > NEW.at))) THEN
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
                    OR a.state = 'upheld' AND r.id IS NULL AND a.decided_at > NEW.at - interval '30 days'
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

CREATE FUNCTION records_personrequest_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a request of a person is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['state', 'sealed', 'assigned_to_id', 'assigned_at', 'ended_at'] IS DISTINCT FROM
       to_jsonb(OLD) - ARRAY['state', 'sealed', 'assigned_to_id', 'assigned_at', 'ended_at']
       OR (NEW.sealed IS NOT NULL AND NEW.sealed IS DISTINCT FROM OLD.sealed)
       OR (NEW.sealed IS NULL AND OLD.sealed IS NOT NULL AND NEW.ended_at IS NULL)
       OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.state <> OLD.state)) THEN
        RAISE EXCEPTION 'jaga: a request of a person ends once, and what was asked is never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM records_personanswer a WHERE a.request_id = NEW.id AND a.released_at IS NOT NULL
            AND a.granted = (NEW.state = 'answered')) THEN
        RAISE EXCEPTION 'jaga: a request of a person ends with a released answer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_personrequest_guard BEFORE UPDATE OR DELETE ON records_personrequest
    FOR EACH ROW EXECUTE FUNCTION records_personrequest_guard();

CREATE FUNCTION records_personanswer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.released_at IS NOT NULL OR NEW.returned_at IS NOT NULL OR NEW.handed_at IS NOT NULL THEN
            RAISE EXCEPTION 'jaga: an answer to a person begins as a draft' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.granted AND NOT EXISTS (SELECT 1 FROM records_personrequest r WHERE r.id = NEW.request_id
                AND r.proof = 'receipt')
           AND NOT EXISTS (SELECT 1 FROM records_personcheck c WHERE c.request_id = NEW.request_id) THEN
            RAISE EXCEPTION 'jaga: nothing is granted before somebody checked who asks'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - ARRAY['released_by_id', 'released_at', 'returned_by_id', 'returned_at', 'why', 'handed_by_id',
                                'handed_at'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['released_by_id', 'released_at', 'returned_by_id', 'returned_at', 'why', 'handed_by_id',
                                'handed_at']
       OR (OLD.released_at IS NOT NULL AND (NEW.released_at IS DISTINCT FROM OLD.released_at
                                            OR NEW.released_by_id IS DISTINCT FROM OLD.released_by_id))
       OR (OLD.returned_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD))
       OR (OLD.handed_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'jaga: an answer to a person is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.released_at IS NOT NULL AND OLD.released_at IS NULL AND EXISTS (
        SELECT 1 FROM records_personcheck c WHERE c.request_id = NEW.request_id AND c.checked_by_id = NEW.released_by_id
            AND c.id = (SELECT max(id) FROM records_personcheck WHERE request_id = NEW.request_id)) THEN
        RAISE EXCEPTION 'jaga: whoever checked a person does not release the answer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_personanswer_guard BEFORE INSERT OR DELETE ON records_personanswer
    FOR EACH ROW EXECUTE FUNCTION records_personanswer_guard();
CREATE TRIGGER records_personanswer_edit_guard BEFORE UPDATE ON records_personanswer FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['text', 'note', 'why'])
               AND records_personrequest_is_over(OLD.request_id)))
    EXECUTE FUNCTION records_personanswer_guard();

CREATE FUNCTION records_breach_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['lessons', 'closed_by_id', 'closed_at'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['lessons', 'closed_by_id', 'closed_at'] THEN
        RAISE EXCEPTION 'jaga: a breach is closed once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_breach_guard BEFORE UPDATE OR DELETE ON records_breach
    FOR EACH ROW EXECUTE FUNCTION records_breach_guard();

CREATE FUNCTION records_privacy_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: % is only added to', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_personcheck_guard BEFORE DELETE ON records_personcheck
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_personcheck_edit_guard BEFORE UPDATE ON records_personcheck FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['note'])
               AND records_personrequest_is_over(OLD.request_id)))
    EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_correctionnote_guard BEFORE DELETE ON records_correctionnote
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_correctionnote_edit_guard BEFORE UPDATE ON records_correctionnote FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['text'])
               AND records_correction_is_over(OLD.report_id, OLD.subject_id)))
    EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_breachscope_guard BEFORE UPDATE OR DELETE ON records_breachscope
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_breachnotice_guard BEFORE UPDATE OR DELETE ON records_breachnotice
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();

-- Who may not finish erasures, as the web part, records those alone that a released answer grants: an injection of SQL
-- there must not destroy every key. Each needs its answer of the last hour, and a day has at most 100. An answer to the
-- holder of an account also grants the erasure of cases in which it was decided with another.
CREATE FUNCTION records_erasedkey_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF has_column_privilege('records_erasedkey', 'done_at', 'UPDATE') THEN
        RETURN NULL;
    END IF;
    IF (SELECT count(*) FROM records_personanswer a JOIN records_personrequest q ON q.id = a.request_id
        WHERE q.kind = 'erasure' AND a.granted AND a.released_at > now() - interval '1 day') > 100 THEN
        RAISE EXCEPTION 'jaga: more erasures were granted today than a day may have' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        WITH asked AS MATERIALIZED (
            SELECT q.report_id, (SELECT c.subject_id FROM records_personcheck c WHERE c.request_id = q.id
                                 ORDER BY c.id DESC LIMIT 1) AS subject_id
            FROM records_personanswer a JOIN records_personrequest q ON q.id = a.request_id
            WHERE q.kind = 'erasure' AND a.granted
                AND a.released_at BETWEEN now() - interval '1 hour' AND now() + interval '1 hour')
        SELECT 1 FROM erased e WHERE NOT EXISTS (
            SELECT 1 FROM asked, records_report r LEFT JOIN records_case c ON c.id = r.case_id
            WHERE e.kind = 'report' AND r.key_number = e.number
                AND CASE WHEN asked.report_id IS NULL
                    THEN c.subject_id = asked.subject_id OR r.subject_id = asked.subject_id
                    ELSE r.id = asked.report_id END)
        AND NOT EXISTS (
            SELECT 1 FROM asked, records_case c
            WHERE e.kind <> 'report' AND c.key_number = e.number AND asked.report_id IS NULL
                AND (c.subject_id = asked.subject_id OR EXISTS (
                    SELECT 1 FROM records_decision d WHERE d.case_id = c.id AND d.subject_id = asked.subject_id)))) THEN
        RAISE EXCEPTION 'jaga: nobody granted this erasure' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_erasedkey_asked AFTER INSERT ON records_erasedkey
    REFERENCING NEW TABLE AS erased FOR EACH STATEMENT EXECUTE FUNCTION records_erasedkey_asked();

-- Rows that are only ever added.
CREATE TRIGGER records_accesslogerasure_append_only BEFORE UPDATE OR DELETE ON records_accesslogerasure
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_retentionerasure_append_only BEFORE UPDATE OR DELETE ON records_retentionerasure
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_retentionpostponement_append_only BEFORE UPDATE OR DELETE ON records_retentionpostponement
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION records_case_of(text, jsonb) SET search_path = %I, pg_temp', current_schema());
END $$;
