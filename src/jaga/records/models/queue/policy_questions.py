"""Questions about the policy from cases, with the answers of policy officers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class PolicyQuestion(models.Model):
    """One question and, once, its answer. Neither is edited."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="policy_questions")
    category = models.CharField(max_length=60)  # The case's when it was asked: the rule in question.
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField()
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    answer = SealedTextField(blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", "answer", table="policyquestion"),
            models.CheckConstraint(name="records_policy_question_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="records_policy_question_answered_whole",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="records_policy_question_answered_by_another",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"], name="records_policy_question_waits", condition=Q(answered_at__isnull=True)
            ),
            models.Index(
                fields=["-answered_at"], name="records_policy_question_done", condition=Q(answered_at__isnull=False)
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()
