"""An action is what its decision permits, for the account that was decided on, and stays so."""

from typing import ClassVar

from django.db import migrations

GUARDS = """
-- Whether this person's vote stands in the decision's case and asks for what the decision says, on its account.
CREATE FUNCTION records_votes_for(decision records_decision, voter bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM records_vote v WHERE v.case_id = decision.case_id AND v.person_id = voter
        AND (v.kind = decision.kind OR (decision.kind = 'redact' AND v.rooms @> decision.rooms))
        AND v.accounts @> to_jsonb(decision.subject_id)
        AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))
$$;

-- Why a decision does not permit an action of this kind; null where it does. `measure` is the decision's own effect,
-- anything else undoes one: `restore` lifts what a decision did, `restrict` leaves what another decision still holds.
CREATE FUNCTION records_action_forbidden(decision records_decision, wanted text, moment timestamptz)
    RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    undone records_decision%ROWTYPE;
BEGIN
    IF decision.kind = 'restore' THEN
        SELECT * INTO undone FROM records_decision WHERE id = decision.overturns_id;
        IF wanted = 'restore' THEN
            IF undone.kind <> 'restrict' AND NOT EXISTS (
                SELECT 1 FROM records_appeal a WHERE a.decision_id = undone.id AND a.state = 'overturned'
                AND a.decided_by_id = decision.decided_by_id) THEN
                RETURN 'only an appeal that somebody decided undoes this';
            END IF;
            RETURN NULL;
        END IF;
        IF wanted = 'restrict' AND undone.kind = 'close' AND EXISTS (
            SELECT 1 FROM records_decision o WHERE o.subject_id = decision.subject_id AND o.id <> undone.id
            AND o.kind IN ('restrict', 'close') AND (o.ends_at IS NULL OR o.ends_at > moment)
            AND NOT EXISTS (SELECT 1 FROM records_decision u WHERE u.overturns_id = o.id)) THEN
            RETURN NULL;
        END IF;
        RETURN 'a decision to restore permits no such action';
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision u WHERE u.overturns_id = decision.id) THEN
        RETURN 'the decision was overturned';
    END IF;
    IF wanted = 'restore' AND decision.kind IN ('restrict', 'close') THEN
        IF EXISTS (SELECT 1 FROM records_action m JOIN records_case c ON c.id = decision.case_id
                   WHERE m.decision_id = decision.id AND m.kind = decision.kind
                   AND (m.state = 'ended' OR (decision.kind = 'restrict' AND (
                        decision.ends_at <= moment OR (decision.provisional AND c.decided_at IS NOT NULL))))) THEN
            RETURN NULL;
        END IF;
        RETURN 'the measure has not ended';
    END IF;
    IF wanted <> (CASE decision.kind WHEN 'refer' THEN 'preserve' ELSE decision.kind END)
       OR wanted NOT IN ('preserve', 'restrict', 'redact', 'close') THEN
        RETURN format('a decision to %s permits no action to %s', decision.kind, wanted);
    END IF;
    IF decision.provisional THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision e WHERE e.case_id = decision.case_id AND NOT e.provisional
               AND e.subject_id = decision.subject_id AND e.kind = decision.kind AND e.id < decision.id) THEN
        RETURN 'its votes were used up by an earlier decision';
    END IF;
    IF NOT records_votes_for(decision, decision.decided_by_id)
       OR (decision.seconded_by_id IS NOT NULL AND NOT records_votes_for(decision, decision.seconded_by_id)) THEN
        RETURN 'it rests on no votes that stand';
    END IF;
    IF decision.kind IN ('close', 'redact') AND (
        decision.seconded_by_id IS NULL OR decision.seconded_by_id = decision.decided_by_id OR NOT EXISTS (
            SELECT 1 FROM records_pendingcommit p JOIN records_vote v ON v.id = p.vote_id
                JOIN records_vote o ON o.id = p.other_id
            WHERE p.case_id = decision.case_id AND (p.ended_at IS NULL OR p.end = 'committed')
              AND v.person_id = decision.decided_by_id AND o.person_id = decision.seconded_by_id)) THEN
        RETURN 'what cannot be undone takes two people and its time';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION records_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision records_decision%ROWTYPE;
    why text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: an action is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.decision_id, NEW.kind, NEW.sequence, NEW.created_at)
           IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.kind, OLD.sequence, OLD.created_at)
           OR (OLD.state IN ('done', 'ended') AND NEW IS DISTINCT FROM OLD) THEN
            RAISE EXCEPTION 'jaga: an action stays what it is, and ends once' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO decision FROM records_decision WHERE id = NEW.decision_id;
    IF NOT FOUND THEN
        RETURN NEW;  -- the foreign key says so
    END IF;
    IF NEW.state <> 'pending' OR NEW.attempts <> 0 THEN
        RAISE EXCEPTION 'jaga: an action begins as a promise' USING ERRCODE = 'check_violation';
    END IF;
    why := records_action_forbidden(decision, NEW.kind, NEW.created_at);
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: no action without its decision: %', why USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_action_guard BEFORE INSERT OR UPDATE OR DELETE ON records_action
    FOR EACH ROW EXECUTE FUNCTION records_action_guard();

-- An account that somebody judged is not turned into another one afterwards. (A handle that nobody judged yet is given
-- the account's stable id once.) The votes are asked themselves, whatever cases and links point at now.
CREATE INDEX records_vote_accounts ON records_vote USING gin (accounts jsonb_path_ops);
CREATE FUNCTION records_subject_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_decision d WHERE d.subject_id = OLD.id AND d.kind <> 'dismiss')
       OR EXISTS (SELECT 1 FROM records_vote v
                  WHERE v.kind <> 'dismiss' AND v.accounts @> jsonb_build_array(OLD.id)) THEN
        RAISE EXCEPTION 'jaga: an account that was judged stays that account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_subject_guard BEFORE UPDATE OF platform_id, kind, account_id ON records_subject
    FOR EACH ROW WHEN ((NEW.platform_id, NEW.kind, NEW.account_id)
                       IS DISTINCT FROM (OLD.platform_id, OLD.kind, OLD.account_id))
    EXECUTE FUNCTION records_subject_guard();

-- A notice asks an operator's people for what its action is, about the account that was decided on. (A request for data
-- has no action.)
CREATE FUNCTION records_notice_action_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_action a JOIN records_decision d ON d.id = a.decision_id
                   JOIN records_subject s ON s.id = d.subject_id JOIN records_platform p ON p.id = s.platform_id
                   WHERE a.id = NEW.action_id AND a.kind = NEW.asks_for AND d.case_id = NEW.case_id
                   AND d.subject_id = NEW.subject_id AND s.platform_id = NEW.platform_id
                   AND p.operator_id = NEW.operator_id) THEN
        RAISE EXCEPTION 'jaga: a notice asks for what was decided' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_notice_action_guard BEFORE INSERT ON records_notice
    FOR EACH ROW WHEN (NEW.action_id IS NOT NULL) EXECUTE FUNCTION records_notice_action_guard();
"""

# To take the lock that waits for whoever is writing a look takes more rights than the worker has: looks are only added.
LOOKS = """
CREATE FUNCTION records_looks_written() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    LOCK TABLE records_look IN SHARE ROW EXCLUSIVE MODE;
    RETURN (SELECT coalesce(max(id), 0) FROM records_look);
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION records_looks_written() SET search_path = %I, pg_temp', current_schema());
END $$;
"""

DROP = """
DROP FUNCTION records_looks_written();
DROP FUNCTION records_action_guard, records_subject_guard, records_notice_action_guard CASCADE;
DROP INDEX records_vote_accounts;
DROP FUNCTION records_action_forbidden, records_votes_for;
"""


class Migration(migrations.Migration):
    """Triggers, and what looks were written. Actions of before are left as they are; the worker looks at each again before it does it."""

    dependencies: ClassVar = [("records", "0029_known_of_accounts_lists_models")]
    operations: ClassVar = [migrations.RunSQL(GUARDS + LOOKS, DROP)]
