"""Challenges of the form's proof of work are spent once."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table of digests that expire."""

    dependencies: ClassVar = [("records", "0005_acceptance")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="SpentChallenge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["expires_at"], name="records_challenge_expires")]},
        ),
    ]
