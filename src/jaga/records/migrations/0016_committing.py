"""Decisions that wait for their commit, and votes that are taken back with them."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

STATES = ["received", "in_review", "second_vote", "adjudication", "committing", "acting", "restoring", "resolved"]
OPEN = ["received", "in_review", "second_vote", "adjudication", "committing"]
ENDS = ["committed", "undone", "heard", "victim", "not_allowed"]
REASONS = ["mistake", "second_thought", "new_fact", "other"]
KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")

GUARDS = """
-- A person votes anew only where all their earlier votes were taken back, one round after the other.
CREATE FUNCTION records_round_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.round <> 1 + (SELECT count(*) FROM records_vote v JOIN records_votewithdrawal w ON w.vote_id = v.id
                         WHERE v.case_id = NEW.case_id AND v.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'jaga: one vote of a person stands in a case' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_round_guard BEFORE INSERT ON records_vote
    FOR EACH ROW WHEN (NEW.round > 1) EXECUTE FUNCTION records_round_guard();

CREATE FUNCTION records_pending_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (SELECT count(DISTINCT v.person_id) FROM records_vote v
            WHERE v.id IN (NEW.vote_id, NEW.other_id) AND v.case_id = NEW.case_id
              AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)) <> 2
           OR (SELECT count(DISTINCT v.kind) FROM records_vote v WHERE v.id IN (NEW.vote_id, NEW.other_id)) <> 1 THEN
            RAISE EXCEPTION 'jaga: what waits rests on two people''s votes that agree' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['ended_at', 'end', 'ended_by_id', 'reason', 'note'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['ended_at', 'end', 'ended_by_id', 'reason', 'note'] THEN
        RAISE EXCEPTION 'jaga: a waiting decision ends once and is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_pending_guard BEFORE INSERT OR UPDATE OR DELETE ON records_pendingcommit
    FOR EACH ROW EXECUTE FUNCTION records_pending_guard();

CREATE FUNCTION records_votewithdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_vote v JOIN records_pendingcommit p ON p.case_id = v.case_id
                   WHERE v.id = NEW.vote_id AND p.id = NEW.commit_id AND p.ended_at IS NOT NULL
                     AND p.end <> 'committed') THEN
        RAISE EXCEPTION 'jaga: a vote is taken back only with the decision that it was part of'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_votewithdrawal_guard BEFORE INSERT ON records_votewithdrawal
    FOR EACH ROW EXECUTE FUNCTION records_votewithdrawal_guard();
CREATE TRIGGER records_votewithdrawal_append_only BEFORE UPDATE OR DELETE ON records_votewithdrawal
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

-- As in 0003, but what one person restricts at once rests on no vote: on an urgent case that is not decided, about the
-- reported account. Who may still vote learns nothing of votes from it.
CREATE OR REPLACE FUNCTION records_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'restore' THEN
        IF EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id) THEN
            RAISE EXCEPTION 'jaga: an appeal is decided by somebody who had no vote in the case'
                USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM records_decision d WHERE d.id = NEW.overturns_id
                       AND d.case_id = NEW.case_id AND d.subject_id = NEW.subject_id) THEN
            RAISE EXCEPTION 'jaga: a restoration is of the account whose decision it overturns'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.provisional THEN
        IF NOT EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.urgent AND NOT c.victim_first
                       AND c.subject_id = NEW.subject_id AND c.state IN ('in_review', 'second_vote')) THEN
            RAISE EXCEPTION 'jaga: only on an urgent case in review is restricted at once'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id
                   AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
                   AND v.accounts @> to_jsonb(NEW.subject_id))
       OR (NEW.seconded_by_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.seconded_by_id
           AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
           AND v.accounts @> to_jsonb(NEW.subject_id))) THEN
        RAISE EXCEPTION 'jaga: a decision rests on the votes of those it names' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Beside records_decision_guard and after it (triggers fire in the order of their names): the votes still stand; and what is irreversible has waited until its moment.
CREATE FUNCTION records_waited_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'restore' OR NEW.provisional THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(ARRAY[NEW.decided_by_id, NEW.seconded_by_id]) AS named(person_id)
               WHERE named.person_id IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = named.person_id
                   AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
                   AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))) THEN
        RAISE EXCEPTION 'jaga: a decision rests on votes that stand' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind IN ('close', 'redact') AND NEW.seconded_by_id <> NEW.decided_by_id AND NOT EXISTS (
        SELECT 1 FROM records_pendingcommit p JOIN records_vote v ON v.id = p.vote_id
            JOIN records_vote o ON o.id = p.other_id
        WHERE p.case_id = NEW.case_id AND p.ended_at IS NULL AND p.commit_at <= NEW.decided_at
          AND v.person_id = NEW.decided_by_id AND o.person_id = NEW.seconded_by_id) THEN
        RAISE EXCEPTION 'jaga: what cannot be undone waits for its commit' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_waited_guard BEFORE INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_waited_guard();
