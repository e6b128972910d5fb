"""Drafts of decision forms, and who has which case open.

Questions about the policy from cases, with the answers of policy officers.

Routing: skills, clearances, case notes and skips.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case
from jaga.core.terms.cases import NoteKind
from jaga.core.terms.people import Clearance
from jaga.people.models import Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class Draft(models.Model):
    """A decision form as its author left it. Private: a first vote is sealed, and so is its draft."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    fields = models.JSONField()  # {field: [values]}, as the form sends them.
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "person"], name="records_one_draft_each")]
        indexes: ClassVar = [models.Index(fields=["saved_at"], name="records_draft_saved")]


class PolicyQuestion(models.Model):
    """One question and, once, its answer. Neither is edited."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="policy_questions")
    category = models.CharField(max_length=60)  # The case's when it was asked: the rule in question.
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField()
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    answer = SealedTextField(blank=True, default="", db_default="")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", "answer", table="policyquestion"),
            models.CheckConstraint(name="records_policy_question_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="records_policy_question_answered_whole",
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer=""),
            ),
            models.CheckConstraint(
                name="records_policy_question_answered_by_another",
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"], name="records_policy_question_waits", condition=Q(answered_at__isnull=True)
            ),
            models.Index(
                fields=["-answered_at"], name="records_policy_question_done", condition=Q(answered_at__isnull=False)
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


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
