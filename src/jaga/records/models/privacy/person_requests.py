"""Requests of persons about their own data: what was asked, how it was checked, what was answered."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.appeals import IdentityCheck
from jaga.core.terms.people import Language
from jaga.core.terms.person_requests import (
    BINDING_GROUNDS,
    ENDED_REQUESTS,
    AnswerWay,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.records.boxed_text import BoxedTextField
from jaga.records.models.cases.decisions import Decision
from jaga.records.models.cases.platforms import Platform, Subject
from jaga.records.models.cases.reports import Report
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person

_ENDED = sorted(state.value for state in ENDED_REQUESTS)
_BINDING = sorted(ground.value for ground in BINDING_GROUNDS)


class PersonRequest(models.Model):
    """A request of a person about their own data, with its clock.

    `sealed` holds the account that they name, their words and how to reach them (`records.codes.seal_request`). It is
    emptied some time after the end (`casework.privacy.person_requests.forget_ended`).
    """

    kind = models.CharField(max_length=20, choices=choices(PersonRequestKind))
    proof = models.CharField(max_length=20, choices=choices(PersonProof))
    state = models.CharField(max_length=20, choices=choices(PersonRequestState))
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="person_requests")
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="person_requests")
    platform = models.ForeignKey(Platform, null=True, on_delete=models.PROTECT, related_name="+")  # As they say.
    sealed = models.BinaryField(null=True)
    code_hash = models.BinaryField(max_length=32, unique=True)
    language = models.CharField(max_length=2, choices=choices(Language))
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    assigned_to = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", PersonRequestKind),
            one_of("proof", PersonProof),
            one_of("state", PersonRequestState),
            one_of("language", Language),
            models.CheckConstraint(
                name="records_person_request_came_with_one_thing",
                condition=Q(proof=PersonProof.NONE, report__isnull=True, decision__isnull=True)
                | Q(proof=PersonProof.RECEIPT, report__isnull=False, decision__isnull=True)
                | Q(proof=PersonProof.APPEAL_CODE, report__isnull=True, decision__isnull=False),
            ),
            models.CheckConstraint(
                name="records_person_request_ends_in_its_state",
                condition=Q(state__in=_ENDED, ended_at__isnull=False) | ~Q(state__in=_ENDED) & Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_person_request_is_due_later", condition=Q(due_at__gt=F("received_at"))
            ),
            models.CheckConstraint(
                name="records_person_request_assigned_at",
                condition=Q(assigned_to__isnull=True, assigned_at__isnull=True)
                | Q(assigned_to__isnull=False, assigned_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["report", "kind"],
                name="records_one_open_request_of_a_report",
                condition=Q(report__isnull=False, ended_at__isnull=True),
            ),
            # None for a letter's code: whoever holds a victim's phone would learn that the victim has asked.
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="records_person_request_open", condition=Q(ended_at__isnull=True)),
            models.Index(
                fields=["ended_at"],
                name="records_person_request_kept",
                condition=Q(ended_at__isnull=False, sealed__isnull=False),
            ),
        ]

    @property
    def reference(self) -> str:
        """The number as people write it, like D000012 (data); P is a notice's."""
        return f"D{self.pk:06d}"


class PersonCheck(models.Model):
    """A staff member's check of who asks. Immutable until its words are deleted; a later one counts instead.

    `subject` is the account that the person proved to be theirs; null if nothing is on record, or if it failed.
    """

    request = models.ForeignKey(PersonRequest, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=20, choices=choices(IdentityCheck))
    note = BoxedTextField()
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="person_checks")
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", IdentityCheck),
            models.CheckConstraint(name="records_person_check_says_how", condition=~Q(note="")),
        ]


class PersonAnswer(models.Model):
    """An answer as drafted. A second person releases it or sends it back; its words are never edited, and
    deleted some time after the end.

    `sha256` is the hash of the data that the releaser saw; they are computed again when the answer is handed over, and
    nothing is handed over if they differ.
    """

    request = models.ForeignKey(PersonRequest, on_delete=models.PROTECT, related_name="answers")
    granted = models.BooleanField()
    ground = models.CharField(max_length=20, choices=choices(RefusalGround), blank=True)
    until = models.DateTimeField(null=True)  # Until when the ground lasts, where that is known.
    text = BoxedTextField()
    note = BoxedTextField(blank=True)  # The correction, as it will stand beside the records.
    way = models.CharField(max_length=20, choices=choices(AnswerWay))
    without_recipients = models.BooleanField(default=False)  # Who received data is left out, to protect an inquiry.
    sha256 = models.CharField(max_length=64, blank=True)
    drafted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    returned_at = models.DateTimeField(null=True)
    why = BoxedTextField(blank=True)  # Why it was sent back.
    handed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("way", AnswerWay),
            models.CheckConstraint(
                name="records_person_answer_ground_is_a_term",
                condition=Q(ground__in=["", *(ground.value for ground in RefusalGround)]),
            ),
            models.CheckConstraint(
                name="records_person_answer_refused_on_a_ground",
                condition=Q(granted=True, ground="", until__isnull=True) | Q(granted=False) & ~Q(ground=""),
            ),
            models.CheckConstraint(
                name="records_person_answer_until_of_what_binds",
                condition=Q(until__isnull=True) | Q(ground__in=_BINDING),
            ),
            models.CheckConstraint(name="records_person_answer_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="records_person_answer_data_hash", condition=Q(sha256="") | Q(sha256__regex=SHA256_WHOLE)
            ),
            models.CheckConstraint(
                name="records_person_answer_released_by_a_second",
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="records_person_answer_returned_with_a_reason",
                condition=Q(returned_by__isnull=True, returned_at__isnull=True, why="")
                | Q(returned_by__isnull=False, returned_at__isnull=False, released_at__isnull=True) & ~Q(why=""),
            ),
            models.CheckConstraint(
                name="records_person_answer_handed_over_after_release",
                condition=Q(handed_by__isnull=True, handed_at__isnull=True)
                | Q(
                    handed_by__isnull=False,
                    released_at__isnull=False,
                    handed_at__gte=F("released_at"),
                    way=AnswerWay.PAPER,
                ),
            ),
            models.UniqueConstraint(
                fields=["request"],
                name="records_one_answer_waits_or_is_released",
                condition=Q(returned_at__isnull=True),
            ),
        ]


class CorrectionNote(models.Model):
    """What a person says is right, beside sealed records that stay as they are. Immutable until those are erased."""

    request = models.OneToOneField(PersonRequest, on_delete=models.PROTECT, related_name="correction")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="corrections")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="corrections")
    text = BoxedTextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_correction_of_one_thing",
                condition=Q(subject__isnull=True, report__isnull=False) | Q(subject__isnull=False, report__isnull=True),
            ),
            models.CheckConstraint(name="records_correction_says_something", condition=~Q(text="")),
        ]
