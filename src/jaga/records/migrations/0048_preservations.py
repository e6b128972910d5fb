"""What one person lets be preserved lapses unless a second agrees."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

GUARD = """
CREATE FUNCTION records_preservation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.agreed_at IS NOT NULL OR OLD.lapsed_at IS NOT NULL
       OR (NEW.id, NEW.decision_id, NEW.lapses_at) IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.lapses_at) THEN
        RAISE EXCEPTION 'jaga: a preservation ends once and is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision d WHERE d.id = NEW.decision_id AND d.decided_by_id = NEW.agreed_by_id) THEN
        RAISE EXCEPTION 'jaga: a second person agrees to a preservation' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_preservation_guard BEFORE UPDATE OR DELETE ON records_preservation
    FOR EACH ROW EXECUTE FUNCTION records_preservation_guard();
"""


class Migration(migrations.Migration):
    """One table and its guard. What was preserved before stays as it is."""

    dependencies: ClassVar = [("records", "0047_held_before_closing")]
    operations: ClassVar = [
        migrations.CreateModel("Preservation", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("lapses_at", models.DateTimeField()),
            ("agreed_at", models.DateTimeField(null=True)),
            ("lapsed_at", models.DateTimeField(null=True)),
            ("decision", models.OneToOneField("records.decision", on_delete=django.db.models.deletion.PROTECT,
                                              related_name="preservation")),
            ("agreed_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True,
                                            on_delete=django.db.models.deletion.PROTECT, related_name="+")),
        ], options={
            "constraints": [
                models.CheckConstraint(
                    name="records_preservation_ends_once",
                    condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                    | Q(agreed_by__isnull=False, agreed_at__isnull=False, lapsed_at__isnull=True)),
                models.CheckConstraint(name="records_preservation_lapses_at_its_time",
                                       condition=Q(lapsed_at__isnull=True) | Q(lapsed_at__gte=F("lapses_at"))),
            ],
            "indexes": [models.Index(fields=["lapses_at"], name="records_preservation_open", condition=Q(
                agreed_at__isnull=True, lapsed_at__isnull=True))],
        }),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_preservation_guard CASCADE;"),
    ]