"""

DROP = """
DROP FUNCTION records_round_guard, records_pending_guard, records_votewithdrawal_guard, records_waited_guard CASCADE;
DROP TRIGGER records_votewithdrawal_append_only ON records_votewithdrawal;
"""

# Reversing brings back the check of 0003: it is asked for columns that are then gone.
EARLIER = """
CREATE OR REPLACE FUNCTION records_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'restore' THEN
        IF EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id) THEN
            RAISE EXCEPTION 'jaga: an appeal is decided by somebody who had no vote in the case'
                USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM records_decision d WHERE d.id = NEW.overturns_id
                       AND d.case_id = NEW.case_id AND d.subject_id = NEW.subject_id) THEN
            RAISE EXCEPTION 'jaga: a restoration is of the account whose decision it overturns'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id
                   AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
                   AND v.accounts @> to_jsonb(NEW.subject_id))
       OR (NEW.seconded_by_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.seconded_by_id
           AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
           AND v.accounts @> to_jsonb(NEW.subject_id))) THEN
        RAISE EXCEPTION 'jaga: a decision rests on the votes of those it names' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    """A state more, a table for what waits, and rounds of votes. Votes of before are all of the first round."""

    dependencies: ClassVar = [("records", "0015_review")]
    operations: ClassVar = [
        migrations.AlterField("case", "state", models.CharField(
            max_length=20, choices=[(state, state) for state in STATES], default="received")),
        migrations.RemoveConstraint("case", "records_case_state_is_a_term"),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_case_state_is_a_term", condition=Q(state__in=STATES))),
        migrations.RemoveConstraint("case", "records_one_open_case_per_subject_and_category"),
        migrations.AddConstraint("case", models.UniqueConstraint(
            fields=["subject", "category"], name="records_one_open_case_per_subject_and_category",
            condition=Q(state__in=OPEN))),
        migrations.AddField("vote", "round", models.PositiveSmallIntegerField(default=1, db_default=1)),
        migrations.RemoveConstraint("vote", "records_one_vote_per_person_and_case"),
        migrations.AddConstraint("vote", models.UniqueConstraint(
            fields=["case", "person", "round"], name="records_one_vote_per_person_and_case")),
        migrations.AddField("decision", "provisional", models.BooleanField(default=False, db_default=False)),
        migrations.AddConstraint("decision", models.CheckConstraint(
            name="records_only_a_restriction_is_provisional",
            condition=Q(provisional=False)
            | Q(kind="restrict", ends_at__isnull=False, seconded_by__isnull=True, adjudicated=False))),
        migrations.AddConstraint("decision", models.UniqueConstraint(
            fields=["case"], name="records_restricted_at_once_but_once", condition=Q(provisional=True))),
        migrations.AddIndex("vote", models.Index(fields=["person", "-cast_at"], name="records_vote_by_person")),
        migrations.CreateModel("PendingCommit", [
            ("id", KEY.clone()),
            ("both", models.BooleanField()),
            ("adjudicated", models.BooleanField()),
            ("made_at", models.DateTimeField()),
            ("commit_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("end", models.CharField(max_length=20, choices=[(end, end) for end in ENDS], blank=True)),
            ("reason", models.CharField(max_length=20, choices=[(one, one) for one in REASONS], blank=True)),
            ("note", models.TextField(blank=True)),
            ("case", models.ForeignKey("records.case", on_delete=django.db.models.deletion.PROTECT,
                                       related_name="commits")),
            ("ended_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True,
                                           on_delete=django.db.models.deletion.PROTECT, related_name="+")),
            ("other", models.ForeignKey("records.vote", on_delete=django.db.models.deletion.PROTECT,
                                        related_name="+")),
            ("vote", models.ForeignKey("records.vote", on_delete=django.db.models.deletion.PROTECT,
                                       related_name="+")),
        ], options={
            "constraints": [
                models.UniqueConstraint(fields=["case"], name="records_one_pending_commit",
                                        condition=Q(ended_at__isnull=True)),
                models.CheckConstraint(name="records_commit_end_is_a_term", condition=Q(end__in=["", *ENDS])),
                models.CheckConstraint(name="records_undo_reason_is_a_term", condition=Q(reason__in=["", *REASONS])),
                models.CheckConstraint(name="records_commit_after_agreeing", condition=Q(commit_at__gte=F("made_at"))),
                models.CheckConstraint(name="records_commit_rests_on_two_votes", condition=~Q(vote=F("other"))),
                models.CheckConstraint(
                    name="records_commit_ends_once_and_says_how",
                    condition=Q(ended_at__isnull=True, end="") | (Q(ended_at__isnull=False) & ~Q(end=""))),
                models.CheckConstraint(
                    name="records_commit_not_before_its_time",
                    condition=~Q(end="committed") | Q(ended_at__gte=F("commit_at"))),
                models.CheckConstraint(
                    name="records_undone_by_somebody_for_a_reason",
                    condition=(Q(end="undone", ended_by__isnull=False) & ~Q(reason=""))
                    | (~Q(end="undone") & Q(ended_by__isnull=True, reason=""))),
            ],
            "indexes": [models.Index(fields=["commit_at"], name="records_commit_waits",
                                     condition=Q(ended_at__isnull=True))],
        }),
        migrations.CreateModel("VoteWithdrawal", [
            ("id", KEY.clone()),
            ("at", models.DateTimeField()),
            ("commit", models.ForeignKey("records.pendingcommit", on_delete=django.db.models.deletion.PROTECT,
                                         related_name="withdrawals")),
            ("vote", models.OneToOneField("records.vote", on_delete=django.db.models.deletion.PROTECT,
                                          related_name="withdrawal")),
        ]),
        migrations.RunSQL(GUARDS, DROP + EARLIER),
    ]
