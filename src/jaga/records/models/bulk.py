"""Runs over many cases at once, what became of each case in them, and labels. No run closes anything."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms import BulkItemState, BulkKind, BulkState, Lapse
from jaga.records.models.cases import Case
from jaga.records.models.choices import choices, one_of
from jaga.records.models.decisions import Decision
from jaga.records.models.organisations import Person

_NEEDS_A_CHECK = [BulkState.RUNNING.value, BulkState.LOOKING.value, BulkState.PAUSED.value, BulkState.DONE.value]


class BulkRun(models.Model):
    """The same step for many cases, made by one person and checked by another. `kind` knows no closure."""

    kind = models.CharField(max_length=20, choices=choices(BulkKind))
    state = models.CharField(max_length=20, choices=choices(BulkState), default=BulkState.DRAFT)
    maker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="bulk_runs_made")
    checker = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="bulk_runs_checked")
    target = models.CharField(max_length=60, blank=True)  # the queue or the label
    legal_basis = models.CharField(max_length=60, blank=True)
    facts = models.TextField(blank=True)  # of a restriction: each holder reads them
    restrict_days = models.PositiveSmallIntegerField(null=True)
    why = models.TextField(blank=True)  # in the maker's words, for the second person; no holder reads it
    selected_by = models.CharField(max_length=300, blank=True)  # the query, or nothing where lines were pasted
    bad_lines = models.JSONField(default=list)  # [line's number, its text, sentence] of what was pasted and not found
    created_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    looked_at = models.DateTimeField(null=True)  # a person looked at what became of the first cases, and let it go on
    ended_at = models.DateTimeField(null=True)
    policy_hash = models.CharField(max_length=64, default="", db_default="", blank=True)  # when it was proposed
    stopped_why = models.CharField(max_length=20, choices=choices(Lapse), default="", db_default="", blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", BulkKind),
            one_of("state", BulkState),
            models.CheckConstraint(name="records_bulk_stop_is_a_term",
                                   condition=Q(stopped_why__in=["", *(one.value for one in Lapse)])),
            models.CheckConstraint(name="records_bulk_is_checked_by_another",
                                   condition=Q(checker__isnull=True) | ~Q(checker=F("maker"))),
            models.CheckConstraint(
                name="records_bulk_starts_after_its_check",
                condition=~Q(state__in=_NEEDS_A_CHECK) | Q(checker__isnull=False, approved_at__isnull=False)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_bulk_running", condition=Q(state=BulkState.RUNNING)),
        ]


class BulkItem(models.Model):
    """One case in a run. It ends once: done, refused for a reason, or left out; what was done can be reversed.

    `reports` and `heard` are what the maker saw; a case that has changed since is not touched.
    """

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="bulk_items")
    place = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=choices(BulkItemState), default=BulkItemState.CHOSEN)
    reports = models.PositiveIntegerField(default=0)
    heard = models.PositiveBigIntegerField(default=0)  # the newest message of a reporter then
    before = models.CharField(max_length=60, blank=True)  # the queue that it came from
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="bulk_items")
    why = models.JSONField(default=dict)  # of a refused one: code, sentence, remedy, params
    done_at = models.DateTimeField(null=True)
    reversed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("state", BulkItemState),
            models.UniqueConstraint(fields=["run", "case"], name="records_bulk_case_once"),
            models.UniqueConstraint(fields=["run", "place"], name="records_bulk_place_once"),
            models.CheckConstraint(name="records_bulk_refused_with_a_reason",
                                   condition=~Q(state=BulkItemState.REFUSED) | ~Q(why={})),
            models.CheckConstraint(
                name="records_bulk_reversed_by_somebody",
                condition=~Q(state=BulkItemState.REVERSED) | Q(reversed_by__isnull=False, reversed_at__isnull=False)),
        ]


class CaseLabel(models.Model):
    """A word of the team on a case, to find and sort by. No holder, reporter or figure learns of it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="labels")
    label = models.CharField(max_length=40)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "label"], name="records_label_once",
                                    condition=Q(withdrawn_at__isnull=True)),
            models.CheckConstraint(name="records_label_is_a_word",
                                   condition=Q(label__regex=r"^[a-z0-9][a-z0-9-]{0,39}$")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["label", "case"], name="records_label_find", condition=Q(withdrawn_at__isnull=True)),
        ]
