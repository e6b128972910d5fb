"""What waits, by when it was opened: for a search among it."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """One index of the few cases that wait."""

    dependencies: ClassVar = [("records", "0023_subject_indexes")]
    operations: ClassVar = [
        migrations.AddIndex("case", models.Index(
            fields=["opened_at"], name="records_case_waiting_since",
            condition=models.Q(state__in=["in_review", "second_vote", "adjudication"]))),
    ]
