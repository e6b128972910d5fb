"""Votes and decisions: append-only (`guards/append_only.sql`); a final measure never rests on one person."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.cases import IRREVERSIBLE
from jaga.core.terms.cases import VictimSay
from jaga.core.terms.decisions import DecisionKind, Ground
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.platforms import Subject
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class VotesInForce(models.Manager["Vote"]):
    """Votes in force, without those of an irreversible decision undone before its commit."""

    def get_queryset(self) -> models.QuerySet["Vote"]:
        """All votes that were not withdrawn."""
        return super().get_queryset().filter(withdrawal__isnull=True)


class Vote(models.Model):
    """One person's judgement of a case.

    A first vote is sealed until the second is cast.

    A vote is withdrawn only together with its decision; the person may then vote again in their next `round`. Use
    `Vote.in_force` for current votes.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="votes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="votes")
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    legal_basis = models.CharField(max_length=60, blank=True)
    ground = models.CharField(max_length=40, choices=choices(Ground), default=Ground.ILLEGAL_CONTENT)
    facts = SealedTextField(blank=True)
    rooms = models.JSONField(default=list)  # Public rooms whose messages should be redacted: a vote of its own.
    accounts = models.JSONField(default=list)  # Ids of the judged subjects, each selected explicitly; never empty.
    restrict_days = models.PositiveSmallIntegerField(null=True)  # Days a restriction lasts; null: indefinitely.
    elements = models.JSONField(default=list)  # Keys of the rule elements found present; a closure needs some.
    victim = models.CharField(max_length=20, choices=choices(VictimSay), default="", db_default="", blank=True)
    policy_hash = models.CharField(max_length=64)
    cast_at = models.DateTimeField()
    round = models.PositiveSmallIntegerField(default=1, db_default=1)  # This person's voting round in this case.
    why = SealedTextField(default="", db_default="", blank=True)  # The supervisor's reason for settling a difference.
    as_prepared = models.BooleanField(default=False, db_default=False)  # The facts: a prepared sentence.

    objects = models.Manager()
    in_force = VotesInForce()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("facts", "why", table="vote"),
            one_of("kind", DecisionKind),
            one_of("ground", Ground),
            models.CheckConstraint(
                name="records_vote_victim_is_a_term", condition=Q(victim__in=["", *(one.value for one in VictimSay)])
            ),
            models.UniqueConstraint(fields=["case", "person", "round"], name="records_one_vote_per_person_and_case"),
            models.CheckConstraint(
                name="records_only_a_restriction_has_days",
                condition=Q(restrict_days__isnull=True) | Q(kind=DecisionKind.RESTRICT),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["person", "-cast_at"], name="records_vote_by_person")]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class Decision(models.Model):
    """An immutable judgement on one account.

    Overturning it creates a new decision that refers to it.

    Accounts of one holder that are judged together each get a decision in one transaction, with their own statement,
    outcome and appeal; no holder is told of another account.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    legal_basis = models.CharField(max_length=60, blank=True)
    ground = models.CharField(max_length=40, choices=choices(Ground), default=Ground.ILLEGAL_CONTENT)
    facts = SealedTextField(blank=True)
    rooms = models.JSONField(default=list)
    ends_at = models.DateTimeField(null=True)  # The end of a temporary restriction.
    automated_detection = models.BooleanField(default=False)
    policy_hash = models.CharField(max_length=64)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="decided")
    seconded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="seconded")
    # Immediate, by one person, while an urgent case is judged.
    provisional = models.BooleanField(default=False, db_default=False)
    # The pending closure ahead of which the account is restricted by agreement of two people; provisional too.
    awaits = models.ForeignKey("records.PendingDecision", null=True, on_delete=models.PROTECT, related_name="held")
    # decided_by is then the supervisor, and seconded_by the person who agreed.
    adjudicated = models.BooleanField(default=False)
    overturns = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="overturned_by")
    decided_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("facts", table="decision"),
            one_of("kind", DecisionKind),
            one_of("ground", Ground),
            models.CheckConstraint(
                name="records_second_vote_by_another_person",
                condition=Q(seconded_by__isnull=True) | ~Q(seconded_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="records_nobody_closes_alone",
                condition=~Q(kind__in=sorted(kind.value for kind in IRREVERSIBLE)) | Q(seconded_by__isnull=False),
            ),
            models.CheckConstraint(
                name="records_only_a_restriction_is_provisional",
                condition=Q(provisional=False, awaits__isnull=True)
                | Q(provisional=True, kind=DecisionKind.RESTRICT, ends_at__isnull=False, adjudicated=False)
                & (
                    Q(awaits__isnull=True, seconded_by__isnull=True)
                    | Q(awaits__isnull=False, seconded_by__isnull=False)
                ),
            ),
            models.UniqueConstraint(
                fields=["case"],
                name="records_restricted_alone_once",
                condition=Q(provisional=True, awaits__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["awaits", "subject"],
                name="records_restricted_once_before_a_closure",
                condition=Q(awaits__isnull=False),
            ),
            models.CheckConstraint(
                name="records_restore_overturns",
                condition=Q(kind=DecisionKind.RESTORE, overturns__isnull=False)
                | (~Q(kind=DecisionKind.RESTORE) & Q(overturns__isnull=True)),
            ),
            models.CheckConstraint(
                name="records_only_a_restriction_ends_by_itself",
                condition=Q(ends_at__isnull=True) | Q(kind=DecisionKind.RESTRICT, ends_at__gt=F("decided_at")),
            ),
            models.CheckConstraint(
                name="records_decision_names_its_policy", condition=Q(policy_hash__regex=SHA256_WHOLE)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["decided_at"], name="records_decision_at")]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class Preservation(models.Model):
    """A preservation one person ordered, until a second agrees.

    Otherwise it lapses at its deadline: its originals no longer belong to a case and their bytes are erased. It ends
    once, either way (`guards/decisions.sql`).
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="preservation")
    lapses_at = models.DateTimeField()
    agreed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_preservation_ends_once",
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False, lapsed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_preservation_lapses_at_its_time",
                condition=Q(lapsed_at__isnull=True) | Q(lapsed_at__gte=F("lapses_at")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["lapses_at"],
                name="records_preservation_open",
                condition=Q(agreed_at__isnull=True, lapsed_at__isnull=True),
            ),
        ]
