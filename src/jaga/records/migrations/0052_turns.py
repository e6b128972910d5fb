"""Networks take turns among what is urgent; what the platform does not know waits apart."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns of cases and subjects, and the keys by which cases of one hand are told."""

    dependencies: ClassVar = [("records", "0051_two_kinds_of_text")]
    operations: ClassVar = [
        migrations.AddField("case", "turn", models.SmallIntegerField(default=0, db_default=0)),
        migrations.AddField("case", "own_words", models.BooleanField(default=True, db_default=True)),
        migrations.AddField("case", "apart", models.BooleanField(default=False, db_default=False)),
        migrations.AddField("subject", "sought_at", models.DateTimeField(null=True)),
        migrations.AddField("subject", "absent", models.BooleanField(default=False, db_default=False)),
        migrations.CreateModel("TurnKey", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.BinaryField(max_length=16)),
            ("own", models.BooleanField(default=False)),
            ("at", models.DateTimeField()),
            ("case", models.ForeignKey("records.case", on_delete=django.db.models.deletion.CASCADE,
                                       related_name="turn_keys")),
        ], options={"indexes": [models.Index(fields=["key", "case"], name="records_turnkey_before")]}),
    ]
