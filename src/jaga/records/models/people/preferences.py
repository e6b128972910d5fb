"""A person's preferences, drafts, and the case they have open.

None of it affects decisions. Drafts and presence are deleted automatically (`casework.queue.drafts`,
`casework.queue.presence`).
"""

from typing import ClassVar

from django.db import models

from jaga.core.terms.people import Theme
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class Preferences(models.Model):
    """A person's preferences. No row means the defaults of `records.access.people.preferences`."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="preferences")
    keys_on = models.BooleanField(default=True)
    theme = models.CharField(max_length=10, choices=choices(Theme), default=Theme.AUTO)
    greyscale = models.BooleanField(default=True)
    blur = models.BooleanField(default=True)
    time_zone = models.CharField(max_length=60, default="Asia/Jakarta")  # Every row names one.

    class Meta:
        constraints: ClassVar = [one_of("theme", Theme)]
