"""Labels the team puts on cases."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.records.models.cases.cases import Case
from jaga.records.models.people.organisations import Person


class CaseLabel(models.Model):
    """A team label on a case, for searching and sorting. Holders, reporters and figures do not contain it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="labels")
    label = models.CharField(max_length=40)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "label"], name="records_label_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_label_is_a_word", condition=Q(label__regex=r"^[a-z0-9][a-z0-9-]{0,39}$")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["label", "case"], name="records_label_find", condition=Q(withdrawn_at__isnull=True)),
        ]
