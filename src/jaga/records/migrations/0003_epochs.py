"""A database that was put back to an earlier state says so: epochs, and codes whose rows are lost (ADR 0069)."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models
from django.db.models import PROTECT

GUARD = """
CREATE TRIGGER records_epoch_append_only BEFORE UPDATE OR DELETE ON records_epoch
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""


class Migration(migrations.Migration):
    """Two tables, and one column that ties a database to the file beside it."""

    dependencies: ClassVar = [("records", "0002_sent_forms")]
    operations: ClassVar = [
        migrations.AddField("installation", "mark",
                            models.CharField(blank=True, db_default="", default="", max_length=32)),
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(unique=True)),
                ("began_at", models.DateTimeField()),
                ("size", models.BigIntegerField()),
                ("last_at", models.DateTimeField(null=True)),
                ("known", models.BigIntegerField()),
                ("numbers", models.JSONField()),
                ("reason", models.TextField()),
                ("note", models.TextField()),
                ("by", models.ForeignKey(null=True, on_delete=PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name="LostCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hash", models.BinaryField(max_length=32, unique=True)),
                ("epoch", models.ForeignKey(on_delete=PROTECT, to="records.epoch")),
            ],
        ),
        migrations.RunSQL(GUARD, "DROP TRIGGER records_epoch_append_only ON records_epoch;"),
    ]
