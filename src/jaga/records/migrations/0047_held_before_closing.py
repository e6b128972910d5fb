"""Accounts are restricted before they are closed; one person restricts for a week at most; dismissals wait for seconds."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

ENDS = ["committed", "undone", "heard", "victim", "not_allowed", "lapsed"]

# What one person restricts alone, of all cases and categories together: a week in ninety days. More takes two people
# who ticked the elements of the rule. What was ordered by one person counts unless an appeal overturned it.
ALONE = """
CREATE FUNCTION records_restricted_alone(account bigint, moment timestamptz) RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(greatest(least(coalesce(d.ends_at, moment), coalesce(u.decided_at, 'infinity'))
                                 - greatest(d.decided_at, moment - interval '90 days'), interval '0')), interval '0')
    FROM records_decision d LEFT JOIN records_decision u ON u.overturns_id = d.id
    WHERE d.subject_id = account AND d.kind = 'restrict' AND d.seconded_by_id IS NULL
      AND (d.ends_at IS NULL OR d.ends_at > moment - interval '90 days')
$$;

CREATE FUNCTION records_alone_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- After the insert, so that each refusal keeps its own reason: what one person orders is in the sum already.
    IF NEW.ends_at IS NOT NULL AND records_restricted_alone(NEW.subject_id, NEW.decided_at)
       + (CASE WHEN NEW.seconded_by_id IS NULL THEN interval '0' ELSE NEW.ends_at - NEW.decided_at END)
       <= interval '7 days' + interval '1 minute' THEN
        RETURN NEW;
    END IF;
    IF NEW.seconded_by_id IS NULL THEN
        RAISE EXCEPTION 'jaga: one person restricts an account for seven days in ninety at most'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.ends_at <= NEW.decided_at + interval '7 days' + interval '1 minute' THEN
        RETURN NEW;  -- two people agree on a week, where one had no day left
    END IF;
    -- The categories whose rule has elements: on the victim-first way nothing is closed, and no rule lists any.
    IF EXISTS (SELECT 1 FROM records_vote v JOIN records_case c ON c.id = v.case_id
               WHERE v.case_id = NEW.case_id AND v.kind = 'restrict'
               AND c.category IN ('prostitution_advertising', 'gambling', 'fraud', 'extortion')
               AND v.person_id IN (NEW.decided_by_id, NEW.seconded_by_id) AND jsonb_array_length(v.elements) = 0
               AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)) THEN
        RAISE EXCEPTION 'jaga: a long restriction names the elements that were found' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_alone_guard AFTER INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.kind = 'restrict' AND NEW.awaits_id IS NULL) EXECUTE FUNCTION records_alone_guard();
"""

# What is restricted before a closure rests on the two votes that wait, and on nothing else.
AWAITS = """
CREATE FUNCTION records_awaits_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM records_pendingcommit p JOIN records_vote v ON v.id = p.vote_id
            JOIN records_vote o ON o.id = p.other_id
        WHERE p.id = NEW.awaits_id AND p.case_id = NEW.case_id AND p.ended_at IS NULL
          AND v.kind = 'close' AND o.kind = 'close' AND v.accounts @> to_jsonb(NEW.subject_id)
          AND v.person_id = NEW.decided_by_id AND o.person_id = NEW.seconded_by_id) THEN
        RAISE EXCEPTION 'jaga: what is restricted before a closure rests on the votes for it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_awaits_guard BEFORE INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.awaits_id IS NOT NULL) EXECUTE FUNCTION records_awaits_guard();
