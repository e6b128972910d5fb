"""The sample of watched texts that people judge: its parts, drawn texts, judgements, and rules that stopped by it."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.watch import SourceKind
from jaga.policy.limits import LEAST_JUDGED, VICTIM_FIRST_CATEGORIES
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person

RULE = 160
"""The longest name of a rule: a key, or `words:` with a category's key."""


class ScreenedCount(models.Model):
    """How many watched texts of a week one rule flagged; `rule` is empty for those that none did."""

    week = models.DateField()  # Its Monday.
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    rule = models.CharField(max_length=RULE, blank=True)
    category = models.CharField(max_length=60, blank=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", SourceKind),
            models.UniqueConstraint(fields=["week", "kind", "rule", "category"], name="records_screened_counted_once"),
            models.CheckConstraint(
                name="records_screened_rule_has_category",
                condition=Q(rule="", category="") | ~Q(rule="") & ~Q(category=""),
            ),
        ]


class SampledText(models.Model):
    """A drawn text: where it was drawn from, and what people said. Its words are a `WatchSample`, for some days.

    `ticket` is the keyed number by which it was drawn: the smallest ones of each part are. `outcome` is the category of
    the offence that people saw in it, or empty for none; `guards/watch.sql` lets two people or three settle it, once.
    """

    week = models.DateField()
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    rule = models.CharField(max_length=RULE, blank=True)
    category = models.CharField(max_length=60, blank=True)  # In which the rule flagged it.
    ticket = models.FloatField()
    drawn_at = models.DateTimeField()
    outcome = models.CharField(max_length=60, null=True, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", SourceKind),
            models.UniqueConstraint(fields=["week", "kind", "rule", "ticket"], name="records_sampled_once"),
            models.CheckConstraint(
                name="records_sampled_has_outcome",
                condition=Q(outcome__isnull=True, settled_at__isnull=True)
                | Q(outcome__isnull=False, settled_at__isnull=False),
            ),
        ]


class SampleJudgement(models.Model):
    """One person's judgement of a drawn text, taken, then given or left to somebody else. Never edited afterwards.

    `answer` is a category, or empty for no offence.
    """

    text = models.ForeignKey(SampledText, on_delete=models.PROTECT, related_name="judgements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    answer = models.CharField(max_length=60, null=True, blank=True)
    judged_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["text", "person"], name="records_sample_judged_once"),
            models.CheckConstraint(
                name="records_sample_judgement_has_an_answer",
                condition=Q(answer__isnull=True, judged_at__isnull=True)
                | Q(answer__isnull=False, judged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_sample_judged_or_left", condition=Q(judged_at__isnull=True) | Q(left_at__isnull=True)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["person"], name="records_sample_held", condition=Q(judged_at__isnull=True, left_at__isnull=True)
            )
        ]


class RuleSuspension(models.Model):
    """That a rule was found wrong too often: it makes no cases until a person switches it on again, with a reason.

    With `alarm_only` it goes on, since it looks for possible victims: then it is an alarm that a person answers.
    """

    rule = models.CharField(max_length=RULE)
    category = models.CharField(max_length=60)
    alarm_only = models.BooleanField()
    judged = models.PositiveIntegerField()
    right = models.PositiveIntegerField()
    upper = models.FloatField()  # Of the 95 % interval of its precision.
    line = models.FloatField()
    policy_hash = models.CharField(max_length=64)
    suspended_at = models.DateTimeField()
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule"], name="records_rule_suspended_once", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_suspension_has_grounds",
                condition=Q(judged__gte=LEAST_JUDGED, right__lte=F("judged"), upper__lt=F("line")) & ~Q(rule=""),
            ),
            models.CheckConstraint(
                name="records_victims_are_not_lost",
                condition=Q(alarm_only=True) | ~Q(category__in=sorted(VICTIM_FIRST_CATEGORIES)),
            ),
            models.CheckConstraint(
                name="records_suspension_ended_by_a_person",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, why="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(why=""),
            ),
        ]
