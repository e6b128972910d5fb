"""Queues and hand-over: where a case waits, who may see it, and what passes from one shift to the next."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

_ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
_VOTING = ["in_review", "second_vote", "adjudication"]
_CLEARANCES = [("child_safety", "child_safety")]
_NOTES = ["note", "assign", "hold", "escalate", "hand_back", "reroute"]
_WHYS = ["lease", "assigned", "held"]


def _person(**more: object) -> models.ForeignKey:
    given = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", **more}
    return models.ForeignKey("records.person", **given)


def _case(**more: object) -> models.ForeignKey:
    given = {"on_delete": django.db.models.deletion.PROTECT, "related_name": "+", **more}
    return models.ForeignKey("records.case", **given)


# Cases that are there keep their place: all in the default queue, and the worker puts them where the rules want them.
# Only what needs a clearance is closed at once, also where it is long decided.
EXISTING = """
UPDATE records_case SET queue = 'child_safety', clearance = 'child_safety' WHERE category = 'child_protection';
UPDATE records_case c SET language = r.language
    FROM (SELECT DISTINCT ON (case_id) case_id, language FROM records_report
          WHERE case_id IS NOT NULL ORDER BY case_id, id) r
    WHERE r.case_id = c.id AND r.language <> c.language;
"""

GUARDS = """
CREATE FUNCTION records_lease_clearance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needed text;
BEGIN
    SELECT clearance INTO needed FROM records_case WHERE id = NEW.case_id;
    IF needed <> '' AND NOT EXISTS (
        SELECT 1 FROM records_personclearance c WHERE c.person_id = NEW.holder_id AND c.clearance = needed
        AND c.ended_at IS NULL AND c.expires_at > NEW.taken_at) THEN
        RAISE EXCEPTION 'jaga: a case that needs a clearance is held by the cleared alone'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_lease_clearance BEFORE INSERT ON records_lease
    FOR EACH ROW EXECUTE FUNCTION records_lease_clearance();

CREATE TRIGGER records_casenote_append_only BEFORE UPDATE OR DELETE ON records_casenote
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

