"""Models trained on decisions: proposed by software, activated by a person. None of them decides."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.screening import ModelState
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class LearntModel(models.Model):
    """One model of one category.

    What was trained and measured is never edited, and no row is deleted.

    The weights are a file in the evidence store named by `sha256`; training is deterministic, so equal decisions give
    an equal file.
    """

    category = models.CharField(max_length=60)  # A category key of the policy release.
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # Bytes.
    features = models.CharField(max_length=20)  # Version of the text features.
    policy_hash = models.CharField(max_length=64)  # Hash of the release it was trained under.
    learnt_until = models.DateTimeField()  # Trained on decisions up to then, measured on later ones.
    positives = models.PositiveIntegerField()  # Positive cases in the training set.
    negatives = models.PositiveIntegerField()
    metrics = models.JSONField()  # `screening.models.measures.ModelMeasures` of it and of its baseline.
    better = models.BooleanField()  # Better than the model then in use, or than no model.
    compared_with = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=choices(ModelState), default=ModelState.PROPOSED)
    # null: proposed on the command line.
    proposed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)  # Why it was rejected or deactivated.

    class Meta:
        constraints: ClassVar = [
            one_of("state", ModelState),
            models.UniqueConstraint(fields=["category", "sha256"], name="records_model_learnt_once"),
            models.UniqueConstraint(
                fields=["category"], name="records_one_model_in_use", condition=Q(state=ModelState.APPROVED)
            ),
            models.CheckConstraint(
                name="records_model_decided_by_a_person",
                condition=(
                    Q(state=ModelState.PROPOSED, decided_by__isnull=True, decided_at__isnull=True)
                    | (~Q(state=ModelState.PROPOSED) & Q(decided_by__isnull=False, decided_at__isnull=False))
                ),
            ),
            models.CheckConstraint(
                name="records_model_approved_by_another",
                condition=(
                    ~Q(state=ModelState.APPROVED) | Q(proposed_by__isnull=True) | ~Q(decided_by=F("proposed_by"))
                ),
            ),
            models.CheckConstraint(
                name="records_model_refused_with_a_reason", condition=(~Q(state=ModelState.REJECTED) | ~Q(reason=""))
            ),
            models.CheckConstraint(name="records_model_has_a_hash", condition=Q(sha256__regex=SHA256_WHOLE)),
        ]
