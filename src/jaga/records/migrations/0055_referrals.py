"""Referrals: to whom people hand a case, whether it arrived, and what came of it."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARDS = """
ALTER TABLE records_referral ADD CONSTRAINT records_referral_is_sealed
    CHECK (sealed IS NULL OR (substring(sealed FROM 1 FOR 5) = 'gAAAA'::bytea AND length(sealed) >= 1440));

-- What was said once is never said otherwise: who decided, who confirmed, who reviewed, and how it ended.
CREATE FUNCTION records_referral_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a referral is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.id, NEW.case_id, NEW.at_once, NEW.made_at) IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.at_once, OLD.made_at)
       OR (OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id)
       OR (OLD.state IN ('finished', 'returned', 'retracted') AND NEW.state <> OLD.state)
       OR (OLD.state <> 'drafted' AND (NEW.state = 'drafted' OR (NEW.receiver, NEW.addressed_by_id, NEW.addressed_at)
           IS DISTINCT FROM (OLD.receiver, OLD.addressed_by_id, OLD.addressed_at)))
       OR (OLD.acknowledged_at IS NOT NULL AND (NEW.acknowledged_at, NEW.acknowledged_by, NEW.taken_by)
           IS DISTINCT FROM (OLD.acknowledged_at, OLD.acknowledged_by, OLD.taken_by))
       OR (OLD.reviewed_at IS NOT NULL AND (NEW.reviewed_at, NEW.reviewed_by_id, NEW.rightly, NEW.review_reasons)
           IS DISTINCT FROM (OLD.reviewed_at, OLD.reviewed_by_id, OLD.rightly, OLD.review_reasons))
       OR (OLD.outcome_at IS NOT NULL AND (NEW.outcome_at, NEW.outcome) IS DISTINCT FROM (OLD.outcome_at, OLD.outcome))
    THEN
        RAISE EXCEPTION 'jaga: what was said of a referral is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_referral_guard BEFORE UPDATE OR DELETE ON records_referral
    FOR EACH ROW EXECUTE FUNCTION records_referral_guard();
"""
EARLIER = """
-- Nobody was told of what people decided to refer before this version: what is not a month old waits for its receiver.
INSERT INTO records_referral (case_id, decision_id, state, urgent, receiver, name_id, name_en, way, contact, address,
    danger, wrong_codes, made_at, due_at, reminded, acknowledged_by, taken_by, their_number, outcome, note, at_once,
    review_reasons)
SELECT d.case_id, d.id, 'drafted', c.urgent, '', '', '', '', '', '', '', 0, now(), now() + interval '1 hour', 0, '', '',
    '', '', '', FALSE, ''
