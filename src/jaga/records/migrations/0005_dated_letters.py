"""A holder's letter keeps its date, so that a repeat of its delivery is the same letter."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; letters from before are dated by their delivery."""

    dependencies: ClassVar = [("records", "0004_factors_of_allauth")]
    operations: ClassVar = [migrations.AddField("statement", "dated_at", models.DateTimeField(null=True))]
