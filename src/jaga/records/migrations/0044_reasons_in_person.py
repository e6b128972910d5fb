"""Reasons that are asked for on the code's page or given in person, and restrictions of possible victims with an end."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

KINDS = ["in_person", "post", "body"]
ALARMS = ["returned", "under_way", "half_time", "last_quarter", "appeal_overdue", "referral_waits", "referral_overdue",
          "referral_unreviewed", "restriction_review"]

GUARDS = """
CREATE FUNCTION records_holdercheck_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.handed_at IS NOT NULL OR OLD.refused_at IS NOT NULL
       OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by_id, NEW.refused_at)
           IS DISTINCT FROM (OLD.released_at, OLD.released_by_id, OLD.refused_at))
       OR to_jsonb(NEW) - ARRAY['released_by_id', 'released_at', 'refused_by_id', 'refused_at', 'why', 'handed_at']
          IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['released_by_id', 'released_at', 'refused_by_id', 'refused_at', 'why', 'handed_at'] THEN
        RAISE EXCEPTION 'jaga: a check of a holder is released and handed over once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_holdercheck_guard BEFORE UPDATE OR DELETE ON records_holdercheck
    FOR EACH ROW EXECUTE FUNCTION records_holdercheck_guard();

CREATE FUNCTION records_victim_restriction_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.ends_at IS NULL OR NEW.ends_at > NEW.decided_at + interval '30 days')
       AND EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.victim_first) THEN
        RAISE EXCEPTION 'jaga: a restriction of a possible victim ends within 30 days'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_victim_restriction_ends BEFORE INSERT ON records_decision FOR EACH ROW
    WHEN (NEW.kind = 'restrict') EXECUTE FUNCTION records_victim_restriction_ends();
"""
DROP = """
DROP FUNCTION records_holdercheck_guard, records_victim_restriction_ends CASCADE;
"""


def _terms(terms: list[str]) -> list[tuple[str, str]]:
    return [(term, term) for term in terms]


def _person(null: bool = True) -> models.ForeignKey:
    return models.ForeignKey(settings.AUTH_USER_MODEL, null=null, on_delete=django.db.models.deletion.PROTECT,
                             related_name="+")


def _id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    """Two tables, a kind of alarm, and guards."""

    dependencies: ClassVar = [("records", "0043_victim_states")]
    operations: ClassVar = [
        migrations.AlterField("casealarm", "kind", models.CharField(max_length=20, choices=_terms(ALARMS))),
        migrations.RemoveConstraint("casealarm", "records_casealarm_kind_is_a_term"),
        migrations.AddConstraint("casealarm", models.CheckConstraint(
            name="records_casealarm_kind_is_a_term", condition=Q(kind__in=ALARMS))),
        migrations.AddConstraint("casealarm", models.UniqueConstraint(
            fields=["case"], name="records_restriction_reviewed_once", condition=Q(kind="restriction_review"))),
        migrations.CreateModel("ReasonsAsked", [
            ("id", _id()),
            ("asked_at", models.DateTimeField()),
            ("shown_from", models.DateTimeField()),
            ("kept_at", models.DateTimeField(null=True)),
            ("decision", models.OneToOneField("records.decision", on_delete=django.db.models.deletion.PROTECT,
                                              related_name="reasons_asked")),
        ]),
        migrations.CreateModel("HolderCheck", [
            ("id", _id()),
            ("kind", models.CharField(max_length=20, choices=_terms(KINDS))),
            ("service", models.CharField(max_length=60, blank=True)),
            ("how", models.TextField()),
            ("told", models.TextField(blank=True)),
            ("gives_data", models.BooleanField(default=False)),
            ("gives_access", models.BooleanField(default=False)),
            ("on_page", models.BooleanField(default=False)),
            ("checked_at", models.DateTimeField()),
            ("released_at", models.DateTimeField(null=True)),
            ("refused_at", models.DateTimeField(null=True)),
            ("why", models.TextField(blank=True)),
            ("handed_at", models.DateTimeField(null=True)),
            ("checked_by", _person(null=False)),
            ("decision", models.ForeignKey("records.decision", on_delete=django.db.models.deletion.PROTECT,
                                           related_name="holder_checks")),
            ("refused_by", _person()),
            ("released_by", _person()),
        ], options={
            "constraints": [
                models.CheckConstraint(name="records_holdercheck_kind_is_a_term", condition=Q(kind__in=KINDS)),
                models.CheckConstraint(name="records_holder_check_says_how", condition=~Q(how="")),
                models.CheckConstraint(name="records_holder_check_names_its_body", condition=Q(
                    kind="body") & ~Q(service="") | ~Q(kind="body") & Q(service="")),
                models.CheckConstraint(name="records_reasons_released_by_a_second", condition=Q(
                    released_by__isnull=True, released_at__isnull=True) | Q(
                    released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("checked_by"))),
                models.CheckConstraint(name="records_reasons_refused_with_a_reason", condition=Q(
                    refused_by__isnull=True, refused_at__isnull=True, why="") | Q(
                    refused_by__isnull=False, refused_at__isnull=False, released_at__isnull=True) & ~Q(why="")),
                models.CheckConstraint(name="records_reasons_handed_over_after_their_release", condition=Q(
                    handed_at__isnull=True) | Q(released_at__isnull=False, handed_at__gte=F("released_at"))),
                models.CheckConstraint(name="records_no_access_on_the_page", condition=Q(on_page=False) | Q(
                    gives_access=False)),
            ],
            "indexes": [models.Index(fields=["checked_at"], name="records_reasons_to_release", condition=Q(
                released_at__isnull=True, refused_at__isnull=True))],
        }),
        migrations.RunSQL(GUARDS, DROP),
    ]
