"""Votes and decisions: append-only (`guards/append_only.sql`); a final measure never rests on one person.

Actions, their observed outcomes, statements of reasons and letters.

Strikes: counted violations that expire. They inform the policy's suggestion and decide nothing.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.reports import Report
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.cases import IRREVERSIBLE
from jaga.core.terms.cases import (
    OPEN_ACTION_STATES,
    ActionKind,
    ActionState,
    DecisionKind,
    Ground,
    OutcomeKind,
    Step,
    VerificationResult,
    VictimSay,
)
from jaga.core.terms.people import Language
from jaga.people.models import Person
from jaga.policy.limits import SHORTEST_APPEAL_DAYS
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


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


_OPEN = [state.value for state in OPEN_ACTION_STATES]


class Action(models.Model):
    """One desired effect on a platform, created in the decision's transaction and carried out by the worker."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="actions")
    # Of a measure suspended during its appeal: lifting it, applying it again, and what follows the answer.
    rest = models.ForeignKey("records.AppealRest", null=True, on_delete=models.PROTECT, related_name="actions")
    kind = models.CharField(max_length=20, choices=choices(ActionKind))
    sequence = models.PositiveSmallIntegerField(default=1)  # A redaction precedes the closure of the same decision.
    state = models.CharField(max_length=20, choices=choices(ActionState), default=ActionState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", ActionKind),
            one_of("state", ActionState),
            models.UniqueConstraint(
                fields=["decision", "kind"], name="records_action_once_per_decision", condition=Q(rest__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["rest", "kind"], name="records_action_once_per_rest", condition=Q(rest__isnull=False)
            ),
            models.CheckConstraint(
                name="records_action_done_has_its_time",
                condition=Q(state__in=_OPEN) | Q(finished_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="records_action_open", condition=Q(state__in=_OPEN)),
        ]


class Outcome(models.Model):
    """The observed result of one step of an action. Append-only."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="outcomes")
    step = models.CharField(max_length=20, choices=choices(Step))
    kind = models.CharField(max_length=20, choices=choices(OutcomeKind))
    detail = models.TextField(blank=True)
    readings = models.JSONField(default=list)  # [[route, answer], …] as observed.
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("step", Step),
            one_of("kind", OutcomeKind),
            models.UniqueConstraint(
                fields=["action", "step"],
                name="records_step_succeeds_once",
                condition=Q(kind__in=[OutcomeKind.DONE, OutcomeKind.ALREADY]),
            ),
        ]


class Verification(models.Model):
    """An independent observation after an action. Append-only."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="verifications")
    result = models.CharField(max_length=20, choices=choices(VerificationResult))
    observed = models.CharField(max_length=20)
    readings = models.JSONField(default=list)
    checked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: the worker.
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [one_of("result", VerificationResult)]


class Statement(models.Model):
    """The statement of reasons to the account holder (DSA art. 17), in both languages, with the right to appeal.

    `appeal_until` is the last moment for an appeal, by the rule of `cases.verbs.appeal_window`; `appeal_days` come
    from the policy release in force then. Later releases change neither. `dated_at` is the date of the holder's letter,
    stored before it is first sent (`cases.verbs.letters.date_letter`).
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="statement")
    body_id = SealedTextField()
    body_en = SealedTextField()
    appeal_hash = models.BinaryField(max_length=32, unique=True)  # HMAC of the code, which is never stored.
    created_at = models.DateTimeField()
    dated_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)  # When the code's page was first opened.
    appeal_days = models.PositiveSmallIntegerField()
    appeal_until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("body_id", "body_en", table="statement"),
            models.CheckConstraint(
                name="records_half_a_year_for_an_appeal", condition=Q(appeal_days__gte=SHORTEST_APPEAL_DAYS)
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.decision.case.key_owner()


class Letter(models.Model):
    """A letter sent to a person, so that the same people can be told of a restoration."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="letters")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="letters")
    key = models.CharField(max_length=60)  # The letter's key in the policy release.
    language = models.CharField(max_length=2, choices=choices(Language))
    body = SealedTextField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [*sealed_only("body", table="letter"), one_of("language", Language)]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner() if self.report else self.case.key_owner()


class Strike(models.Model):
    """A decision that counts against an account until it expires or is overturned."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="strikes")
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="strike")
    category = models.CharField(max_length=60)
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_strike_expires", condition=Q(expires_at__gt=F("given_at"))),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["subject", "expires_at"], name="records_strike_counts", condition=Q(withdrawn_at__isnull=True)
            ),
        ]
