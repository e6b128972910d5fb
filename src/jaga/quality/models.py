"""The access log, canary alarms, and exposure times.

Blind reviews, golden cases and precomputed figures. None of them changes a case.

Answers given in training: a person's own, on golden cases that a supervisor chose for it.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case
from jaga.core.terms.cases import AccessKind, DecisionKind, Severity
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.privacy import KeyOwner
from jaga.people.models import Person
from jaga.store.key_store.store import Owner
from jaga.store.models import LedgerEntry, choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class AccessEvent(models.Model):
    """One access to personal data: the case (none for a list) and the kind of page.

    Immutable.

    Written only by `store.reads`. It takes no lock on the case, so reading never waits for a
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


class GoldenCase(models.Model):
    """A decided case with a supervisor's reference answer, mixed unmarked into blind reviews."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="golden")
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    reasons = SealedTextField()
    marked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    # For training, where its answer is shown at once, and so never in blind reviews.
    training = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="goldencase"),
            one_of("kind", DecisionKind),
            models.UniqueConstraint(
                fields=["case"], name="records_golden_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="records_golden_says_why", condition=~Q(reasons="")),
            models.CheckConstraint(
                name="records_golden_withdrawn_by_somebody",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner(KeyOwner.TRAINING)


class BlindReview(models.Model):
    """A blind review of a decided case by someone without a vote on it.

    Answered once, never edited.

    `golden` is set if the case has a reference answer, which the reviewer is not told. `agrees` compares with that
    answer, otherwise with the decision.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="blind_reviews")
    golden = models.ForeignKey(GoldenCase, null=True, on_delete=models.PROTECT, related_name="blind_reviews")
    drawn_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="blind_reviews")
    taken_at = models.DateTimeField(null=True)  # By `person`; if that is empty, when someone last returned it.
    kind = models.CharField(max_length=20, choices=choices(DecisionKind), null=True)
    reasons = SealedTextField(blank=True)
    judged_at = models.DateTimeField(null=True)
    agrees = models.BooleanField(null=True)
    seen_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    note = SealedTextField(blank=True)  # The supervisor's note on a difference.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", "note", table="blindreview"),
            one_of("kind", DecisionKind),
            models.UniqueConstraint(fields=["case"], name="records_drawn_once", condition=Q(golden__isnull=True)),
            models.UniqueConstraint(fields=["case", "person"], name="records_blind_review_once_by_each"),
            models.CheckConstraint(
                name="records_blind_review_whole",
                condition=Q(judged_at__isnull=True, kind__isnull=True, agrees__isnull=True)
                | Q(
                    judged_at__isnull=False,
                    kind__isnull=False,
                    agrees__isnull=False,
                    person__isnull=False,
                    taken_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="records_difference_seen_by_another",
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | (
                    Q(seen_at__isnull=False, seen_by__isnull=False, agrees=False)
                    & ~Q(seen_by=F("person"))
                    & ~Q(note="")
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["taken_at", "drawn_at"], name="records_blind_review_open", condition=Q(judged_at__isnull=True)
            ),
            models.Index(fields=["judged_at"], name="records_blind_review_done", condition=Q(judged_at__isnull=False)),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner(KeyOwner.TRAINING)


class Measured(models.Model):
    """Agreement as last measured: overall, or for one rule, language or person."""

    dimension = models.CharField(max_length=20, choices=choices(MeasuredBy))
    key = models.CharField(max_length=60, blank=True)  # A category, a language or a person id; empty: overall.
    units = models.PositiveIntegerField()
    pairs = models.PositiveIntegerField()
    alike = models.PositiveIntegerField()
    alpha = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    counted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("dimension", MeasuredBy),
            models.UniqueConstraint(fields=["dimension", "key"], name="records_measured_once"),
            models.CheckConstraint(
                name="records_measured_in_order",
                condition=Q(alpha__isnull=True) | Q(low__lte=F("alpha"), high__gte=F("alpha"), alpha__lte=1),
            ),
        ]


class Tally(models.Model):
    """One dashboard number, precomputed by the worker, so that no page counts a million cases."""

    name = models.CharField(max_length=40)
    key = models.CharField(max_length=120, blank=True)
    number = models.BigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "key"], name="records_tally_once")]


class TrainingAnswer(models.Model):
    """One answer, with feedback at once. It is measured nowhere and never edited."""

    golden = models.ForeignKey(GoldenCase, on_delete=models.PROTECT, related_name="training_answers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="training_answers")
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    reasons = SealedTextField(blank=True)
    at = models.DateTimeField()
    agrees = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="traininganswer"),
            one_of("kind", DecisionKind),
            models.UniqueConstraint(fields=["golden", "person"], name="records_trained_once"),
            models.CheckConstraint(
                name="records_training_says_why", condition=Q(kind=DecisionKind.DISMISS) | ~Q(reasons="")
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.golden.case.key_owner(KeyOwner.TRAINING)
