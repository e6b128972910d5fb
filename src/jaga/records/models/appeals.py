"""Appeals of account holders, and what was disclosed to the police."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms import AppealState
from jaga.records.models.cases import Case
from jaga.records.models.choices import choices, one_of
from jaga.records.models.decisions import Decision
from jaga.records.models.organisations import Person
from jaga.records.models.reports import AuthorityRequest


class Appeal(models.Model):
    """The account holder's "you closed the wrong one". Decided by somebody who had no part in the decision."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="appeal")
    text = models.TextField()
    state = models.CharField(max_length=20, choices=choices(AppealState), default=AppealState.OPEN)
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="appeals_decided")
    decided_at = models.DateTimeField(null=True)
    reasons = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("state", AppealState),
            models.CheckConstraint(
                name="records_decided_appeal_names_who_and_why",
                condition=Q(state=AppealState.OPEN)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reasons="")),
            ),
        ]


class RestoredAccess(models.Model):
    """The password that a restored account had to be given, encrypted; deleted once its holder has taken it."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="restored_access")
    sealed = models.BinaryField()
    created_at = models.DateTimeField()


class DisclosureRecall(models.Model):
    """A disclosure that rested on a decision which was overturned: the authority was told so. Appended."""

    disclosure = models.ForeignKey("records.Disclosure", on_delete=models.PROTECT, related_name="recalls")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="recalls")  # the restoring one
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["disclosure", "decision"], name="records_recalled_once"),
        ]


class Disclosure(models.Model):
    """A sealed export made by a person for a formal request. Appended, never changed."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="disclosures")
    request = models.ForeignKey(AuthorityRequest, on_delete=models.PROTECT, related_name="disclosures")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="disclosures")
    folder = models.CharField(max_length=200)
    manifest_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
