-- Blind reviews, training, alarms about canary cases, and the access log.

-- Reads how far the access log is written, after whoever is writing it. That needs a lock for which the worker has no
-- right, so it runs with the owner's rights, on a fixed search path.
CREATE FUNCTION records_access_log_written() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    LOCK TABLE records_accessevent IN SHARE ROW EXCLUSIVE MODE;
    RETURN (SELECT coalesce(max(id), 0) FROM records_accessevent);
END $$;

-- The alarm is written in the same commit as the access: no code can forget it.
CREATE FUNCTION records_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_case WHERE id = NEW.case_id AND canary) THEN
        INSERT INTO records_alarm (case_id, person_id, what, at, note)
        VALUES (NEW.case_id, NEW.person_id, NEW.what, NEW.at, '')
        ON CONFLICT (case_id, person_id) WHERE acknowledged_at IS NULL DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_alarm AFTER INSERT ON records_accessevent
    FOR EACH ROW WHEN (NEW.case_id IS NOT NULL) EXECUTE FUNCTION records_alarm();

CREATE FUNCTION records_alarm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.person_id, NEW.what, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.person_id, OLD.what, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an alarm is acknowledged once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_alarm_guard BEFORE UPDATE OR DELETE ON records_alarm
    FOR EACH ROW EXECUTE FUNCTION records_alarm_guard();

CREATE FUNCTION records_blind_review_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a judgement is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.judged_at IS NOT NULL
       AND (OLD.seen_at IS NOT NULL
            OR (NEW.id, NEW.case_id, NEW.golden_id, NEW.drawn_at, NEW.person_id, NEW.taken_at, NEW.kind, NEW.reasons,
                NEW.judged_at, NEW.agrees)
               IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.golden_id, OLD.drawn_at, OLD.person_id, OLD.taken_at,
                                 OLD.kind, OLD.reasons, OLD.judged_at, OLD.agrees)) THEN
        RAISE EXCEPTION 'jaga: a case is judged again once, and that is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.person_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.judged_at IS NULL) AND EXISTS (
        SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'jaga: a case is judged again by somebody who had no vote in it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_blind_review_guard BEFORE INSERT OR DELETE ON records_blindreview
    FOR EACH ROW EXECUTE FUNCTION records_blind_review_guard();
CREATE TRIGGER records_blind_review_edit_guard BEFORE UPDATE ON records_blindreview FOR EACH ROW
    WHEN (NOT records_only_emptied('blindreview', to_jsonb(OLD), to_jsonb(NEW), ARRAY['reasons', 'note'], 'training'))
    EXECUTE FUNCTION records_blind_review_guard();

CREATE FUNCTION records_traininganswer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a training answer is given once' USING ERRCODE = 'check_violation';
END $$;
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

-- Rows that are only ever added.
CREATE TRIGGER records_accessevent_append_only BEFORE UPDATE ON records_accessevent
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_accesslogseal_append_only BEFORE UPDATE OR DELETE ON records_accesslogseal
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION records_access_log_written() SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION records_forget_access_log(bigint, integer) SET search_path = %I, pg_temp', current_schema());
END $$;
