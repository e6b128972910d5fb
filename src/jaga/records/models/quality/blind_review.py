"""What was judged again, golden cases, and figures that are counted beforehand. None of it changes a case."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms import DecisionKind, MeasuredBy
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class GoldenCase(models.Model):
    """A decided case whose right answer a supervisor wrote down. It stands among what people judge again, unmarked."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="golden")
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    reasons = models.TextField()
    marked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", DecisionKind),
            models.UniqueConstraint(fields=["case"], name="records_golden_once",
                                    condition=Q(withdrawn_at__isnull=True)),
            models.CheckConstraint(name="records_golden_says_why", condition=~Q(reasons="")),
            models.CheckConstraint(
                name="records_golden_withdrawn_by_somebody",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)),
        ]


class Rejudgement(models.Model):
    """A decided case that somebody who had no vote judges again, blind. Judged once and never edited.

    `golden` is set where the case is one with a known answer; whoever judges is not told. `agrees` compares with that
    answer, or else with what was decided.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="rejudgements")
    golden = models.ForeignKey(GoldenCase, null=True, on_delete=models.PROTECT, related_name="rejudgements")
    drawn_at = models.DateTimeField()
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="rejudgements")
    taken_at = models.DateTimeField(null=True)  # by `person`; without one, when somebody last left it
    kind = models.CharField(max_length=20, choices=choices(DecisionKind), null=True)
    reasons = models.TextField(blank=True)
    judged_at = models.DateTimeField(null=True)
    agrees = models.BooleanField(null=True)
    seen_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)  # the supervisor's, on a difference

    class Meta:
        constraints: ClassVar = [
            one_of("kind", DecisionKind),
            models.UniqueConstraint(fields=["case"], name="records_drawn_once", condition=Q(golden__isnull=True)),
            models.UniqueConstraint(fields=["case", "person"], name="records_judged_again_once_by_each"),
            models.CheckConstraint(
                name="records_rejudgement_whole",
                condition=Q(judged_at__isnull=True, kind__isnull=True, agrees__isnull=True)
                | Q(judged_at__isnull=False, kind__isnull=False, agrees__isnull=False, person__isnull=False,
                    taken_at__isnull=False)),
            models.CheckConstraint(
                name="records_difference_seen_by_another",
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | (Q(seen_at__isnull=False, seen_by__isnull=False, agrees=False) & ~Q(seen_by=F("person"))
                   & ~Q(note=""))),
        ]
        indexes: ClassVar = [
            models.Index(fields=["taken_at", "drawn_at"], name="records_to_judge_again",
                         condition=Q(judged_at__isnull=True)),
            models.Index(fields=["judged_at"], name="records_judged_again", condition=Q(judged_at__isnull=False)),
        ]


class Measured(models.Model):
    """How alike people judged, as last counted: over all, under one rule, in one language, or by one person."""

    dimension = models.CharField(max_length=20, choices=choices(MeasuredBy))
    key = models.CharField(max_length=60, blank=True)  # a category, a language, a person's number; empty: over all
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
            models.CheckConstraint(name="records_measured_in_order",
                                   condition=Q(alpha__isnull=True)
                                   | Q(low__lte=F("alpha"), high__gte=F("alpha"), alpha__lte=1)),
        ]


class Tally(models.Model):
    """One number of the dashboard, counted by the worker, so that a page never counts a million cases."""

    name = models.CharField(max_length=40)
    key = models.CharField(max_length=120, blank=True)
    number = models.BigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["name", "key"], name="records_tally_once")]
