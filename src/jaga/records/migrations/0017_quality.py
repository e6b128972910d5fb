"""Judging again, golden cases, agreement as measured, and what the dashboard counts beforehand."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

KINDS = ["dismiss", "preserve", "restrict", "redact", "close", "refer", "restore"]
DIMENSIONS = ["all", "category", "language", "reviewer"]
_PROTECT = django.db.models.deletion.PROTECT


def _id() -> tuple[str, models.Field]:
    return "id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _person(**more: object) -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=_PROTECT, **{"related_name": "+", **more})


# Whoever judges again had no vote in the case; and what they judged stays as it is. A supervisor's note comes once.
GUARD = """
CREATE FUNCTION records_rejudgement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER records_rejudgement_guard BEFORE INSERT OR UPDATE OR DELETE ON records_rejudgement
    FOR EACH ROW EXECUTE FUNCTION records_rejudgement_guard();
"""


class Migration(migrations.Migration):
    """Four tables, a trigger, and two indexes by which the worker counts."""

    dependencies: ClassVar = [("records", "0016_committing")]
    operations: ClassVar = [
        migrations.CreateModel("GoldenCase", [
            _id(),
            ("kind", models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])),
            ("reasons", models.TextField()),
            ("marked_at", models.DateTimeField()),
            ("withdrawn_at", models.DateTimeField(null=True)),
            ("case", models.ForeignKey("records.case", on_delete=_PROTECT, related_name="golden")),
            ("marked_by", _person()),
            ("withdrawn_by", _person(null=True)),
        ]),
        migrations.AddConstraint("goldencase", models.CheckConstraint(
            name="records_goldencase_kind_is_a_term", condition=Q(kind__in=KINDS))),
        migrations.AddConstraint("goldencase", models.UniqueConstraint(
            fields=["case"], name="records_golden_once", condition=Q(withdrawn_at__isnull=True))),
        migrations.AddConstraint("goldencase", models.CheckConstraint(
            name="records_golden_says_why", condition=~Q(reasons=""))),
        migrations.AddConstraint("goldencase", models.CheckConstraint(
            name="records_golden_withdrawn_by_somebody",
            condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
            | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False))),
        migrations.CreateModel("Rejudgement", [
            _id(),
            ("drawn_at", models.DateTimeField()),
            ("taken_at", models.DateTimeField(null=True)),
            ("kind", models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS], null=True)),
            ("reasons", models.TextField(blank=True)),
            ("judged_at", models.DateTimeField(null=True)),
            ("agrees", models.BooleanField(null=True)),
            ("seen_at", models.DateTimeField(null=True)),
            ("note", models.TextField(blank=True)),
            ("case", models.ForeignKey("records.case", on_delete=_PROTECT, related_name="rejudgements")),
            ("golden", models.ForeignKey("records.goldencase", null=True, on_delete=_PROTECT,
                                         related_name="rejudgements")),
            ("person", _person(null=True, related_name="rejudgements")),
            ("seen_by", _person(null=True)),
        ]),
        migrations.AddConstraint("rejudgement", models.CheckConstraint(
            name="records_rejudgement_kind_is_a_term", condition=Q(kind__in=KINDS))),
        migrations.AddConstraint("rejudgement", models.UniqueConstraint(
            fields=["case"], name="records_drawn_once", condition=Q(golden__isnull=True))),
        migrations.AddConstraint("rejudgement", models.UniqueConstraint(
            fields=["case", "person"], name="records_judged_again_once_by_each")),
        migrations.AddConstraint("rejudgement", models.CheckConstraint(
            name="records_rejudgement_whole",
            condition=Q(judged_at__isnull=True, kind__isnull=True, agrees__isnull=True)
            | Q(judged_at__isnull=False, kind__isnull=False, agrees__isnull=False, person__isnull=False,
                taken_at__isnull=False))),
        migrations.AddConstraint("rejudgement", models.CheckConstraint(
            name="records_difference_seen_by_another",
            condition=Q(seen_at__isnull=True, seen_by__isnull=True)
            | (Q(seen_at__isnull=False, seen_by__isnull=False, agrees=False) & ~Q(seen_by=F("person"))
               & ~Q(note="")))),
        migrations.AddIndex("rejudgement", models.Index(
            fields=["taken_at", "drawn_at"], name="records_to_judge_again", condition=Q(judged_at__isnull=True))),
        migrations.AddIndex("rejudgement", models.Index(
            fields=["judged_at"], name="records_judged_again", condition=Q(judged_at__isnull=False))),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_rejudgement_guard CASCADE;"),
        migrations.CreateModel("Measured", [
            _id(),
            ("dimension", models.CharField(max_length=20, choices=[(one, one) for one in DIMENSIONS])),
            ("key", models.CharField(max_length=60, blank=True)),
            ("units", models.PositiveIntegerField()),
            ("pairs", models.PositiveIntegerField()),
            ("alike", models.PositiveIntegerField()),
            ("alpha", models.FloatField(null=True)),
            ("low", models.FloatField(null=True)),
            ("high", models.FloatField(null=True)),
            ("counted_at", models.DateTimeField()),
        ]),
        migrations.AddConstraint("measured", models.CheckConstraint(
            name="records_measured_dimension_is_a_term", condition=Q(dimension__in=DIMENSIONS))),
        migrations.AddConstraint("measured", models.UniqueConstraint(
            fields=["dimension", "key"], name="records_measured_once")),
        migrations.AddConstraint("measured", models.CheckConstraint(
            name="records_measured_in_order",
            condition=Q(alpha__isnull=True) | Q(low__lte=F("alpha"), high__gte=F("alpha"), alpha__lte=1))),
        migrations.CreateModel("Tally", [
            _id(),
            ("name", models.CharField(max_length=40)),
            ("key", models.CharField(max_length=120, blank=True)),
            ("number", models.BigIntegerField()),
            ("counted_at", models.DateTimeField()),
        ]),
        migrations.AddConstraint("tally", models.UniqueConstraint(
            fields=["name", "key"], name="records_tally_once")),
        migrations.AddIndex("case", models.Index(
            fields=["category", "state", "due_at", "opened_at"], name="records_case_unfinished",
            condition=~Q(state="resolved"))),
        migrations.AddIndex("decision", models.Index(fields=["decided_at"], name="records_decision_at")),
    ]
