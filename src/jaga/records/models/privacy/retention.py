"""Legal holds, postponements, and what was deleted when its period was over."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.retention import CASE_KINDS, DataKind
from jaga.policy.limits import LONGEST_HOLD_DAYS, LONGEST_POSTPONEMENT_DAYS, ONLY_PLANS_HOURS
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices
from jaga.records.models.kernel.ledger import LedgerEntry
from jaga.records.models.people.organisations import Person


class LegalHold(models.Model):
    """While it holds, nothing of the case is deleted.

    One person asks, another confirms within `confirm_until`; meanwhile it holds already. It ends by itself, or earlier
    by one person with a reason. An extension is a row of its own that `extends` an earlier one, and takes two people
    again. Nobody asks twice for a hold of the same case that nobody confirmed: that would be holding it alone.
    `guards/`: every step is taken once and never edited.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="legal_holds")
    extends = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="extensions")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")  # Who answers for it.
    reason = models.TextField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirm_until = models.DateTimeField()
    ends_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # Or who refused it.
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_hold_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_hold_is_bounded",
                condition=Q(
                    ends_at__gt=F("asked_at"),
                    ends_at__lte=F("asked_at") + timedelta(days=LONGEST_HOLD_DAYS),
                    confirm_until__gt=F("asked_at"),
                ),
            ),
            models.CheckConstraint(
                name="records_hold_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_at__lte=F("confirm_until")) & ~Q(confirmed_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="records_hold_ends_with_a_reason",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, ended_why="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(ended_why=""),
            ),
            models.UniqueConstraint(
                fields=["case", "asked_by"],
                name="records_hold_asked_once_unconfirmed",
                condition=Q(confirmed_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case", "ends_at"], name="records_hold_of_case", condition=Q(ended_at__isnull=True)),
        ]


class RetentionPostponement(models.Model):
    """A person postponed the deletions of a case, with a reason and an end. Nobody postpones the same case twice."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="postponements")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "by"], name="records_postponed_once_by_each"),
            models.CheckConstraint(name="records_postponement_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_postponement_is_bounded",
                condition=Q(ends_at__gt=F("at"), ends_at__lte=F("at") + timedelta(days=LONGEST_POSTPONEMENT_DAYS)),
            ),
        ]


class RetentionErasure(models.Model):
    """One kind of data of one case was deleted, by which rule. Says never what. Append-only.

    The database refuses it while anything binds the case (`guards/privacy.sql`), and the tables that are never
    edited let their words be emptied only where such a row is.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="erasures")
    kind = models.CharField(max_length=20, choices=choices(DataKind))
    rule = models.CharField(max_length=60)  # Its key in the release.
    policy_hash = models.CharField(max_length=64)
    due_on = models.DateField()
    at = models.DateTimeField()
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_erasure_is_of_a_case", condition=Q(kind__in=[kind.value for kind in CASE_KINDS])
            ),
            models.UniqueConstraint(fields=["case", "kind"], name="records_erased_once_by_kind"),
            models.CheckConstraint(name="records_erasure_names_its_rule", condition=~Q(rule="")),
            models.CheckConstraint(
                name="records_erasure_names_its_policy", condition=Q(policy_hash__regex=SHA256_WHOLE)
            ),
        ]


class FileToDelete(models.Model):
    """A sealed original or an export whose rows say that it is deleted. The row goes when the file has gone.

    `failure` is why it could not be deleted at `failed_at`; it is tried again.
    """

    erasure = models.ForeignKey(RetentionErasure, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64, blank=True)  # Of an original,
    folder = models.CharField(max_length=200, blank=True)  # or the folder of an export.
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_file_to_delete_is_one",
                condition=Q(sha256="") & ~Q(folder="") | Q(folder="") & ~Q(sha256=""),
            ),
        ]


class AccessLogErasure(models.Model):
    """The entries of one sealed range of the access log were deleted. The seal stays. Append-only."""

    seal = models.OneToOneField("records.AccessLogSeal", on_delete=models.PROTECT, related_name="erasure")
    rule = models.CharField(max_length=60)
    count = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="+")


class RetentionSweep(models.Model):
    """The sweep of one day: up to which case it has looked for new ones, and from how many it deleted something."""

    day = models.DateField(unique=True)
    after = models.BigIntegerField(default=0)
    cases = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)


class RetentionClock(models.Model):
    """The clock of the sweeps; one row. While `doubted_at` is set, nothing is deleted: the clock then differed too much
    from `seen_at`, when a sweep last ran. A supervisor confirms it, or it is right again by itself.

    `anchor_at` is what the clock said when the machine, in its run `anchor_boot`, had been up for `anchor_up` seconds:
    a clock that gains on that was set. `planned_since`: the first sweep; for a day after it nothing is deleted.
    """

    seen_at = models.DateTimeField()
    planned_since = models.DateTimeField(null=True)
    anchor_at = models.DateTimeField(null=True)
    anchor_boot = models.CharField(max_length=40, blank=True)
    anchor_up = models.FloatField(default=0)
    doubted_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_one_retention_clock", condition=Q(pk=1)),
            models.CheckConstraint(
                name="records_clock_confirmed_by_somebody",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            ),
        ]

    def plans_until(self, moment: datetime) -> datetime | None:
        """Until when deletions are only planned, `limits.ONLY_PLANS_HOURS` after the first sweep; None if it is
        over.
        """
        until = (self.planned_since or moment) + timedelta(hours=ONLY_PLANS_HOURS)
        return until if until > moment else None


class RetentionDue(models.Model):
    """When a closed case is looked at next, and when something of it is deleted, as computed last.

    Only a plan: a sweep computes again before it deletes. `policy_hash`: the release by which it was computed.
    `failure` is why the last sweep could not delete what was due; it is tried again the next day.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="retention_due")
    look_on = models.DateField(null=True)  # null: all of it is deleted.
    due_on = models.DateField(null=True)  # null: nothing, or not known yet.
    policy_hash = models.CharField(max_length=64)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["look_on", "case"], name="records_retention_look", condition=Q(look_on__isnull=False)),
            models.Index(
                fields=["due_on", "case"], name="records_retention_planned", condition=Q(due_on__isnull=False)
            ),
        ]
