"""Drafts of decision forms, and who has which case open."""

from typing import ClassVar

from django.db import models

from jaga.records.models.cases.cases import Case
from jaga.records.models.people.organisations import Person


class Draft(models.Model):
    """A decision form as its author left it. Private: a first vote is sealed, and so is its draft."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    fields = models.JSONField()  # {field: [values]}, as the form sends them.
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="records_one_draft_each")]
        indexes: ClassVar = [models.Index(fields=["saved_at"], name="records_draft_saved")]


class Presence(models.Model):
    """A person has a case open, or recently had. Reveals nothing about votes."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="records_present_once")]
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="records_presence_seen")]
