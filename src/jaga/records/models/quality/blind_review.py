"""Blind reviews, golden cases and precomputed figures. None of them changes a case."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.figures import MeasuredBy
from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


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
