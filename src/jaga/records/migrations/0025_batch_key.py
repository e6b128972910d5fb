"""The key by which a file was sent, in whose day its rows count."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One column. Files that are here already count in no day."""

    dependencies: ClassVar = [("records", "0024_waiting_since")]
    operations: ClassVar = [
        migrations.AddField("batch", "key", models.ForeignKey(
            "records.officerkey", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="batches")),
    ]
