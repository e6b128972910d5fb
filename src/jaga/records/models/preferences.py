"""How a person likes to work, what they have begun to write, and which case they look at just now.

None of it decides anything. Drafts and presence are forgotten by themselves (`casework.drafts`, `casework.presence`).
"""

from typing import ClassVar

from django.db import models

from jaga.core.terms import Theme
from jaga.core.zones import DEFAULT
from jaga.records.models.cases import Case
from jaga.records.models.choices import choices, one_of
from jaga.records.models.organisations import Person


class Preferences(models.Model):
    """A person's own choices. Whoever never chose has no row, and the defaults of `records.access.preferences`."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="preferences")
    keys = models.JSONField(default=dict)  # {action: key}, only what is not the default; see core.keys
    keys_on = models.BooleanField(default=True)
    theme = models.CharField(max_length=10, choices=choices(Theme), default=Theme.AUTO)
    greyscale = models.BooleanField(default=True)
    blur = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=60, default=DEFAULT)

    class Meta:
        constraints: ClassVar = [one_of("theme", Theme)]


class Draft(models.Model):
    """A decision form as one person left it. Theirs alone: a first vote is sealed, and so is its draft."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    fields = models.JSONField()  # {field: [values]}, as the form sends them
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="records_one_draft_each")]
        indexes: ClassVar = [models.Index(fields=["saved_at"], name="records_draft_saved")]


class Presence(models.Model):
    """Somebody has a case open in front of them, or had a moment ago. It says nothing about votes."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="records_present_once")]
        indexes: ClassVar = [models.Index(fields=["seen_at"], name="records_presence_seen")]