CREATE FUNCTION records_clearance_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a clearance is ended, never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.person_id, NEW.clearance, NEW.reason, NEW.given_by_id, NEW.given_at, NEW.expires_at)
       IS DISTINCT FROM (OLD.person_id, OLD.clearance, OLD.reason, OLD.given_by_id, OLD.given_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'jaga: a clearance is ended, never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_clearance_guard BEFORE UPDATE OR DELETE ON records_personclearance
    FOR EACH ROW EXECUTE FUNCTION records_clearance_guard();
"""

DROP = """
DROP FUNCTION records_lease_clearance, records_clearance_guard CASCADE;
DROP TRIGGER records_casenote_append_only ON records_casenote;
"""


class Migration(migrations.Migration):
    """Columns of a case, seven tables, and what the database holds by itself."""

    dependencies: ClassVar = [("records", "0017_quality")]
    operations: ClassVar = [
        migrations.AddField("case", "queue", models.CharField(max_length=60, default="general", db_default="general")),
        migrations.AddField("case", "queue_fixed", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("case", "routed_by", models.CharField(max_length=64, default="", db_default="")),
        migrations.AddField("case", "clearance", models.CharField(max_length=20, default="", db_default="")),
        migrations.AddField("case", "language", models.CharField(max_length=2, default="id", db_default="id")),
        migrations.AddField("case", "assigned_to", _person(null=True, related_name="assigned")),
        migrations.AddField("case", "held_until", models.DateTimeField(null=True)),
        migrations.AddField("case", "held_by", _person(null=True)),
        migrations.AddField("case", "hold_reason", models.TextField(default="", db_default="")),
        migrations.AddField("case", "escalated_at", models.DateTimeField(null=True)),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_case_clearance_is_a_term", condition=Q(clearance__in=["", "child_safety"]))),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_hold_ends_before_the_deadline",
            condition=Q(held_until__isnull=True) | Q(held_until__lte=F("due_at")))),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_hold_says_why", condition=Q(held_until__isnull=True) | ~Q(hold_reason=""))),
        migrations.AddIndex("case", models.Index(
            fields=["queue", "rank_at", "id"], name="records_queue_of",
            condition=Q(state__in=_VOTING, held_until__isnull=True, escalated_at__isnull=True))),
        migrations.AddIndex("case", models.Index(
            fields=["queue", "channel", "rank_at", "id"], name="records_queue_channel",
            condition=Q(state__in=_VOTING, held_until__isnull=True, escalated_at__isnull=True))),
        migrations.AddIndex("case", models.Index(
            fields=["queue", "category", "rank_at", "id"], name="records_queue_category",
            condition=Q(state__in=_VOTING, held_until__isnull=True, escalated_at__isnull=True))),
        migrations.AddIndex("case", models.Index(
            fields=["rank_at", "id"], name="records_escalated", condition=Q(state__in=_VOTING, escalated_at__isnull=False))),
        migrations.AddIndex("case", models.Index(
            fields=["assigned_to", "rank_at"], name="records_assigned",
            condition=Q(state__in=_VOTING, assigned_to__isnull=False))),
        migrations.AddIndex("case", models.Index(
            fields=["held_until"], name="records_held", condition=Q(held_until__isnull=False))),
        migrations.CreateModel("PersonSkill", [
            _ID,
            ("skill", models.CharField(max_length=60)),
            ("given_at", models.DateTimeField()),
            ("person", _person(on_delete=django.db.models.deletion.CASCADE, related_name="skills")),
            ("given_by", _person(null=True)),
        ]),
        migrations.AddConstraint("personskill", models.UniqueConstraint(
            fields=["person", "skill"], name="records_skill_held_once")),
        migrations.CreateModel("PersonClearance", [
            _ID,
            ("clearance", models.CharField(max_length=20, choices=_CLEARANCES)),
            ("reason", models.TextField()),
            ("given_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("why_ended", models.TextField(default="", db_default="")),
            ("person", _person(related_name="clearances")),
            ("given_by", _person(null=True)),
            ("ended_by", _person(null=True)),
        ]),
        migrations.AddConstraint("personclearance", models.CheckConstraint(
            name="records_personclearance_clearance_is_a_term", condition=Q(clearance__in=["child_safety"]))),
        migrations.AddConstraint("personclearance", models.UniqueConstraint(
            fields=["person", "clearance"], name="records_one_clearance_in_force", condition=Q(ended_at__isnull=True))),
        migrations.AddConstraint("personclearance", models.CheckConstraint(
            name="records_clearance_says_why", condition=~Q(reason=""))),
        migrations.AddConstraint("personclearance", models.CheckConstraint(
            name="records_clearance_runs_forward", condition=Q(expires_at__gt=F("given_at")))),
        migrations.AddConstraint("personclearance", models.CheckConstraint(
            name="records_clearance_of_another", condition=~Q(given_by=F("person")))),
        migrations.CreateModel("SavedView", [
            _ID,
            ("name", models.CharField(max_length=60)),
            ("query", models.TextField()),
            ("shared", models.BooleanField(default=False)),
            ("made_at", models.DateTimeField()),
            ("owner", _person(on_delete=django.db.models.deletion.CASCADE, related_name="views")),
        ]),
        migrations.AddConstraint("savedview", models.UniqueConstraint(
            fields=["owner", "name"], name="records_view_named_once")),
        migrations.AddConstraint("savedview", models.CheckConstraint(
            name="records_view_has_a_name", condition=~Q(name=""))),
        migrations.CreateModel("CaseNote", [
            _ID,
            ("kind", models.CharField(max_length=20, choices=[(kind, kind) for kind in _NOTES])),
            ("text", models.TextField()),
            ("at", models.DateTimeField()),
            ("case", _case(related_name="notes")),
            ("person", _person()),
        ]),
        migrations.AddConstraint("casenote", models.CheckConstraint(
            name="records_casenote_kind_is_a_term", condition=Q(kind__in=_NOTES))),
        migrations.AddConstraint("casenote", models.CheckConstraint(
            name="records_note_says_something", condition=~Q(text=""))),
        migrations.CreateModel("Skip", [
            _ID,
            ("until", models.DateTimeField()),
            ("case", _case(on_delete=django.db.models.deletion.CASCADE)),
            ("person", _person(on_delete=django.db.models.deletion.CASCADE)),
        ]),
        migrations.AddConstraint("skip", models.UniqueConstraint(
            fields=["person", "case"], name="records_skipped_once")),
        migrations.CreateModel("ShiftHandover", [
            _ID,
            ("made_at", models.DateTimeField()),
            ("text", models.TextField(default="", db_default="")),
            ("votes_waiting", models.PositiveIntegerField()),
            ("taken_at", models.DateTimeField(null=True)),
            ("made_by", _person()),
            ("taken_by", _person(null=True)),
        ]),
        migrations.AddConstraint("shifthandover", models.CheckConstraint(
            name="records_handover_taken_by_another",
            condition=Q(taken_by__isnull=True, taken_at__isnull=True)
            | Q(taken_by__isnull=False, taken_at__isnull=False) & ~Q(taken_by=F("made_by")))),
        migrations.CreateModel("HandedCase", [
            _ID,
            ("why", models.CharField(max_length=20, choices=[(why, why) for why in _WHYS])),
            ("handover", models.ForeignKey("records.shifthandover", on_delete=django.db.models.deletion.CASCADE,
                                           related_name="cases")),
            ("case", _case()),
        ]),
        migrations.AddConstraint("handedcase", models.CheckConstraint(
            name="records_handedcase_why_is_a_term", condition=Q(why__in=_WHYS))),
        migrations.AddConstraint("handedcase", models.UniqueConstraint(
            fields=["handover", "case"], name="records_handed_once")),
        migrations.RunSQL([GUARDS, EXISTING], DROP),
    ]
