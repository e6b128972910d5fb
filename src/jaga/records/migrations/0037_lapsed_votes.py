"""Votes that count no longer, the alarms that follow, and decisions that name nobody who may not judge."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

LAPSES = ["inactive", "role", "clearance", "conflict", "release", "other_vote"]
ENDS = ["committed", "undone", "heard", "victim", "not_allowed"]
KINDS = ["returned", "under_way"]
IN_PART = ["second_vote", "adjudication", "committing"]

WITHDRAWAL = """
CREATE OR REPLACE FUNCTION records_votewithdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.commit_id IS NULL THEN
        IF NOT EXISTS (SELECT 1 FROM records_vote v JOIN records_case c ON c.id = v.case_id
                       WHERE v.id = NEW.vote_id AND c.state IN ('second_vote', 'adjudication', 'committing')) THEN
            RAISE EXCEPTION 'jaga: only an undecided vote is withdrawn' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM records_vote v JOIN records_pendingcommit p ON p.case_id = v.case_id
                   WHERE v.id = NEW.vote_id AND p.id = NEW.commit_id AND p.ended_at IS NOT NULL
                     AND p.end <> 'committed') THEN
        RAISE EXCEPTION 'jaga: a vote is taken back only with the decision that it was part of'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
WITHDRAWAL_BEFORE = """
CREATE OR REPLACE FUNCTION records_votewithdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_vote v JOIN records_pendingcommit p ON p.case_id = v.case_id
                   WHERE v.id = NEW.vote_id AND p.id = NEW.commit_id AND p.ended_at IS NOT NULL
                     AND p.end <> 'committed') THEN
        RAISE EXCEPTION 'jaga: a vote is taken back only with the decision that it was part of'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# After the constraints and the guards that ask for the votes themselves, so that each refusal keeps its own reason.
GUARDS = """
CREATE FUNCTION records_within_rights_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM unnest(ARRAY[NEW.decided_by_id, NEW.seconded_by_id]) AS named(person_id)
        JOIN records_case c ON c.id = NEW.case_id
        WHERE named.person_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM records_person p JOIN records_personrole r ON r.person_id = p.id
            WHERE p.id = named.person_id AND p.is_active
              AND (r.role = 'supervisor' OR r.role = 'reviewer'
                   AND NOT (NEW.adjudicated AND named.person_id = NEW.decided_by_id))
              AND (c.clearance = '' OR EXISTS (
                  SELECT 1 FROM records_personclearance k WHERE k.person_id = p.id AND k.clearance = c.clearance
                  AND k.ended_at IS NULL AND k.expires_at > NEW.decided_at)))) THEN
        RAISE EXCEPTION 'jaga: a decision names people who may judge its case' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind <> 'restore' AND NOT NEW.provisional AND EXISTS (
        SELECT 1 FROM unnest(ARRAY[NEW.decided_by_id, NEW.seconded_by_id]) AS named(person_id)
        WHERE named.person_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = named.person_id
              AND v.policy_hash = NEW.policy_hash
              AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
              AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))) THEN
        RAISE EXCEPTION 'jaga: a decision and its votes are under one policy release'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_within_rights_guard AFTER INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_within_rights_guard();

CREATE FUNCTION records_casealarm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.kind, NEW.why, NEW.person_id, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.kind, OLD.why, OLD.person_id, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an alarm is acknowledged once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_casealarm_guard BEFORE UPDATE OR DELETE ON records_casealarm
    FOR EACH ROW EXECUTE FUNCTION records_casealarm_guard();
"""
DROP = """
DROP FUNCTION records_within_rights_guard, records_casealarm_guard CASCADE;
"""


def _terms(terms: list[str]) -> list[tuple[str, str]]:
    return [(term, term) for term in terms]


def _why() -> models.CharField:
    return models.CharField(max_length=20, choices=_terms(LAPSES), default="", db_default="", blank=True)


def _person() -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=django.db.models.deletion.PROTECT,
                             related_name="+")


class Migration(migrations.Migration):
    """One table, three columns, and guards. Votes that have lapsed by now are withdrawn by the worker's next round."""

    dependencies: ClassVar = [("records", "0036_letter_numbers")]
    operations: ClassVar = [
        migrations.AddIndex("case", models.Index(fields=["id"], name="records_case_judged_in_part",
                                                 condition=Q(state__in=IN_PART))),
        migrations.AlterField("pendingcommit", "end", models.CharField(
            max_length=20, choices=_terms([*ENDS, "lapsed"]), blank=True)),
        migrations.RemoveConstraint("pendingcommit", "records_commit_end_is_a_term"),
        migrations.AddConstraint("pendingcommit", models.CheckConstraint(
            name="records_commit_end_is_a_term", condition=Q(end__in=["", *ENDS, "lapsed"]))),
        migrations.AlterField("votewithdrawal", "commit", models.ForeignKey(
            "records.pendingcommit", null=True, on_delete=django.db.models.deletion.PROTECT,
            related_name="withdrawals")),
        migrations.AddField("votewithdrawal", "why", _why()),
        migrations.AddConstraint("votewithdrawal", models.CheckConstraint(
            name="records_withdrawal_why_is_a_term", condition=Q(why__in=["", *LAPSES]))),
        migrations.AddConstraint("votewithdrawal", models.CheckConstraint(
            name="records_vote_withdrawn_for_a_reason", condition=Q(commit__isnull=False) | ~Q(why=""))),
        migrations.AddField("bulkrun", "policy_hash", models.CharField(
            max_length=64, default="", db_default="", blank=True)),
        migrations.AddField("bulkrun", "stopped_why", _why()),
        migrations.AddConstraint("bulkrun", models.CheckConstraint(
            name="records_bulk_stop_is_a_term", condition=Q(stopped_why__in=["", *LAPSES]))),
        migrations.CreateModel("CaseAlarm", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("kind", models.CharField(max_length=20, choices=_terms(KINDS))),
            ("why", models.CharField(max_length=20, choices=_terms(LAPSES))),
            ("at", models.DateTimeField()),
            ("mailed_at", models.DateTimeField(null=True)),
            ("acknowledged_at", models.DateTimeField(null=True)),
            ("acknowledged_by", _person()),
            ("case", models.ForeignKey("records.case", on_delete=django.db.models.deletion.PROTECT,
                                       related_name="case_alarms")),
            ("person", _person()),
        ], options={
            "indexes": [models.Index(fields=["id"], name="records_case_alarm_unmailed",
                                     condition=Q(mailed_at__isnull=True))],
            "constraints": [
                models.CheckConstraint(name="records_casealarm_kind_is_a_term", condition=Q(kind__in=KINDS)),
                models.CheckConstraint(name="records_casealarm_why_is_a_term", condition=Q(why__in=LAPSES)),
                models.UniqueConstraint(fields=["case", "kind"], name="records_case_alarm_waits_once",
                                        condition=Q(acknowledged_at__isnull=True)),
                models.CheckConstraint(
                    name="records_case_alarm_acknowledged_by_somebody",
                    condition=Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True)
                    | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False)),
            ],
        }),
        migrations.RunSQL(WITHDRAWAL, WITHDRAWAL_BEFORE),
        migrations.RunSQL(GUARDS, DROP),
    ]
