"""As whom somebody reports, where only certain people may."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

TERMS = ["pictured", "guardian", "parent", "platform", "authority"]


class Migration(migrations.Migration):
    """One column, and that no report of the two categories is without it."""

    dependencies: ClassVar = [("records", "0044_reasons_in_person")]
    operations: ClassVar = [
        migrations.AddField("report", "capacity", models.CharField(
            max_length=20, blank=True, default="", db_default="", choices=[(term, term) for term in TERMS])),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_report_intimate_pictures_by_whom",
            condition=~Q(category="intimate_pictures") | Q(capacity__in=["authority", "guardian", "pictured"]))),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_report_underage_account_by_whom",
            condition=~Q(category="underage_account")
            | Q(capacity__in=["authority", "guardian", "parent", "platform"]))),
    ]
