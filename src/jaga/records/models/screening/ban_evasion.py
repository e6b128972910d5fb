"""Ban evasion: account traces, and matches with accounts that were acted on.

Only keyed hashes of the compared values are kept (`records.codes.indicator_key`), so a stolen copy of the tables does
not reveal whose number is whose. A match is a hint for people: no trigger, job or action follows from it.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.screening import IndicatorKind, Likelihood
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.platforms import Subject
from jaga.records.models.cases.reports import Report
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person

NO_INDICATORS = [[0, 0]]
"""The evidence of a match whose indicators were deleted: it must not be empty, and no indicator has the number 0."""


class AccountIndicator(models.Model):
    """One trace of one account, from the report that first showed it, or without a report from its name or media.

    Deleted with everything that rests on it when the last decision against the account is overturned.
    """

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="indicators")
    report = models.ForeignKey(Report, null=True, on_delete=models.CASCADE, related_name="indicators")
    kind = models.CharField(max_length=20, choices=choices(IndicatorKind))
    key = models.BinaryField(max_length=32)  # HMAC of kind and canonical value, under a key outside the database.
    masked = models.CharField(max_length=120, blank=True)  # What may be shown of it: `+62 812-***-789`.
    start = models.PositiveIntegerField(default=0)  # Its span in `report.published`; 0 to 0: it was in no text.
    end = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", IndicatorKind),
            models.UniqueConstraint(fields=["subject", "kind", "key"], name="records_indicator_once"),
            models.CheckConstraint(
                name="records_indicator_has_a_span_in_a_report",
                condition=Q(start=0, end=0) | Q(report__isnull=False, end__gt=F("start")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["key", "id"], name="records_indicator_left_by"),
            models.Index(
                fields=["seen_at"], name="records_indicator_contacts", condition=Q(kind=IndicatorKind.CONTACT)
            ),
        ]


class LshBand(models.Model):
    """One of the bands by which near-duplicate texts find each other."""

    indicator = models.ForeignKey(AccountIndicator, on_delete=models.CASCADE, related_name="bands")
    key = models.BinaryField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "id"], name="records_indicator_band_left_by")]


class IndicatorScan(models.Model):
    """A report already searched for traces, so that each is searched once even if nothing was found."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="indicator_scan")
    at = models.DateTimeField()


class BanEvasionMatch(models.Model):
    """A match between a case's account and an account that was acted on.

    `evidence` pairs [own trace, earlier account's trace]; their rows may be gone. `NO_INDICATORS` replaces
    them when those of a closed case are deleted.

    Withdrawn, without its evidence, when the earlier decision is overturned.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="ban_evasion_matches")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="ban_evasion_matches")
    earlier_subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="later_matches")
    earlier_case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="later_matches")
    likelihood = models.CharField(max_length=20, choices=choices(Likelihood))
    kinds = models.JSONField(default=list)  # `IndicatorKind` values, sorted.
    evidence = models.JSONField(default=list)
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("likelihood", Likelihood),
            models.CheckConstraint(
                name="records_ban_evasion_is_of_another_account", condition=~Q(subject=F("earlier_subject"))
            ),
            models.CheckConstraint(name="records_ban_evasion_has_evidence", condition=~Q(evidence=[]) & ~Q(kinds=[])),
            models.CheckConstraint(
                name="records_ban_evasion_withdrawn_later",
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("found_at")),
            ),
            models.UniqueConstraint(
                fields=["case", "earlier_subject"],
                name="records_ban_evasion_once",
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]


class BanEvasionVerdict(models.Model):
    """One person's judgement of a match. Each person has their own, so that nobody is influenced before voting."""

    match = models.ForeignKey(BanEvasionMatch, on_delete=models.CASCADE, related_name="judgements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="ban_evasion_judgements")
    same_holder = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["match", "person"], name="records_ban_evasion_judged_once_each"),
        ]
