"""Who looked at personal data, what a look at a decoy raised, and how long people were exposed to what."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms import LookedAt, Severity
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.kernel.ledger import LedgerEntry
from jaga.records.models.people.organisations import Person


class Look(models.Model):
    """Somebody saw personal data: of which case (none for a list), and by which kind of page. Never changes.

    Written by `records.access.base.access_log` alone. No lock is taken on the case: looking never waits for who decides
    it.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="looks")
    case = models.ForeignKey(Case, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="looks")
    what = models.CharField(max_length=20, choices=choices(LookedAt))
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [one_of("what", LookedAt)]
        indexes: ClassVar = [
            models.Index(fields=["person", "-at"], name="records_look_person"),
            models.Index(fields=["case", "-at"], name="records_look_case", condition=Q(case__isnull=False)),
        ]


class LookSeal(models.Model):
    """The looks from one number to another as the ledger knows them: their count and hash. Never changes."""

    first = models.BigIntegerField(unique=True)
    last = models.BigIntegerField(unique=True)
    count = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_lookseal_in_order", condition=Q(last__gte=F("first"))),
        ]


class Alarm(models.Model):
    """Somebody opened a decoy. Made by the database itself, in the commit of the look (`guards/quality.sql`).

    One waits for each person and decoy. It is acknowledged by somebody else, who says what came of it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="alarms")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="alarms")
    what = models.CharField(max_length=20, choices=choices(LookedAt))
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)  # supervisors were called by mail, as far as they have an address
    acknowledged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "person"], name="records_alarm_waits_once",
                                    condition=Q(acknowledged_at__isnull=True)),
            models.CheckConstraint(
                name="records_alarm_acknowledged_by_another",
                condition=Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True, note="")
                | (Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by=F("person")) & ~Q(note=""))),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], name="records_alarm_waiting", condition=Q(acknowledged_at__isnull=True)),
            models.Index(fields=["id"], name="records_alarm_unmailed", condition=Q(mailed_at__isnull=True)),
        ]


class AlarmAddress(models.Model):
    """Where somebody who supervises wants to be called when an alarm is raised. They write it themselves."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="alarm_address")
    email = models.EmailField()


class Exposure(models.Model):
    """One person had one case open, for how many seconds. Nobody's reasons are in it, nor whether a vote followed.

    `seconds` grows with the page's beats while it is open and visible; of a page that sends none, the time until the
    person's next page counts. One is open for each person: whoever opens the next case has left this one.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="exposures")
    case = models.ForeignKey(Case, on_delete=models.DO_NOTHING, db_constraint=False, related_name="exposures")
    severity = models.SmallIntegerField(default=Severity.LOW)  # the case's, when it was opened
    seconds = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    beaten_at = models.DateTimeField(null=True)  # the page's last beat; none: its browser runs no scripts
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person"], name="records_one_open_exposure",
                                    condition=Q(ended_at__isnull=True)),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "-at"], name="records_exposure_person")]
