"""Received pictures: closed until a person has answered the youth check, then shown as a redrawn copy; every opening is
recorded.

The database rejects a copy or an opening that no check permits, and any change of these rows (`guards/pictures.sql`).
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.screening import CopyState, YouthAnswer
from jaga.exchange.pictures import LONGEST_SIDE
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.reports import Evidence
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


class YouthCheck(models.Model):
    """A person's answer about one picture of a case, given from text and context before anyone saw the picture."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="youth_checks")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="youth_checks")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="youth_checks")
    answer = models.CharField(max_length=20, choices=choices(YouthAnswer))
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("answer", YouthAnswer),
            models.UniqueConstraint(fields=["evidence", "case", "answer"], name="records_youth_answered_once"),
        ]


class PendingYouthAnswer(models.Model):
    """The answer that a minor may be in a picture, for the seconds in which its author can still undo it.

    One row for each picture. Meanwhile the pictures of the case are closed to everyone.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pending_youth_answers")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="pending_youth_answers")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="pending_youth_answers")
    made_at = models.DateTimeField()
    undo_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    undone = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["evidence", "case"],
                name="records_youth_answer_pending_once",
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_youth_answer_undone_has_ended", condition=Q(undone=False) | Q(ended_at__isnull=False)
            ),
        ]


class WorkingCopy(models.Model):
    """A picture redrawn from its pixels, small and without metadata. The original stays sealed."""

    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="working_copy")
    state = models.CharField(max_length=20, choices=choices(CopyState))
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("state", CopyState),
            models.CheckConstraint(
                name="records_copy_is_small_or_nothing",
                condition=Q(
                    state=CopyState.MADE,
                    sha256__regex=SHA256_WHOLE,
                    width__gt=0,
                    height__gt=0,
                    width__lte=LONGEST_SIDE,
                    height__lte=LONGEST_SIDE,
                )
                | (~Q(state=CopyState.MADE) & Q(sha256="", width=0, height=0)),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key encrypts the copy: that of its original."""
        return self.evidence.key_owner()


class PictureOpening(models.Model):
    """A person's opening of a picture; how long its copy is served depends on `at`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="picture_openings")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="openings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="picture_openings")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["person", "evidence", "at"], name="records_picture_opened")]
