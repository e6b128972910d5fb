"""Reports of one sender that a supervisor set aside together, and what was set aside."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.records.key_store.store import Owner
from jaga.records.models.cases.reports import Report
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class ReporterSetAside(models.Model):
    """One act of setting a sender's reports aside. `report` is the one from which it was done; it names no sender."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reasons = SealedTextField()
    at = models.DateTimeField()
    undo_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="reportersetaside"),
            models.CheckConstraint(name="records_set_aside_says_why", condition=~Q(reasons="")),
            models.CheckConstraint(name="records_set_aside_can_be_undone", condition=Q(undo_until__gt=F("at"))),
            models.CheckConstraint(
                name="records_set_aside_undone_in_time_by_somebody",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False, undone_at__lte=F("undo_until")),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class SetAsideReport(models.Model):
    """One report in such an act. `held`: its case left the queue, since nobody else reports there."""

    set_aside = models.ForeignKey(ReporterSetAside, on_delete=models.PROTECT, related_name="reports")
    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    held = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["set_aside", "report"], name="records_set_aside_report_once")
        ]
