"""Reports from inside the apps."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Two tables."""

    dependencies: ClassVar = [("records", "0013_voices")]
    operations: ClassVar = [
        migrations.CreateModel("InAppCursor", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("cursor", models.TextField()),
            ("read_at", models.DateTimeField()),
            ("platform", models.OneToOneField("records.platform", on_delete=django.db.models.deletion.CASCADE,
                                              related_name="in_app_cursor")),
        ]),
        migrations.CreateModel("InAppSeen", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("own_id", models.CharField(max_length=200)),
            ("seen_at", models.DateTimeField()),
            ("platform", models.ForeignKey("records.platform", on_delete=django.db.models.deletion.CASCADE,
                                           related_name="in_app_seen")),
            ("report", models.OneToOneField("records.report", null=True, related_name="in_app",
                                            on_delete=django.db.models.deletion.PROTECT)),
        ]),
        migrations.AddConstraint("inappseen", models.UniqueConstraint(
            fields=["platform", "own_id"], name="records_in_app_seen_once")),
    ]
