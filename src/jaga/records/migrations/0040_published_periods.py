"""What was made public of each closed day and month. A row is made once and never changed."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

KINDS = ["day", "month"]
GUARD = """
CREATE TRIGGER records_publishedperiod_append_only BEFORE UPDATE OR DELETE ON records_publishedperiod
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""


class Migration(migrations.Migration):
    """One table and its guard."""

    dependencies: ClassVar = [("records", "0038_ledger_faults")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="PublishedPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=5, choices=[(kind, kind) for kind in KINDS])),
                ("first_day", models.DateField()),
                ("closed_at", models.DateTimeField()),
                ("content", models.JSONField()),
            ],
            options={"constraints": [
                models.CheckConstraint(name="records_publishedperiod_kind_is_a_term", condition=Q(kind__in=KINDS)),
                models.UniqueConstraint(fields=["kind", "first_day"], name="records_period_is_published_once"),
            ]},
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER records_publishedperiod_append_only ON records_publishedperiod;"),
    ]
