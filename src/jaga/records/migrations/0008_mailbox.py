"""The mailbox between the team and whoever reported, and reports that their reporters took back."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

KINDS = ["question", "answer", "evidence", "withdrawal", "note", "invalid_locator", "wrong_screenshot", "other"]

GUARDS = """
CREATE FUNCTION records_message_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.read_at IS NOT NULL
       OR (NEW.id, NEW.report_id, NEW.from_us, NEW.kind, NEW.text, NEW.by_id, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.from_us, OLD.kind, OLD.text, OLD.by_id, OLD.at) THEN
        RAISE EXCEPTION 'jaga: a message is never edited, and opened once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_message_guard BEFORE UPDATE OR DELETE ON records_reportmessage
    FOR EACH ROW EXECUTE FUNCTION records_message_guard();

CREATE FUNCTION records_withdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a withdrawn report stays withdrawn' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_withdrawal_guard BEFORE UPDATE OF withdrawn_at ON records_report
    FOR EACH ROW WHEN (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
    EXECUTE FUNCTION records_withdrawal_guard();

-- The entry of a report is found again by its moment, for the proof of its receipt. Entries come in the order of time,
-- so an index over ranges of pages is enough, and costs an insert next to nothing.
CREATE INDEX records_ledgerentry_at ON records_ledgerentry USING brin (at)
    WITH (pages_per_range = 16, autosummarize = on);
"""
DROP = """
DROP INDEX records_ledgerentry_at;
DROP TRIGGER records_withdrawal_guard ON records_report;
DROP FUNCTION records_withdrawal_guard;
DROP TRIGGER records_message_guard ON records_reportmessage;
DROP FUNCTION records_message_guard;
"""


class Migration(migrations.Migration):
    """A message is append-only, but for the moment at which it was opened."""

    dependencies: ClassVar = [("records", "0007_pictures_and_identities")]
    operations: ClassVar = [
        migrations.AddField("report", "withdrawn_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "ReportMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_us", models.BooleanField()),
                ("kind", models.CharField(choices=[(kind, kind) for kind in KINDS], max_length=20)),
                ("text", models.TextField(blank=True)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                                         to=settings.AUTH_USER_MODEL)),
                ("report", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="messages",
                                             to="records.report")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=Q(kind__in=KINDS), name="records_reportmessage_kind_is_a_term"),
                    models.CheckConstraint(
                        condition=~Q(from_us=True, kind__in=("answer", "evidence", "withdrawal"))
                        & ~Q(from_us=False, kind__in=("question", "note")),
                        name="records_message_kind_fits_its_side"),
                    models.CheckConstraint(condition=Q(from_us=False) | Q(by__isnull=False),
                                           name="records_message_of_the_team_names_who"),
                    models.CheckConstraint(condition=~Q(text="") | Q(kind__in=["withdrawal", "evidence"]),
                                           name="records_message_says_something"),
                    models.CheckConstraint(condition=Q(read_at__isnull=True) | Q(read_at__gte=F("at")),
                                           name="records_message_read_after_it_was_written"),
                ],
                "indexes": [
                    models.Index(condition=Q(read_at__isnull=True, from_us=False), fields=["report"],
                                 name="records_message_unread"),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, DROP),
    ]
