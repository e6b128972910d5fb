-- What was held until a moment ago, and what an answered appeal may still be answered with, is not deleted.
CREATE OR REPLACE FUNCTION records_erasure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
