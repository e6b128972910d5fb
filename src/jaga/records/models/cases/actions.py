"""Actions, their observed outcomes, statements of reasons and letters."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.actions import OPEN_ACTION_STATES, ActionKind, ActionState, OutcomeKind, Step, VerificationResult
from jaga.core.terms.people import Language
from jaga.policy.limits import SHORTEST_APPEAL_DAYS
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.decisions import Decision
from jaga.records.models.cases.reports import Report
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only

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

    `appeal_until` is the last moment for an appeal, by the rule of `casework.cases.appeal_window`; `appeal_days` come
    from the policy release in force then. Later releases change neither. `dated_at` is the date of the holder's letter,
    stored before it is first sent (`casework.cases.letters.date_letter`).
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
