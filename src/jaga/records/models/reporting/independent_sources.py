"""Independent sources of a case as keyed hashes, and reports judged to be made in bad faith."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.reports import Report
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class SourceKey(models.Model):
    """A keyed hash by which a source of a case is recognised again.

    Those derived from a network expire at `expires_at`.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="source_keys")
    key = models.BinaryField(max_length=16)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "key"], name="records_source_key_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="records_source_key_expires", condition=Q(expires_at__isnull=False)
            ),
        ]


class BadFaith(models.Model):
    """A person's judgement, with reasons, that a report was meant to harm an innocent person.

    It expires.

    Later reports of the same contact or organisation weigh less as sources, never zero; nothing else follows.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="bad_faith")
    judged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    reasons = SealedTextField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="badfaith"),
            models.UniqueConstraint(
                fields=["report"], name="records_bad_faith_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="records_bad_faith_says_why", condition=~Q(reasons="")),
            models.CheckConstraint(name="records_bad_faith_expires", condition=Q(expires_at__gt=F("at"))),
            models.CheckConstraint(
                name="records_bad_faith_withdrawn_by_somebody",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()
