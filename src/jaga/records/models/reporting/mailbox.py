"""The mailbox between the team and a reporter: one per report, never per case."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.reports import MessageKind
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.reports import Report
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only

FROM_US = (MessageKind.QUESTION, MessageKind.NOTE)
TO_US = (MessageKind.ANSWER, MessageKind.EVIDENCE, MessageKind.WITHDRAWAL)


class ReportMessage(models.Model):
    """One message.

    Immutable, except that the time the other side opened it is set once.

    `by` is the team member or officer; empty for a reporter.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="messages")
    from_us = models.BooleanField()
    kind = models.CharField(max_length=20, choices=choices(MessageKind))
    text = SealedTextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", table="reportmessage"),
            one_of("kind", MessageKind),
            models.CheckConstraint(
                name="records_message_kind_fits_its_side",
                condition=~Q(from_us=True, kind__in=TO_US) & ~Q(from_us=False, kind__in=FROM_US),
            ),
            models.CheckConstraint(
                name="records_message_of_the_team_names_who",
                condition=Q(from_us=False) | Q(by__isnull=False),
            ),
            models.CheckConstraint(
                name="records_message_says_something",
                condition=~Q(text="") | Q(kind__in=[MessageKind.WITHDRAWAL, MessageKind.EVIDENCE]),
            ),
            models.CheckConstraint(
                name="records_message_read_after_it_was_written",
                condition=Q(read_at__isnull=True) | Q(read_at__gte=F("at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["report"], name="records_message_unread", condition=Q(read_at__isnull=True, from_us=False)
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()
