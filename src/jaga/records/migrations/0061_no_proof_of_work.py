"""The form asks for no proof of work, so there is no lane for reports without one (ADR 0067)."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("records", "0060_no_runs")]
    operations = [
        migrations.DeleteModel("SpentChallenge"),
        migrations.RunSQL("UPDATE records_report SET lane = 1 WHERE lane = 2", migrations.RunSQL.noop),
        migrations.RemoveConstraint("report", "records_report_lane_is_a_term"),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_report_lane_is_a_term", condition=Q(lane__in=[0, 1]))),
    ]
