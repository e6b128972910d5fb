-- An answer to the holder of an account also grants the erasure of cases in which it was decided with another.
CREATE OR REPLACE FUNCTION records_erasedkey_asked() RETURNS trigger LANGUAGE plpgsql AS $$
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
