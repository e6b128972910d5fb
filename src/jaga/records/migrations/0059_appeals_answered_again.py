"""Appeals by letter, a question and a second message, measures that rest, and news of an answer."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

PROTECT = django.db.models.deletion.PROTECT
PERSON = settings.AUTH_USER_MODEL
STATES = ["open", "upheld", "overturned"]
WAYS = ["code", "letter", "in_person", "helper"]
CHECKS = ["has_letter", "known_contact", "identity_paper", "helper_vouches"]

GUARDS = """
-- The second message, too; and where it came after an answer, by another person than the first answer.
CREATE FUNCTION records_appealreply_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.state <> 'open' OR OLD.due_at IS NULL
       OR (NEW.id, NEW.appeal_id, NEW.text, NEW.filed_at, NEW.due_at)
          IS DISTINCT FROM (OLD.id, OLD.appeal_id, OLD.text, OLD.filed_at, OLD.due_at))) THEN
        RAISE EXCEPTION 'jaga: a second message is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id WHERE a.id = NEW.appeal_id
        AND (NEW.decided_by_id IN (a.decided_by_id, a.recorded_by_id)
             OR EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = d.case_id
                        AND v.person_id = NEW.decided_by_id))) THEN
        RAISE EXCEPTION 'jaga: a second message is answered by somebody new' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_appealreply_guard BEFORE INSERT OR UPDATE OR DELETE ON records_appealreply
    FOR EACH ROW EXECUTE FUNCTION records_appealreply_guard();

-- Whether a measure rests is decided once, by somebody without a vote, while the appeal waits; it ends once.
CREATE FUNCTION records_appealrest_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.ended_at IS NOT NULL
       OR (NEW.id, NEW.appeal_id, NEW.rests, NEW.reasons, NEW.decided_by_id, NEW.decided_at)
          IS DISTINCT FROM (OLD.id, OLD.appeal_id, OLD.rests, OLD.reasons, OLD.decided_by_id, OLD.decided_at))) THEN
        RAISE EXCEPTION 'jaga: that a measure rests is decided once and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND (
        NOT EXISTS (SELECT 1 FROM records_appeal a WHERE a.id = NEW.appeal_id AND a.state = 'open'
                    AND a.recorded_by_id IS DISTINCT FROM NEW.decided_by_id)
        OR EXISTS (SELECT 1 FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id
                   JOIN records_vote v ON v.case_id = d.case_id
                   WHERE a.id = NEW.appeal_id AND v.person_id = NEW.decided_by_id)) THEN
        RAISE EXCEPTION 'jaga: who had no vote decides whether a measure rests' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_appealrest_guard BEFORE INSERT OR UPDATE OR DELETE ON records_appealrest
    FOR EACH ROW EXECUTE FUNCTION records_appealrest_guard();

-- Why a rest permits no such action on its decision's account; null where it does.
CREATE FUNCTION records_rest_forbidden(decision records_decision, wanted text, rest bigint, moment timestamptz)
    RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    resting records_appealrest%ROWTYPE;
BEGIN
    SELECT r.* INTO resting FROM records_appealrest r JOIN records_appeal a ON a.id = r.appeal_id
    WHERE r.id = rest AND a.decision_id = decision.id AND r.rests;
    IF NOT FOUND OR decision.kind NOT IN ('restrict', 'close') THEN
        RETURN 'nobody let this measure rest';
    END IF;
    IF resting.ended_at IS NULL THEN
        IF wanted = 'restore' OR (wanted = 'restrict' AND decision.kind = 'close') THEN
            RETURN NULL;
        END IF;
        RETURN 'a measure that rests permits no such action';
    END IF;
    IF wanted <> decision.kind THEN
        RETURN 'after its rest only the measure itself goes on';
    END IF;
    RETURN records_action_forbidden(decision, wanted, moment);
