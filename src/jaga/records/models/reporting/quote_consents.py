"""A reporter's consent to quoting one of their sentences to the other side."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.records.key_store.store import Owner
from jaga.records.models.cases.reports import Report
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class QuoteConsent(models.Model):
    """One sentence as the reporter was asked about it.

    Answered once; a consent can be withdrawn until the sentence is used.

    `guards/reporting.sql` rejects any other change.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="consents")
    sentence = SealedTextField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    agreed = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # In an outgoing text, after which consent cannot be withdrawn.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("sentence", table="quoteconsent"),
            models.UniqueConstraint(fields=["report", "sentence"], name="records_consent_asked_once"),
            models.CheckConstraint(name="records_consent_is_to_a_sentence", condition=~Q(sentence="")),
            models.CheckConstraint(
                name="records_consent_answered_at_a_moment",
                condition=Q(agreed__isnull=True, answered_at__isnull=True)
                | Q(agreed__isnull=False, answered_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_consent_used_or_withdrawn_once_given",
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True)
                | Q(agreed=True, used_at__isnull=True)
                | Q(agreed=True, withdrawn_at__isnull=True),
            ),
        ]

    @property
    def may_be_quoted(self) -> bool:
        """Whether the sentence may be quoted."""
        return self.agreed is True and self.withdrawn_at is None

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()
