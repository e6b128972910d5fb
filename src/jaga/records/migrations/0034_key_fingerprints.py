"""The fingerprints of the keys that lie outside the database: a start with other keys is refused (ADR 0049)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0033_foreign_values")]

    operations = [
        migrations.CreateModel(
            name="KeyFingerprint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("fingerprint", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
            ],
        ),
    ]
