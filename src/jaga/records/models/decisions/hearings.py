"""Hearings: what a holder is asked before a measure, and their answers (`limits.ANSWER_FIRST`)."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.privacy import KeyOwner
from jaga.policy.limits import ANSWER_FIRST
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class Hearing(models.Model):
    """A letter with a code that asks the holder, once per case.

    No measure precedes its end (`guards/decisions.sql`).

    The time starts when the platform is confirmed to have delivered the letter; `answer_until` is then set once, and no
    later release shortens it. While `stuck_at` is set a person must intervene, and the case can only be dismissed.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="hearing")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()  # By the policy release then in force.
    code_hash = models.BinaryField(max_length=32, unique=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    stuck_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # A short reason from the last attempt.
    delivered_at = models.DateTimeField(null=True)
    answer_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_hearing_lasts_long_enough",
                condition=Q(delivered_at__isnull=True, answer_until__isnull=True)
                | Q(
                    delivered_at__gte=F("asked_at"),
                    stuck_at__isnull=True,
                    next_attempt_at__isnull=True,
                    answer_until__gte=F("delivered_at") + timedelta(days=min(ANSWER_FIRST.values())),
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"],
                name="records_hearing_to_deliver",
                condition=Q(delivered_at__isnull=True, stuck_at__isnull=True),
            ),
        ]


class HearingAnswer(models.Model):
    """The holder's answer. Append-only, visible only to those who judge."""

    hearing = models.ForeignKey(Hearing, on_delete=models.PROTECT, related_name="answers")
    text = SealedTextField()
    written_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", table="hearinganswer"),
            models.CheckConstraint(name="records_hearing_answer_says_something", condition=~Q(text="")),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.hearing.case.key_owner(KeyOwner.APPEAL)
