"""What the sequencer found in the ledger and did not sign unseen."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

REASONS = ["unreadable", "number", "verb", "hash", "unsigned_head"]

GUARD = """
CREATE FUNCTION records_ledgerfault_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.entry_ref, NEW.reason, NEW.found_at)
          IS DISTINCT FROM (OLD.id, OLD.entry_ref, OLD.reason, OLD.found_at) THEN
        RAISE EXCEPTION 'jaga: a fault of the ledger is acknowledged once and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_ledgerfault_guard BEFORE UPDATE OR DELETE ON records_ledgerfault
    FOR EACH ROW EXECUTE FUNCTION records_ledgerfault_guard();
"""


class Migration(migrations.Migration):
    """One table and its guard."""

    dependencies: ClassVar = [("records", "0037_lapsed_votes")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="LedgerFault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_ref", models.BigIntegerField(null=True, unique=True)),
                ("reason", models.CharField(max_length=20, choices=[(reason, reason) for reason in REASONS])),
                ("found_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True)),
            ],
            options={"constraints": [models.CheckConstraint(
                name="records_ledgerfault_reason_is_a_term", condition=Q(reason__in=REASONS))]},
        ),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_ledgerfault_guard CASCADE;"),
    ]
