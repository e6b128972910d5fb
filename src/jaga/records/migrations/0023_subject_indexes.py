"""An account is found by one index only: beside it, that of the platform alone led the planner astray."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):
    """One index of accounts goes, one comes."""

    dependencies: ClassVar = [("records", "0022_preferences")]
    operations: ClassVar = [
        migrations.AlterField("subject", "platform", models.ForeignKey(
            "records.platform", db_index=False, on_delete=PROTECT, related_name="subjects")),
        migrations.AddIndex("subject", models.Index(
            fields=["handle"], name="records_subject_called", condition=~Q(handle=""))),
    ]
