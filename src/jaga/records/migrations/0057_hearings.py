"""Asking the holder of an account before anything is done to it."""

from datetime import timedelta
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

GUARD = """
-- A measure in such a category rests on two people and on a hearing whose end has passed.
CREATE FUNCTION records_heard_first_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.category = 'underage_account')
       AND (NEW.seconded_by_id IS NULL OR NOT EXISTS (
            SELECT 1 FROM records_hearing h JOIN records_case c ON c.id = h.case_id
            WHERE h.case_id = NEW.case_id AND c.subject_id = NEW.subject_id AND h.answer_until <= NEW.decided_at)) THEN
        RAISE EXCEPTION 'jaga: nothing is done to this account before its holder had the time to answer'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_heard_first_guard BEFORE INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.kind NOT IN ('dismiss', 'restore')) EXECUTE FUNCTION records_heard_first_guard();

CREATE FUNCTION records_hearing_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.case_id, NEW.asked_by_id, NEW.asked_at, NEW.days, NEW.code_hash) IS DISTINCT FROM
        (OLD.id, OLD.case_id, OLD.asked_by_id, OLD.asked_at, OLD.days, OLD.code_hash)
       OR (OLD.answer_until IS NOT NULL AND (NEW.delivered_at, NEW.answer_until) IS DISTINCT FROM
           (OLD.delivered_at, OLD.answer_until)) THEN
        RAISE EXCEPTION 'jaga: a holder is asked once, and their time is never changed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_hearing_guard BEFORE UPDATE OR DELETE ON records_hearing
    FOR EACH ROW EXECUTE FUNCTION records_hearing_guard();

CREATE FUNCTION records_hearinganswer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: what a holder answered stays as it is' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_hearinganswer_guard BEFORE UPDATE OR DELETE ON records_hearinganswer
    FOR EACH ROW EXECUTE FUNCTION records_hearinganswer_guard();
"""
UNDO = "DROP FUNCTION records_heard_first_guard, records_hearing_guard, records_hearinganswer_guard CASCADE;"


class Migration(migrations.Migration):
    """Two tables and their guards."""

    dependencies: ClassVar = [("records", "0056_capacity")]
    operations: ClassVar = [
        migrations.CreateModel("Hearing", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("case", models.OneToOneField("records.case", on_delete=django.db.models.deletion.PROTECT,
                                          related_name="hearing")),
            ("asked_at", models.DateTimeField()),
            ("days", models.PositiveSmallIntegerField()),
            ("code_hash", models.BinaryField(max_length=32, unique=True)),
            ("attempts", models.PositiveIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField(null=True)),
            ("stuck_at", models.DateTimeField(null=True)),
            ("why", models.CharField(max_length=200, blank=True)),
            ("delivered_at", models.DateTimeField(null=True)),
            ("answer_until", models.DateTimeField(null=True)),
            ("asked_by", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.PROTECT,
                                           related_name="+")),
        ], options={
            "constraints": [models.CheckConstraint(
                name="records_hearing_lasts_long_enough",
                condition=Q(delivered_at__isnull=True, answer_until__isnull=True) | Q(
                    delivered_at__gte=F("asked_at"), stuck_at__isnull=True, next_attempt_at__isnull=True,
                    answer_until__gte=F("delivered_at") + timedelta(days=14)))],
            "indexes": [models.Index(fields=["asked_at"], name="records_hearing_to_deliver",
                                     condition=Q(delivered_at__isnull=True, stuck_at__isnull=True))],
        }),
        migrations.CreateModel("HearingAnswer", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("text", models.TextField()),
            ("written_at", models.DateTimeField()),
            ("hearing", models.ForeignKey("records.hearing", on_delete=django.db.models.deletion.PROTECT,
                                          related_name="answers")),
        ], options={"constraints": [models.CheckConstraint(
            name="records_hearing_answer_says_something", condition=~Q(text=""))]}),
        migrations.RunSQL(GUARD, UNDO),
    ]
