"""Models that were learnt from decisions: proposed by a machine, put into use by a person. None of them judges."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.digests import SHA256_WHOLE
from jaga.core.terms import ModelState
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class LearntModel(models.Model):
    """One model of one category. What was learnt and measured is never edited, and no row is deleted.

    The weights are a file of the store, named by `sha256`: equal decisions give an equal file.
    """

    category = models.CharField(max_length=60)  # a key of the policy release
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()  # bytes
    features = models.CharField(max_length=20)  # the version of what is read of a text
    policy_hash = models.CharField(max_length=64)  # of the release under which it was learnt
    learnt_until = models.DateTimeField()  # it saw decisions up to then, and was measured on later ones
    positives = models.PositiveIntegerField()  # cases, of those that it learnt from
    negatives = models.PositiveIntegerField()
    metrics = models.JSONField()  # `screening.models.measures.Measures`, of it and of what it was compared with
    better = models.BooleanField()  # than the model in use then, or than knowing nothing
    compared_with = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=choices(ModelState), default=ModelState.PROPOSED)
    proposed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: the shell
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)  # why it was rejected or taken out of use

    class Meta:
        constraints: ClassVar = [
            one_of("state", ModelState),
            models.UniqueConstraint(fields=["category", "sha256"], name="records_model_learnt_once"),
            models.UniqueConstraint(fields=["category"], name="records_one_model_in_use",
                                    condition=Q(state=ModelState.APPROVED)),
            models.CheckConstraint(name="records_model_decided_by_a_person", condition=(
                Q(state=ModelState.PROPOSED, decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state=ModelState.PROPOSED) & Q(decided_by__isnull=False, decided_at__isnull=False)))),
            models.CheckConstraint(name="records_model_approved_by_another", condition=(
                ~Q(state=ModelState.APPROVED) | Q(proposed_by__isnull=True) | ~Q(decided_by=F("proposed_by")))),
            models.CheckConstraint(name="records_model_refused_with_a_reason", condition=(
                ~Q(state=ModelState.REJECTED) | ~Q(reason=""))),
            models.CheckConstraint(name="records_model_has_a_hash", condition=Q(sha256__regex=SHA256_WHOLE)),
        ]
