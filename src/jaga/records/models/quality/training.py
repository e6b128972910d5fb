"""Answers given in training: a person's own, on golden cases that a supervisor chose for it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store.store import Owner
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.models.quality.blind_review import GoldenCase
from jaga.records.sealed_text import SealedTextField, sealed_only


class TrainingAnswer(models.Model):
    """One answer, with feedback at once. It is measured nowhere and never edited."""

    golden = models.ForeignKey(GoldenCase, on_delete=models.PROTECT, related_name="training_answers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="training_answers")
    kind = models.CharField(max_length=20, choices=choices(DecisionKind))
    reasons = SealedTextField(blank=True)
    at = models.DateTimeField()
    agrees = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="traininganswer"),
            one_of("kind", DecisionKind),
            models.UniqueConstraint(fields=["golden", "person"], name="records_trained_once"),
            models.CheckConstraint(
                name="records_training_says_why", condition=Q(kind=DecisionKind.DISMISS) | ~Q(reasons="")
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.golden.case.key_owner(KeyOwner.TRAINING)
