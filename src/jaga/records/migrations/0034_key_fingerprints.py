"""The fingerprints of the keys that lie outside the database: a start with other keys is refused (ADR 0049)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0033_foreign_values")]

    operations = [
        migrations.CreateModel(
            name="KeyFingerprint",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("fingerprint", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
            ],
        ),
    ]