END $$;
"""

# A guard's own text is changed in its places, whatever other migrations have made of the rest of it.
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
_KEPT = "way, recorded_by_id, helper, identity_check, check_note, received_on"
_NEW_KEPT, _OLD_KEPT = (", ".join(f"{row}.{name.strip()}" for name in _KEPT.split(",")) for row in ("NEW", "OLD"))
# Whoever asks, writes it down or decides it had no vote, and whoever wrote it down does not decide it.
_OF_A_VOTER = """IF NEW.decided_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM records_decision d JOIN records_vote v ON v.case_id = d.case_id
        WHERE d.id = NEW.decision_id AND v.person_id = NEW.decided_by_id) THEN"""
_OF_ANY = """IF TG_OP = 'UPDATE' AND OLD.asked_at IS NOT NULL AND (NEW.question, NEW.asked_by_id, NEW.asked_at)
       IS DISTINCT FROM (OLD.question, OLD.asked_by_id, OLD.asked_at) THEN
        RAISE EXCEPTION 'jaga: a question to a holder is asked once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by_id = NEW.recorded_by_id THEN
        RAISE EXCEPTION 'jaga: whoever wrote an appeal down does not decide it' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM records_decision d JOIN records_vote v ON v.case_id = d.case_id
        WHERE d.id = NEW.decision_id
        AND v.person_id IN (NEW.decided_by_id, NEW.asked_by_id, NEW.recorded_by_id)) THEN"""
_PERMITTED = "why := records_action_forbidden(decision, NEW.kind, NEW.created_at);"
_OF_A_REST = """IF NEW.rest_id IS NULL THEN
        why := records_action_forbidden(decision, NEW.kind, NEW.created_at);
    ELSE
        why := records_rest_forbidden(decision, NEW.kind, NEW.rest_id, NEW.created_at);
    END IF;"""
_BY_APPEAL = "AND a.decided_by_id = decision.decided_by_id) THEN"
_BY_REPLY = """AND a.decided_by_id = decision.decided_by_id) AND NOT EXISTS (
                SELECT 1 FROM records_appealreply y JOIN records_appeal b ON b.id = y.appeal_id
                WHERE b.decision_id = undone.id AND y.state = 'overturned'
                AND y.decided_by_id = decision.decided_by_id) THEN"""
CHANGES = (
    ("records_action_forbidden", _BY_APPEAL, _BY_REPLY),
    ("records_appeal_guard", "NEW.text, NEW.filed_at, NEW.due_at)", f"NEW.text, NEW.filed_at, NEW.due_at, {_NEW_KEPT})"),
    ("records_appeal_guard", "OLD.text, OLD.filed_at, OLD.due_at)", f"OLD.text, OLD.filed_at, OLD.due_at, {_OLD_KEPT})"),
    ("records_appeal_guard", _OF_A_VOTER, _OF_ANY),
    ("records_action_guard", "NEW.sequence, NEW.created_at)", "NEW.sequence, NEW.created_at, NEW.rest_id)"),
    ("records_action_guard", "OLD.sequence, OLD.created_at)", "OLD.sequence, OLD.created_at, OLD.rest_id)"),
    ("records_action_guard", _PERMITTED, _OF_A_REST),
)


def _change(function: str, old: str, new: str) -> migrations.RunSQL:
    return migrations.RunSQL(_CHANGE.format(function=function, old=old, new=new),
                             _CHANGE.format(function=function, old=new, new=old))


def _terms(terms: list[str]) -> list[tuple[str, str]]:
    return [(term, term) for term in terms]


def _person(*, null: bool = False) -> Any:
    return models.ForeignKey(PERSON, null=null, on_delete=PROTECT, related_name="+")


_ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    """Columns of appeals, three tables, a column of actions, and the guards that know them."""

    dependencies: ClassVar = [("records", "0058_batch_notes")]
    operations: ClassVar = [
        migrations.AddField("appeal", "way", models.CharField(max_length=20, choices=_terms(WAYS), default="code",
                                                              db_default="code")),
        migrations.AddField("appeal", "received_on", models.DateField(null=True)),
        migrations.AddField("appeal", "recorded_by", _person(null=True)),
        migrations.AddField("appeal", "helper", models.CharField(max_length=200, blank=True, default="", db_default="")),
        migrations.AddField("appeal", "identity_check", models.CharField(
            max_length=20, blank=True, choices=_terms(CHECKS), default="", db_default="")),
        migrations.AddField("appeal", "check_note", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("appeal", "question", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("appeal", "asked_by", _person(null=True)),
        migrations.AddField("appeal", "asked_at", models.DateTimeField(null=True)),
        migrations.AddConstraint("appeal", models.CheckConstraint(
            name="records_appeal_way_is_a_term", condition=Q(way__in=WAYS))),
        migrations.AddConstraint("appeal", models.CheckConstraint(
            name="records_appeal_identity_check_is_a_term", condition=Q(identity_check__in=["", *CHECKS]))),
        migrations.AddConstraint("appeal", models.CheckConstraint(
            name="records_appeal_on_paper_was_checked",
            condition=Q(way="code", recorded_by__isnull=True, received_on__isnull=True, identity_check="",
                        check_note="", helper="")
            | Q(recorded_by__isnull=False, received_on__isnull=False)
            & ~Q(way="code") & ~Q(identity_check="") & ~Q(check_note=""))),
        migrations.AddConstraint("appeal", models.CheckConstraint(
            name="records_appeal_question_names_who",
            condition=Q(question="", asked_by__isnull=True, asked_at__isnull=True)
            | Q(asked_by__isnull=False, asked_at__isnull=False) & ~Q(question=""))),
        migrations.CreateModel("AppealReply", [
            _ID,
            ("text", models.TextField()),
            ("filed_at", models.DateTimeField()),
            ("due_at", models.DateTimeField(null=True)),
            ("state", models.CharField(max_length=20, choices=_terms(STATES), default="open")),
            ("decided_at", models.DateTimeField(null=True)),
            ("reasons", models.TextField(blank=True)),
            ("appeal", models.OneToOneField("records.appeal", on_delete=PROTECT, related_name="reply")),
            ("decided_by", _person(null=True)),
        ], options={"constraints": [
            models.CheckConstraint(name="records_appealreply_state_is_a_term", condition=Q(state__in=STATES)),
            models.CheckConstraint(
                name="records_answered_reply_names_who_and_why",
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True, reasons="")
                | Q(due_at__isnull=False, decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(state="open") & ~Q(reasons="")),
        ]}),
        migrations.CreateModel("AppealRest", [
            _ID,
            ("rests", models.BooleanField()),
            ("reasons", models.TextField()),
            ("decided_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("appeal", models.OneToOneField("records.appeal", on_delete=PROTECT, related_name="rest")),
            ("decided_by", _person()),
        ], options={"constraints": [
            models.CheckConstraint(name="records_a_rest_has_reasons", condition=~Q(reasons="")),
            models.CheckConstraint(name="records_only_a_rest_ends",
                                   condition=Q(rests=True) | Q(ended_at__isnull=True)),
        ]}),
        migrations.CreateModel("AppealNews", [
            _ID,
            ("created_at", models.DateTimeField()),
            ("attempts", models.PositiveIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField()),
            ("delivered_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("why", models.CharField(max_length=60, blank=True)),
            ("second", models.BooleanField(default=False)),
            ("appeal", models.ForeignKey("records.appeal", on_delete=PROTECT, related_name="news")),
        ], options={"constraints": [
            models.UniqueConstraint(fields=["appeal", "second"], name="records_told_once_of_an_answer"),
            models.CheckConstraint(name="records_news_end_once",
                                   condition=Q(delivered_at__isnull=True) | Q(ended_at__isnull=True)),
        ], "indexes": [
            models.Index(fields=["next_attempt_at"], name="records_news_wait",
                         condition=Q(delivered_at__isnull=True, ended_at__isnull=True)),
        ]}),
        migrations.RemoveConstraint("action", "records_action_once_per_decision"),
        migrations.AddField("action", "rest", models.ForeignKey(
            "records.appealrest", null=True, on_delete=PROTECT, related_name="actions")),
        migrations.AddConstraint("action", models.UniqueConstraint(
            fields=["decision", "kind"], name="records_action_once_per_decision", condition=Q(rest__isnull=True))),
        migrations.AddConstraint("action", models.UniqueConstraint(
            fields=["rest", "kind"], name="records_action_once_per_rest", condition=Q(rest__isnull=False))),
        migrations.RunSQL(GUARDS, "DROP FUNCTION records_appealreply_guard, records_appealrest_guard CASCADE;"
                                  " DROP FUNCTION records_rest_forbidden;"),
        *(_change(*change) for change in CHANGES),
    ]
