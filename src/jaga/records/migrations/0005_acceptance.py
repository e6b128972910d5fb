"""A report is accepted first and filed into its case afterwards; two more doors. What is stored already is filed."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

DOORS = ["public", "ministry", "police", "agency", "watch"]
MORE_DOORS = [*DOORS, "flagger", "app"]
ROUTES = [("ordinary", "ordinary"), ("victim", "victim")]

# Each report of an earlier installation was filed in the commit that received it.
FILED = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE records_report SET filed_at = received_at, lane = CASE WHEN urgent THEN 0 ELSE 1 END;
"""


def _doors(doors: list[str]) -> models.CheckConstraint:
    return models.CheckConstraint(name="records_report_channel_is_a_term", condition=Q(channel__in=doors))


def _column(doors: list[str]) -> models.CharField:
    return models.CharField(max_length=20, choices=[(door, door) for door in doors])


class Migration(migrations.Migration):
    """Columns, constraints, and the index by which the worker finds what waits."""

    dependencies: ClassVar = [("records", "0004_traces")]
    operations: ClassVar = [
        migrations.AddField("report", "lane", models.SmallIntegerField(default=1)),
        migrations.AddField("report", "route", models.CharField(max_length=20, choices=ROUTES, default="ordinary")),
        migrations.AddField("report", "reference", models.CharField(max_length=120, blank=True, default=""),
                            preserve_default=False),
        migrations.AddField("report", "called_as", models.CharField(max_length=300, blank=True, default=""),
                            preserve_default=False),
        migrations.AddField("report", "network_key", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("report", "contact_key", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("report", "filed_at", models.DateTimeField(null=True)),
        migrations.AddField("report", "file_after", models.DateTimeField(null=True)),
        migrations.RunSQL(FILED, migrations.RunSQL.noop),
        migrations.AlterField("report", "case", models.ForeignKey(
            "records.case", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reports")),
        migrations.AlterField("report", "channel", _column(MORE_DOORS)),
        migrations.RemoveConstraint("report", "records_report_channel_is_a_term"),
        migrations.AddConstraint("report", _doors(MORE_DOORS)),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_report_route_is_a_term", condition=Q(route__in=["ordinary", "victim"]))),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_report_lane_is_a_term", condition=Q(lane__in=[0, 1, 2]))),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_report_filed_has_its_case",
            condition=Q(case__isnull=True, filed_at__isnull=True) | Q(case__isnull=False, filed_at__isnull=False))),
        migrations.AddIndex("report", models.Index(
            fields=["lane", "id"], name="records_report_waiting", condition=Q(case__isnull=True))),
        migrations.RemoveIndex("trace", "records_trace_key"),
        migrations.AddIndex("trace", models.Index(fields=["key", "id"], name="records_trace_left_by")),
        migrations.RemoveIndex("traceband", "records_trace_band_key"),
        migrations.AddIndex("traceband", models.Index(fields=["key", "id"], name="records_trace_band_left_by")),
    ]
