"""Sentences that the team keeps for the facts of a vote."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.records.models.people.organisations import Person


class TeamPhrase(models.Model):
    """A sentence of the team, offered beside the facts. It is about no case and no person; removed, it is gone."""

    text = models.CharField(max_length=300)
    category = models.CharField(max_length=60, blank=True)  # Offered in cases of this category; empty: in all.
    author = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "text"], name="records_phrase_kept_once"),
            models.CheckConstraint(name="records_phrase_has_a_text", condition=~Q(text="")),
        ]