FROM records_decision d JOIN records_case c ON c.id = d.case_id
WHERE d.kind = 'refer' AND d.subject_id = c.subject_id AND NOT c.decoy AND d.decided_at > now() - interval '30 days';
"""
UNDO = """
DROP FUNCTION records_referral_guard CASCADE;
ALTER TABLE records_referral DROP CONSTRAINT records_referral_is_sealed;
"""
ALARM_GUARD = """
CREATE OR REPLACE FUNCTION records_casealarm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.kind, NEW.why, NEW.person_id, NEW.appeal_id, NEW.referral_id, NEW.at)
          IS DISTINCT FROM
          (OLD.id, OLD.case_id, OLD.kind, OLD.why, OLD.person_id, OLD.appeal_id, OLD.referral_id, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an alarm is acknowledged once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
ALARM_GUARD_BEFORE = ALARM_GUARD.replace(" NEW.referral_id,", "").replace(" OLD.referral_id,", "")


class Migration(migrations.Migration):
    """One table with its guards, and the alarms and mails that are about it."""

    dependencies: ClassVar = [
        ("records", "0054_stable_ids"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("drafted", "drafted"),
                            ("addressed", "addressed"),
                            ("sent", "sent"),
                            ("acknowledged", "acknowledged"),
                            ("finished", "finished"),
                            ("returned", "returned"),
                            ("retracted", "retracted"),
                        ],
                        default="drafted",
                        max_length=20,
                    ),
                ),
                ("urgent", models.BooleanField()),
                ("receiver", models.CharField(blank=True, max_length=60)),
                ("name_id", models.CharField(blank=True, max_length=200)),
                ("name_en", models.CharField(blank=True, max_length=200)),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[("officer", "officer"), ("mail", "mail"), ("by_hand", "by_hand")],
                        max_length=20,
                    ),
                ),
                ("contact", models.CharField(blank=True, max_length=200)),
                ("address", models.EmailField(blank=True, max_length=254)),
                (
                    "danger",
                    models.CharField(
                        blank=True,
                        choices=[("life", "life"), ("child", "child"), ("forced", "forced"), ("harm", "harm")],
                        max_length=20,
                    ),
                ),
                ("sealed", models.BinaryField(null=True)),
                ("link_hash", models.BinaryField(max_length=32, null=True, unique=True)),
                ("wrong_codes", models.PositiveSmallIntegerField(default=0)),
                ("made_at", models.DateTimeField()),
                ("addressed_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                ("reminded", models.PositiveSmallIntegerField(default=0)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                (
                    "acknowledged_by",
                    models.CharField(
                        blank=True,
                        choices=[("link", "link"), ("officer", "officer"), ("recorded", "recorded")],
                        max_length=20,
                    ),
                ),
                ("taken_by", models.CharField(blank=True, max_length=200)),
                ("their_number", models.CharField(blank=True, max_length=100)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("taken_up", "taken_up"),
                            ("passed_on", "passed_on"),
                            ("not_theirs", "not_theirs"),
                            ("no_answer", "no_answer"),
                            ("not_reached", "not_reached"),
                        ],
                        max_length=20,
                    ),
                ),
                ("outcome_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True)),
                ("at_once", models.BooleanField(default=False)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("rightly", models.BooleanField(null=True)),
                ("review_reasons", models.TextField(blank=True)),
                ("told_wrong_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="casealarm",
            name="records_casealarm_kind_is_a_term",
        ),
        migrations.AlterField(
            model_name="casealarm",
            name="kind",
            field=models.CharField(
                choices=[
                    ("returned", "returned"),
                    ("under_way", "under_way"),
                    ("half_time", "half_time"),
                    ("last_quarter", "last_quarter"),
                    ("appeal_overdue", "appeal_overdue"),
                    ("referral_waits", "referral_waits"),
                    ("referral_overdue", "referral_overdue"),
                    ("referral_unreviewed", "referral_unreviewed"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="outgoingmail",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="outgoingmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("person__isnull", False), models.Q(("address", ""), _negated=True), _connector="OR"
                ),
                name="records_mail_goes_somewhere",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="acknowledged_person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="addressed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="records.case"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="decision",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="records.decision"
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="follows",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="records.referral",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="organisation",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="referrals",
                to="records.organisation",
            ),
        ),
        migrations.AddField(
            model_name="referral",
            name="reviewed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="casealarm",
            name="referral",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to="records.referral"
            ),
        ),
        migrations.AddConstraint(
            model_name="casealarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "returned",
                            "under_way",
                            "half_time",
                            "last_quarter",
                            "appeal_overdue",
                            "referral_waits",
                            "referral_overdue",
                            "referral_unreviewed",
                        ],
                    )
                ),
                name="records_casealarm_kind_is_a_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="casealarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "kind__in",
                            [
                                "referral_waits",
                                "referral_overdue",
                                "referral_unreviewed",
                            ],
                        ),
                        ("referral__isnull", False),
                    ),
                    models.Q(
                        ("referral__isnull", True),
                        models.Q(
                            (
                                "kind__in",
                                [
                                    "referral_waits",
                                    "referral_overdue",
                                    "referral_unreviewed",
                                ],
                            ),
                            _negated=True,
                        ),
                    ),
                    _connector="OR",
                ),
                name="records_case_alarm_names_its_referral",
            ),
        ),
        migrations.AddConstraint(
            model_name="casealarm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("referral__isnull", False)),
                fields=("referral", "kind"),
                name="records_referral_alarms_once",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "drafted",
                            "addressed",
                            "sent",
                        ],
                    )
                ),
                fields=["due_at"],
                name="records_referral_waits",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(
                condition=models.Q(("at_once", True), ("reviewed_at__isnull", True)),
                fields=["made_at"],
                name="records_referral_unreviewed",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["made_at"], name="records_referral_made"),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["drafted", "addressed", "sent", "acknowledged", "finished", "returned", "retracted"])
                ),
                name="records_referral_state_is_a_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("way__in", ["", "officer", "mail", "by_hand"])),
                name="records_referral_way_is_a_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(("danger__in", ["", "life", "child", "forced", "harm"])),
                name="records_referral_danger_is_a_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["", "taken_up", "passed_on", "not_theirs", "no_answer", "not_reached"])
                ),
                name="records_referral_outcome_is_a_term",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("addressed_by__isnull", False), ("at_once", True), ("danger__in", ["life", "child"])),
                    models.Q(
                        ("at_once", False),
                        models.Q(("decision__isnull", False), ("follows__isnull", False), _connector="OR"),
                    ),
                    _connector="OR",
                ),
                name="records_referral_rests_on_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["addressed", "sent", "acknowledged"]), _negated=True),
                    models.Q(
                        ("addressed_at__isnull", False),
                        ("addressed_by__isnull", False),
                        ("sealed__isnull", False),
                        models.Q(("receiver", ""), _negated=True),
                        models.Q(("way", ""), _negated=True),
                        models.Q(("danger", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="records_referral_under_way_has_a_message",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("acknowledged_at__isnull", True),
                        ("acknowledged_by", ""),
                        models.Q(("state__in", ["acknowledged", "finished"]), _negated=True),
                    ),
                    models.Q(
                        ("acknowledged_at__isnull", False), ("acknowledged_by__in", ["link", "officer", "recorded"])
                    ),
                    _connector="OR",
                ),
                name="records_referral_confirmed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("outcome", ""),
                        ("outcome_at__isnull", True),
                        models.Q(
                            (
                                "state__in",
                                [
                                    "finished",
                                    "returned",
                                ],
                            ),
                            _negated=True,
                        ),
                    ),
                    models.Q(
                        ("outcome_at__isnull", False),
                        models.Q(("outcome", ""), _negated=True),
                        (
                            "state__in",
                            [
                                "finished",
                                "returned",
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="records_referral_ends_with_an_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewed_at__isnull", True), ("reviewed_by__isnull", True), ("rightly__isnull", True)),
                    models.Q(
                        ("at_once", True),
                        ("reviewed_at__isnull", False),
                        ("reviewed_by__isnull", False),
                        ("rightly__isnull", False),
                        models.Q(("reviewed_by", models.F("addressed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="records_referral_reviewed_by_a_second",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rightly", False), _negated=True),
                    models.Q(("review_reasons", ""), _negated=True),
                    _connector="OR",
                ),
                name="records_referral_found_wrong_with_reasons",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "retracted"), _negated=True),
                    ("rightly", False),
                    ("follows__isnull", False),
                    _connector="OR",
                ),
                name="records_referral_retracted_after_a_review",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["addressed", "sent", "acknowledged"])),
                fields=("case", "receiver"),
                name="records_referral_once_to_each",
            ),
        ),
        migrations.RunSQL(ALARM_GUARD, ALARM_GUARD_BEFORE),
        migrations.RunSQL(GUARDS, UNDO),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
