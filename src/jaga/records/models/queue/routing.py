"""Routing: skills, clearances, saved views, case notes, skips and shift handovers."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.cases import HandedWhy, NoteKind
from jaga.core.terms.people import Clearance
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class PersonSkill(models.Model):
    """A person's skill: a key of the policy release's `skills`. It routes cases to them; it excludes nobody."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="skills")
    skill = models.CharField(max_length=60)
    given_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "skill"], name="records_skill_held_once"),
        ]


class PersonClearance(models.Model):
    """A person's clearance for restricted cases: granted by whom, why, until when. Ended, never deleted."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="clearances")
    clearance = models.CharField(max_length=20, choices=choices(Clearance))
    reason = models.TextField()
    # null: granted on the command line.
    given_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    why_ended = models.TextField(default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            one_of("clearance", Clearance),
            models.UniqueConstraint(
                fields=["person", "clearance"],
                name="records_one_clearance_in_force",
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(name="records_clearance_says_why", condition=~Q(reason="")),
            models.CheckConstraint(name="records_clearance_runs_forward", condition=Q(expires_at__gt=F("given_at"))),
            models.CheckConstraint(name="records_clearance_of_another", condition=~Q(given_by=F("person"))),
        ]


class SavedView(models.Model):
    """Named queue filters or a named search. `shared`: available to everyone who works in the queue."""

    owner = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=60)
    query = models.TextField()  # As in the URL of the queue or, beginning with `q=`, of the search.
    shared = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "name"], name="records_view_named_once"),
            models.CheckConstraint(name="records_view_has_a_name", condition=~Q(name="")),
        ]


class CaseNote(models.Model):
    """A team note on a case, on its own or with a step. Never edited."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=choices(NoteKind))
    text = SealedTextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", table="casenote"),
            one_of("kind", NoteKind),
            models.CheckConstraint(name="records_note_says_something", condition=~Q(text="")),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class Skip(models.Model):
    """A case at the end of one person's queue for a while; deleted afterwards."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "case"], name="records_skipped_once")]


class ShiftHandover(models.Model):
    """A handover card left at the end of a shift, and who took it over."""

    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    text = models.TextField(default="", db_default="")
    votes_waiting = models.PositiveIntegerField()  # How many of this person's votes waited for a second.
    taken_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_handover_taken_by_another",
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False) & ~Q(taken_by=F("made_by")),
            ),
        ]


class HandedCase(models.Model):
    """One case on a handover card, and why it is there."""

    handover = models.ForeignKey(ShiftHandover, on_delete=models.CASCADE, related_name="cases")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=20, choices=choices(HandedWhy))

    class Meta:
        constraints: ClassVar = [
            one_of("why", HandedWhy),
            models.UniqueConstraint(fields=["handover", "case"], name="records_handover_case_once"),
        ]
