"""The access log, canary alarms, and exposure times."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.cases import AccessKind, Severity
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.kernel.ledger import LedgerEntry
from jaga.records.models.people.organisations import Person


class AccessEvent(models.Model):
    """One access to personal data: the case (none for a list) and the kind of page.

    Immutable.

    Written only by `records.access.base.access_log`. It takes no lock on the case, so reading never waits for a
    decision.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="access_events")
    case = models.ForeignKey(
        Case, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="access_events"
    )
    what = models.CharField(max_length=20, choices=choices(AccessKind))
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [one_of("what", AccessKind)]
        indexes: ClassVar = [
            models.Index(fields=["person", "-at"], name="records_access_event_person"),
            models.Index(fields=["case", "-at"], name="records_access_event_case", condition=Q(case__isnull=False)),
        ]


class AccessLogSeal(models.Model):
    """A range of access log entries as recorded in the ledger: their count and hash. Immutable."""

    first = models.BigIntegerField(unique=True)
    last = models.BigIntegerField(unique=True)
    count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_access_log_seal_in_order", condition=Q(last__gte=F("first"))),
        ]


class Alarm(models.Model):
    """Access to a canary case.

    Created by the database in the transaction of the access (`guards/quality.sql`).

    One waits per person and canary case. Someone else acknowledges it with the outcome.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alarms")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="alarms")
    what = models.CharField(max_length=20, choices=choices(AccessKind))
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)  # When supervisors with an address were mailed.
    acknowledged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "person"], name="records_alarm_waits_once", condition=Q(acknowledged_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_alarm_acknowledged_by_another",
                condition=Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True, note="")
                | (Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by=F("person")) & ~Q(note="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="records_alarm_waiting", condition=Q(acknowledged_at__isnull=True)),
            models.Index(fields=["id"], name="records_alarm_unmailed", condition=Q(mailed_at__isnull=True)),
        ]


class AlarmAddress(models.Model):
    """A supervisor's own e-mail address for alarms."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="alarm_address")
    email = models.EmailField()


class Exposure(models.Model):
    """How many seconds one person had one case open, or without a case a text of the sample that people judge.

    Contains no reasons, nor whether a vote followed.

    `seconds` grows with the page's heartbeats while it is visible; without heartbeats the time until the person's next
    page counts. One row per person is open: opening the next case ends the previous one.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="exposures")
    case = models.ForeignKey(
        Case, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="exposures"
    )
    severity = models.SmallIntegerField(default=Severity.LOW)  # The case's severity when it was opened.
    seconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    beaten_at = models.DateTimeField(null=True)  # The page's last heartbeat; null: its browser runs no scripts.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], name="records_one_open_exposure", condition=Q(ended_at__isnull=True)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "-at"], name="records_exposure_person")]
