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

DROP TRIGGER records_personcheck_guard ON records_personcheck;
CREATE TRIGGER records_personcheck_guard BEFORE DELETE ON records_personcheck
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_personcheck_edit_guard BEFORE UPDATE ON records_personcheck FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['note'])
               AND records_personrequest_is_over(OLD.request_id)))
    EXECUTE FUNCTION records_privacy_only_added();

DROP TRIGGER records_correctionnote_guard ON records_correctionnote;
CREATE TRIGGER records_correctionnote_guard BEFORE DELETE ON records_correctionnote
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_correctionnote_edit_guard BEFORE UPDATE ON records_correctionnote FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['text'])
               AND records_correction_is_over(OLD.report_id, OLD.subject_id)))
    EXECUTE FUNCTION records_privacy_only_added();

DROP TRIGGER records_personanswer_guard ON records_personanswer;
CREATE TRIGGER records_personanswer_guard BEFORE INSERT OR DELETE ON records_personanswer
    FOR EACH ROW EXECUTE FUNCTION records_personanswer_guard();
CREATE TRIGGER records_personanswer_edit_guard BEFORE UPDATE ON records_personanswer FOR EACH ROW
    WHEN (NOT (records_only_deleted(to_jsonb(OLD), to_jsonb(NEW), ARRAY['text', 'note', 'why'])
               AND records_personrequest_is_over(OLD.request_id)))
    EXECUTE FUNCTION records_personanswer_guard();

-- A helper's name in an appeal goes with the appeal's key too, not only with its period.
CREATE OR REPLACE FUNCTION records_only_emptied(row_table text, was jsonb, becomes jsonb, words text[], of_kind text)
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
