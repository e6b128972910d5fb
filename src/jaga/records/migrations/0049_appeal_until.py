"""Until when a holder can appeal stands with the statement: a new release never shortens it."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

GUARD = """
-- Delivery and the first opening are observed once. The last moment for an appeal never gets earlier than the rule of
-- casework/appeal_time.py gives, and never earlier at all once either was seen.
CREATE OR REPLACE FUNCTION records_statement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided timestamptz;
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.decision_id, NEW.body_id, NEW.body_en, NEW.appeal_hash, NEW.created_at, NEW.appeal_days)
          IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.body_id, OLD.body_en, OLD.appeal_hash, OLD.created_at,
                            OLD.appeal_days)
       OR (OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at)
       OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at) THEN
        RAISE EXCEPTION 'jaga: a statement of reasons is never edited' USING ERRCODE = 'check_violation';
    END IF;
    SELECT decided_at INTO decided FROM records_decision WHERE id = NEW.decision_id;
    IF NEW.appeal_until < least(coalesce(NEW.delivered_at, NEW.opened_at, 'infinity'), decided + interval '30 days')
                          + make_interval(days => NEW.appeal_days)
       OR (NEW.appeal_until < OLD.appeal_until AND (OLD.delivered_at IS NOT NULL OR OLD.opened_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'jaga: the time for an appeal is never shortened' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
GUARD_BEFORE = """
CREATE OR REPLACE FUNCTION records_statement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.delivered_at IS NOT NULL
       OR (NEW.id, NEW.decision_id, NEW.body_id, NEW.body_en, NEW.appeal_hash, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.body_id, OLD.body_en, OLD.appeal_hash, OLD.created_at) THEN
        RAISE EXCEPTION 'jaga: a statement of reasons is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# Those of before: from the observed delivery, else from the 30th day, to the end of the 184th day in Jakarta. Their
# letters named a day that is no later.
FILL = """
ALTER TABLE records_statement DISABLE TRIGGER records_statement_guard;
UPDATE records_statement s SET appeal_until = (
    date_trunc('day', (least(coalesce(s.delivered_at, 'infinity'), d.decided_at + interval '30 days')
                       + interval '184 days') AT TIME ZONE 'Asia/Jakarta')
    + interval '1 day' - interval '1 microsecond') AT TIME ZONE 'Asia/Jakarta'
FROM records_decision d WHERE d.id = s.decision_id;
ALTER TABLE records_statement ENABLE TRIGGER records_statement_guard;
"""


class Migration(migrations.Migration):
    """Three columns, filled for the statements of before, and the guard that knows them."""

    dependencies: ClassVar = [("records", "0042_repeats")]
    operations: ClassVar = [
        migrations.AddField("statement", "opened_at", models.DateTimeField(null=True)),
        migrations.AddField("statement", "appeal_days", models.PositiveSmallIntegerField(default=184),
                            preserve_default=False),
        migrations.AddField("statement", "appeal_until", models.DateTimeField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("statement", "appeal_until", models.DateTimeField()),
        migrations.AddConstraint("statement", models.CheckConstraint(
            name="records_half_a_year_for_an_appeal", condition=Q(appeal_days__gte=184))),
        migrations.RunSQL(GUARD, GUARD_BEFORE),
    ]
