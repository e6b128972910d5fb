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

CREATE OR REPLACE FUNCTION records_subject_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
