"""Searches of the whole database for a person's data."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.records.models.people.organisations import Person


class PersonSearch(models.Model):
    """A search that one person asked for and another permits; carried out once, on the command line.

    What is searched for is not stored: the keyed hash shows afterwards whether a text was the one.
    """

    text_hash = models.BinaryField(max_length=32)
    reason = models.TextField()  # Names no person.
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    permitted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    permitted_at = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(null=True)  # How many places.

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_person_search_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_person_search_takes_two",
                condition=Q(permitted_by__isnull=True, permitted_at__isnull=True)
                | Q(permitted_by__isnull=False, permitted_at__isnull=False) & ~Q(permitted_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="records_person_search_permitted_first",
                condition=Q(carried_out_at__isnull=True, found__isnull=True)
                | Q(permitted_at__isnull=False, carried_out_at__isnull=False, found__isnull=False),
            ),
        ]
