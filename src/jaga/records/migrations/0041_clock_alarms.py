"""Alarms that time runs out, and their messages to somebody outside the console."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

LAPSES = ["inactive", "role", "clearance", "conflict", "release", "other_vote"]
OF_A_LAPSE = ["returned", "under_way"]
OF_A_CASE = ["half_time", "last_quarter"]
OVERDUE = "appeal_overdue"
KINDS = [*OF_A_LAPSE, *OF_A_CASE, OVERDUE]
UNJUDGED = ["received", "in_review", "second_vote", "adjudication"]

GUARD = """
CREATE OR REPLACE FUNCTION records_casealarm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.kind, NEW.why, NEW.person_id, NEW.appeal_id, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.kind, OLD.why, OLD.person_id, OLD.appeal_id, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an alarm is acknowledged once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
GUARD_BEFORE = GUARD.replace(" NEW.appeal_id,", "").replace(" OLD.appeal_id,", "")


def _terms(terms: list[str]) -> list[tuple[str, str]]:
    return [(term, term) for term in terms]


class Migration(migrations.Migration):
    """One table, one column, two indexes by which urgent work that waits is found, and the alarms' constraints."""

    dependencies: ClassVar = [("records", "0040_published_periods")]
    operations: ClassVar = [
        migrations.RemoveConstraint("casealarm", "records_casealarm_kind_is_a_term"),
        migrations.RemoveConstraint("casealarm", "records_casealarm_why_is_a_term"),
        migrations.RemoveConstraint("casealarm", "records_case_alarm_waits_once"),
        migrations.AddField("casealarm", "appeal", models.OneToOneField(
            "records.appeal", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alarm")),
        migrations.AlterField("casealarm", "kind", models.CharField(max_length=20, choices=_terms(KINDS))),
        migrations.AlterField("casealarm", "why", models.CharField(max_length=20, choices=_terms(LAPSES), blank=True)),
        migrations.AddConstraint("casealarm", models.CheckConstraint(
            name="records_casealarm_kind_is_a_term", condition=Q(kind__in=KINDS))),
        migrations.AddConstraint("casealarm", models.CheckConstraint(
            name="records_case_alarm_of_a_lapse_says_why",
            condition=Q(kind__in=OF_A_LAPSE, why__in=LAPSES)
            | Q(why="", person__isnull=True) & ~Q(kind__in=OF_A_LAPSE))),
        migrations.AddConstraint("casealarm", models.CheckConstraint(
            name="records_case_alarm_names_its_appeal",
            condition=Q(kind=OVERDUE, appeal__isnull=False) | Q(appeal__isnull=True) & ~Q(kind=OVERDUE))),
        migrations.AddConstraint("casealarm", models.UniqueConstraint(
            fields=["case", "kind"], name="records_case_alarm_waits_once",
            condition=Q(acknowledged_at__isnull=True, kind__in=OF_A_LAPSE))),
        migrations.AddConstraint("casealarm", models.UniqueConstraint(
            fields=["case", "kind"], name="records_case_clock_alarms_once", condition=Q(kind__in=OF_A_CASE))),
        migrations.RunSQL(GUARD, GUARD_BEFORE),
        migrations.AddIndex("case", models.Index(
            fields=["due_at"], name="records_case_urgent_waiting",
            condition=Q(state__in=UNJUDGED) & (Q(urgent=True) | Q(victim_first=True)))),
        migrations.AddIndex("report", models.Index(
            fields=["due_at"], name="records_report_urgent", condition=Q(lane=0))),
        migrations.CreateModel("AlarmMessage", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("way", models.CharField(max_length=20, choices=_terms(["mail", "webhook"]))),
            ("address", models.EmailField(max_length=254, blank=True)),
            ("language", models.CharField(max_length=2, choices=_terms(["id", "en"]))),
            ("created_at", models.DateTimeField()),
            ("attempts", models.PositiveIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField()),
            ("sent_at", models.DateTimeField(null=True)),
            ("dropped_at", models.DateTimeField(null=True)),
            ("failure", models.CharField(max_length=60, blank=True)),
            ("alarms", models.ManyToManyField("records.casealarm", related_name="messages")),
            ("person", models.ForeignKey(settings.AUTH_USER_MODEL, null=True, related_name="+",
                                         on_delete=django.db.models.deletion.PROTECT)),
        ], options={
            "indexes": [models.Index(fields=["way", "next_attempt_at"], name="records_alarm_message_waits",
                                     condition=Q(sent_at__isnull=True, dropped_at__isnull=True))],
            "constraints": [
                models.CheckConstraint(name="records_alarmmessage_way_is_a_term",
                                       condition=Q(way__in=["mail", "webhook"])),
                models.CheckConstraint(name="records_alarmmessage_language_is_a_term",
                                       condition=Q(language__in=["id", "en"])),
                models.CheckConstraint(
                    name="records_alarm_mail_has_an_address",
                    condition=Q(way="webhook", address="", person__isnull=True) | Q(way="mail") & ~Q(address="")),
                models.CheckConstraint(name="records_alarm_message_ends_once",
                                       condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True)),
            ],
        }),
    ]
