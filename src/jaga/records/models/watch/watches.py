"""Watches: what is read by whose decision, how far it was read, and how much was found."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.watch import SourceKind, SourceState
from jaga.policy.limits import LONGEST_WATCH_DAYS, MOST_WATCHED_A_DAY
from jaga.records.models.cases.platforms import Platform
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class Watch(models.Model):
    """One person proposes it, another starts it within `start_until`; a person stops it at once, or it ends by itself.

    Nothing of what two people agreed on is edited; `guards/watch.sql` lets it be started once and ended once.
    `legal_citation` is that of the release at the proposal. `token_file` names a private file outside the database.
    """

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="watches")
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    url = models.CharField(max_length=2000, blank=True)
    surfaces = models.JSONField(default=list)  # Texts; what they are depends on the kind.
    token_file = models.CharField(max_length=60, blank=True)
    token_owner = models.CharField(max_length=200, blank=True)
    legal_basis = models.CharField(max_length=80)
    legal_citation = models.CharField(max_length=300)
    policy_hash = models.CharField(max_length=64)
    purpose = models.TextField()
    budget = models.PositiveIntegerField()  # Observations a day.
    ends_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    start_until = models.DateTimeField()
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", SourceKind),
            models.CheckConstraint(name="records_watch_says_what_for", condition=~Q(purpose="") & ~Q(legal_basis="")),
            models.CheckConstraint(name="records_watch_names_its_policy", condition=Q(policy_hash__regex=SHA256_WHOLE)),
            models.CheckConstraint(
                name="records_watch_names_its_token",
                condition=Q(token_file="", token_owner="") | ~Q(token_file="") & ~Q(token_owner=""),
            ),
            models.CheckConstraint(
                name="records_watch_has_a_budget", condition=Q(budget__gte=1, budget__lte=MOST_WATCHED_A_DAY)
            ),
            models.CheckConstraint(
                name="records_watch_is_bounded",
                condition=Q(
                    ends_at__gt=F("proposed_at"),
                    ends_at__lte=F("proposed_at") + timedelta(days=LONGEST_WATCH_DAYS),
                    start_until__gt=F("proposed_at"),
                ),
            ),
            models.CheckConstraint(
                name="records_watch_started_by_another",
                condition=Q(started_by__isnull=True, started_at__isnull=True)
                | Q(started_at__isnull=False, started_at__lte=F("start_until")) & ~Q(started_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="records_watch_ends_by_a_person_or_its_day",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, ended_why="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(ended_why="")
                | Q(ended_by__isnull=True, ended_why="", ended_at__gte=F("ends_at"))
                | Q(ended_by__isnull=True, ended_why="", started_at__isnull=True, ended_at__gte=F("start_until")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ends_at"], name="records_watch_not_ended", condition=Q(ended_at__isnull=True)),
        ]


class WatchProgress(models.Model):
    """How far a started watch has read. `begun_at` is set while it reads; `retry_at` is when it reads again."""

    watch = models.OneToOneField(Watch, on_delete=models.PROTECT, primary_key=True, related_name="progress")
    cursor = models.TextField(blank=True)  # Opaque; empty: from the present.
    state = models.CharField(max_length=20, choices=choices(SourceState), default=SourceState.WAITING)
    source_version = models.CharField(max_length=100, blank=True)
    begun_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    new_at = models.DateTimeField(null=True)  # When something new last came.
    failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # Of the last failure, without contents.
    failures = models.PositiveIntegerField(default=0)  # One after another.
    repeats = models.PositiveIntegerField(default=0)  # Readings one after another that held only what was known.
    retry_at = models.DateTimeField(null=True)
    lag = models.DurationField(null=True)

    class Meta:
        constraints: ClassVar = [one_of("state", SourceState)]


class WatchDay(models.Model):
    """What one watch did on one day: counts alone."""

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    observed = models.PositiveIntegerField(default=0)  # New ones, edits included: what counts against the budget.
    edits = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    filed = models.PositiveIntegerField(default=0)  # Flagged ones that a case took.
    repeated = models.PositiveIntegerField(default=0)  # Sent again by the source.
    opted_out = models.PositiveIntegerField(default=0)  # Not looked at: the account asks not to be read.
    deleted = models.PositiveIntegerField(default=0)  # Copies deleted since the source deleted the text.
    over_budget = models.PositiveIntegerField(default=0)  # Sent beyond the budget, and not looked at.
    set_aside = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["watch", "day"], name="records_watch_day_once"),
        ]