DROP TRIGGER records_decision_guard ON records_decision;
CREATE TRIGGER records_decision_guard BEFORE INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.awaits_id IS NULL) EXECUTE FUNCTION records_decision_guard();
"""
AWAITS_BEFORE = """
DROP FUNCTION records_awaits_guard CASCADE;
DROP TRIGGER records_decision_guard ON records_decision;
CREATE TRIGGER records_decision_guard BEFORE INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_decision_guard();
"""

# An appeal that is open when the account is closed goes on against the closure, and against nothing else.
FOLLOWS = """
CREATE FUNCTION records_appeal_follows(was bigint, wanted bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (
        SELECT 1 FROM records_decision h JOIN records_decision c ON c.case_id = h.case_id
            AND c.subject_id = h.subject_id AND c.kind = 'close'
        WHERE h.id = was AND h.awaits_id IS NOT NULL AND c.id = wanted) THEN was ELSE wanted END
$$;
"""

# A guard's own text is changed in one place, whatever other migrations have made of the rest of it.
_CHANGE = """
DO $change$
DECLARE
    was text := pg_get_functiondef('{function}'::regproc);
BEGIN
    IF position($old${old}$old$ IN was) = 0 THEN
        RAISE EXCEPTION 'jaga: {function} is not as expected';
    END IF;
    EXECUTE replace(was, $old${old}$old$, $new${new}$new$);
END $change$;
"""
_LIFTED = ("m.state = 'ended' OR (decision.kind",
           "m.state = 'ended' OR EXISTS (SELECT 1 FROM records_pendingcommit p WHERE p.id = decision.awaits_id"
           " AND p.ended_at IS NOT NULL) OR (decision.kind")
_ONE_VOTE = (("AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)) <> 2",
              "AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)) <>"
              " (CASE WHEN NEW.other_id IS NULL THEN 1 ELSE 2 END)\n           OR (NEW.other_id IS NULL AND NOT EXISTS ("
              "SELECT 1 FROM records_vote v WHERE v.id = NEW.vote_id AND v.kind = 'dismiss'))"))


def _change(function: str, old: str, new: str) -> migrations.RunSQL:
    return migrations.RunSQL(_CHANGE.format(function=function, old=old, new=new),
                             _CHANGE.format(function=function, old=new, new=old))


class Migration(migrations.Migration):
    """Five columns, constraints and guards. What was decided before is left as it is."""

    dependencies: ClassVar = [("records", "0059_appeals_answered_again")]
    operations: ClassVar = [
        migrations.AddField("vote", "why", models.TextField(default="", db_default="", blank=True)),
        migrations.AddField("pendingcommit", "reading", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("pendingcommit", "undo", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AlterField("pendingcommit", "other", models.ForeignKey(
            "records.vote", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+")),
        migrations.AlterField("pendingcommit", "end", models.CharField(
            max_length=20, blank=True, choices=[(one, one) for one in [*ENDS, "appealed"]])),
        migrations.RemoveConstraint("pendingcommit", "records_commit_end_is_a_term"),
        migrations.AddConstraint("pendingcommit", models.CheckConstraint(
            name="records_commit_end_is_a_term", condition=Q(end__in=["", *ENDS, "appealed"]))),
        migrations.RemoveConstraint("pendingcommit", "records_commit_rests_on_two_votes"),
        migrations.AddConstraint("pendingcommit", models.CheckConstraint(
            name="records_commit_rests_on_two_votes", condition=Q(other__isnull=True) | ~Q(vote=F("other")))),
        migrations.AddField("case", "met_at", models.DateTimeField(null=True)),
        migrations.AddField("decision", "awaits", models.ForeignKey(
            "records.pendingcommit", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="held")),
        migrations.RemoveConstraint("decision", "records_only_a_restriction_is_provisional"),
        migrations.AddConstraint("decision", models.CheckConstraint(
            name="records_only_a_restriction_is_provisional",
            condition=Q(provisional=False, awaits__isnull=True)
            | Q(provisional=True, kind="restrict", ends_at__isnull=False, adjudicated=False)
            & (Q(awaits__isnull=True, seconded_by__isnull=True)
               | Q(awaits__isnull=False, seconded_by__isnull=False)))),
        migrations.RemoveConstraint("decision", "records_restricted_at_once_but_once"),
        migrations.AddConstraint("decision", models.UniqueConstraint(
            fields=["case"], name="records_restricted_at_once_but_once",
            condition=Q(provisional=True, awaits__isnull=True))),
        migrations.AddConstraint("decision", models.UniqueConstraint(
            fields=["awaits", "subject"], name="records_held_once_before_a_closure",
            condition=Q(awaits__isnull=False))),
        migrations.RunSQL(ALONE, "DROP FUNCTION records_alone_guard CASCADE; DROP FUNCTION records_restricted_alone;"),
        migrations.RunSQL(AWAITS, AWAITS_BEFORE),
        _change("records_action_forbidden", *_LIFTED),
        _change("records_action_forbidden", "WHERE b.decision_id = undone.id AND y.state",
                "WHERE (b.decision_id = undone.id OR b.decision_id IN (SELECT h.id FROM records_decision h WHERE"
                " h.awaits_id IS NOT NULL AND h.case_id = undone.case_id AND h.subject_id = undone.subject_id))"
                " AND y.state"),
        _change("records_pending_guard", *_ONE_VOTE),
        migrations.RunSQL(FOLLOWS, "DROP FUNCTION records_appeal_follows;"),
        _change("records_appeal_guard", "(NEW.id, NEW.decision_id,",
                "(NEW.id, records_appeal_follows(OLD.decision_id, NEW.decision_id),"),
    ]
