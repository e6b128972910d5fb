"""Pictures of a case: closed until a person has answered the youth check, then redrawn as working copies.

Each opening is recorded. The answer comes from a person, based on texts and context. A picture that may show a minor
stays closed to everyone permanently, and its case becomes victim-first.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import EvidenceKind, Severity, VictimCause
from jaga.core.terms.people import Role
from jaga.core.terms.reports import CopyState, YouthAnswer
from jaga.exchange.pictures import Drawn
from jaga.people.verbs.people import actor_for
from jaga.queue.verbs.leases import require_lease
from jaga.signals.models import PendingYouthAnswer, PictureOpening, WorkingCopy, YouthCheck
from jaga.signals.reads.pictures import (
    OPEN_FOR,
    PictureClosed,
    PictureState,
    access_picture,
    access_request_letter,
    is_closed,
    listed_signs,
    originals_to_check,
)
from jaga.signals.verbs.victim_protection import propose
from jaga.store import vault
from jaga.store.kernel.jobs import DRAW, YOUTH, defer, defer_triage
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.reads import READERS

UNDO = timedelta(seconds=10)
"""So long an irreversible answer can be undone by whoever gave it, before it takes effect."""
PICTURES = "pictures"  # lock of all drawing: one at a time, so that many pictures delay nothing else


class NothingToCheck(Conflict):
    """No picture of the case waits for an answer."""

    code = "nothing_to_check"
    sentence = N_("No picture of this case waits for an answer.")
    remedy = N_("Reload the case to see where its pictures stand.")


class TooLateToUndoAnswer(Conflict):
    """The answer has taken effect, was undone before, or is somebody else's."""

    code = "too_late_to_undo_answer"
    sentence = N_("None of your answers is waiting here, so nothing was undone.")
    remedy = N_("Look at the case. Once the pictures are closed for ever, nobody can open them.")


class AnswerPending(Conflict):
    """Somebody has answered that a minor may be in a picture, and can still undo it."""

    code = "answer_pending"
    sentence = N_("Somebody has just answered that a minor could be in a picture of this case. Nothing was stored.")
    remedy = N_("Wait some seconds until the answer counts or was undone, then look at the case again.")


@transaction.atomic
def answer_youth_check(case_id: int, fence: int, answer: YouthAnswer, *, actor: Actor) -> int:
    """Answer the youth check for all unanswered pictures of a leased case; returns how many.

    *No sign*: the worker redraws them, and they can be opened. *May be a minor*: all pictures of the case are closed to
    everyone at once; after `UNDO` this is irreversible, and the case becomes victim-first. It can also be answered
    later. Reversible until then: `undo_youth_check`. Raises NotPermitted, NotFound, LeaseLost, NothingToCheck.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    require_lease(case, fence, person)
    pictures = [] if is_closed(case) else list(originals_to_check(case, answer))
    if not pictures:
        raise NothingToCheck
    take_answer(case, pictures, answer, person, actor=actor)
    return len(pictures)


def take_answer(case: Case, pictures: Sequence[Evidence], answer: YouthAnswer, person: int, *, actor: Actor) -> None:
    """Take a person's answer for pictures of a locked case in the caller's transaction.

    What cannot be undone later takes effect after `UNDO`; a job waits for it, so that no restart loses it.
    """
    if answer is YouthAnswer.NO_SIGN:
        keep_answers(case, pictures, answer, person, actor=actor)
        return
    moment = now()
    PendingYouthAnswer.objects.bulk_create(
        PendingYouthAnswer(case=case, evidence=picture, person_id=person, made_at=moment, undo_until=moment + UNDO)
        for picture in pictures
    )
    append("answer_youth_check", {"pictures": [picture.pk for picture in pictures]}, actor=actor, case_id=case.pk)
    defer_youth_answers(case.pk, moment + UNDO)


def defer_youth_answers(case_id: int, at: datetime) -> None:
    """Defer the recording of the case's answers until they can no longer be undone. Idempotent."""
    defer(YOUTH, lock=f"youth:{case_id}", at=at, case_id=case_id)


def answer_pending_until(case: Case) -> datetime | None:
    """When an answer about minors in the case's pictures takes effect; None if none is pending."""
    return (
        PendingYouthAnswer.objects.filter(case=case, ended_at__isnull=True)
        .order_by("undo_until")
        .values_list("undo_until", flat=True)
        .first()
    )


def refuse_while_answer_pending(case: Case) -> None:
    """Raises AnswerPending. Nobody votes between an answer and the protection that follows from it."""
    if answer_pending_until(case) is not None:
        raise AnswerPending


def cases_with_due_answers(before: datetime) -> list[int]:
    """Cases with an answer whose undo ended before this moment and that has not taken effect."""
    return list(
        PendingYouthAnswer.objects.filter(ended_at__isnull=True, undo_until__lt=before)
        .values_list("case_id", flat=True)
        .distinct()
    )


@transaction.atomic
def undo_youth_check(case_id: int, *, actor: Actor) -> None:
    """Take back one's own answer that a minor may be in a picture, within `UNDO`. The question is asked again.

    Raises NotPermitted, NotFound, TooLateToUndoAnswer.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    mine = PendingYouthAnswer.objects.filter(case=case, person_id=person, ended_at__isnull=True, undo_until__gt=now())
    if not mine.update(ended_at=now(), undone=True):
        raise TooLateToUndoAnswer
    append("undo_youth_check", {}, actor=actor, case_id=case.pk)


@transaction.atomic
def record_youth_answers(case_id: int, *, actor: Actor) -> int:
    """Let answers take effect that can no longer be undone; returns for how many pictures. Idempotent.

    The ledger names the person who answered. Before the undo has ended, the job is deferred again.
    """
    case = locked_case(case_id, actor=actor)
    pending = list(
        PendingYouthAnswer.objects.filter(case=case, ended_at__isnull=True)
        .select_related("evidence", "person")
        .order_by("pk")
    )
    if waiting := [one.undo_until for one in pending if one.undo_until > now()]:
        defer_youth_answers(case.pk, min(waiting))
    due = [one for one in pending if one.undo_until <= now()]
    for person_id, answers in groupby(due, key=lambda one: one.person_id):
        given = list(answers)
        keep_answers(
            case, [one.evidence for one in given], YouthAnswer.MAY_BE_MINOR, person_id, actor=actor_for(given[0].person)
        )
    PendingYouthAnswer.objects.filter(pk__in=[one.pk for one in due]).update(ended_at=now())
    return len(due)


def keep_answers(case: Case, pictures: Sequence[Evidence], answer: YouthAnswer, person: int, *, actor: Actor) -> None:
    """Store a person's answer for pictures of a locked case, with its effects, in the caller's transaction."""
    moment = now()
    YouthCheck.objects.bulk_create(
        YouthCheck(case=case, evidence=picture, person_id=person, answer=answer, at=moment) for picture in pictures
    )
    append(
        "check_youth",
        {"answer": answer, "pictures": [picture.pk for picture in pictures]},
        actor=actor,
        case_id=case.pk,
    )
    if answer is YouthAnswer.NO_SIGN:
        for picture in pictures:
            defer(DRAW, lock=PICTURES, evidence_id=picture.pk)
    else:
        propose([(case, VictimCause.YOUTH, None)], actor=actor)
        case.severity = max(case.severity, Severity.HIGH)
        case.save(update_fields=["victim_state", "victim_first", "severity"])
        append_changes(actor=actor, case_id=case.pk)
        if case.state in JOINABLE_STATES:  # decided cases are not screened again
            defer_triage(case.pk)


@transaction.atomic
def open_picture(case_id: int, evidence_id: int, *, actor: Actor) -> datetime:
    """Open a picture's working copy to this person and record it; returns until when.

    For the holder of the lease, and for supervisors. Raises NotPermitted, NotFound, PictureClosed.
    """
    person, case = actor.require(*READERS), locked_case(case_id, actor=actor)
    picture = access_picture(case, evidence_id, actor=actor)
    if picture.state not in (PictureState.READY, PictureState.OPEN):
        raise PictureClosed
    moment = now()
    PictureOpening.objects.create(case=case, evidence_id=evidence_id, person_id=person, at=moment)
    append("open_picture", {"evidence": evidence_id, "sha256": picture.sha256}, actor=actor, case_id=case.pk)
    return moment + OPEN_FOR


@transaction.atomic
def open_request_letter(case_id: int, evidence_id: int, *, actor: Actor) -> bytes:
    """The sealed letter of a request, for download; it is never drawn.

    The download is recorded.

    Raises NotPermitted, NotFound, PictureClosed in victim-first cases, EvidenceDamaged.
    """
    case = locked_case(case_id, actor=actor)
    letter = access_request_letter(case, evidence_id, actor=actor)
    content = vault.unseal(letter.sha256, letter.key_owner())
    append("open_request_letter", {"evidence": letter.pk, "sha256": letter.sha256}, actor=actor, case_id=case.pk)
    return content


def to_draw(evidence_id: int) -> Evidence | None:
    """The picture if it still waits to be redrawn: checked, not closed since, and not drawn before."""
    return waiting_to_be_drawn().filter(pk=evidence_id).first()


def waiting_to_be_drawn() -> QuerySet[Evidence]:
    """Pictures without a working copy that were answered *no sign* in their current case and match no protecting list.

    The database enforces the same rule (`guards/pictures.sql`) except for lists.
    """
    here = YouthCheck.objects.filter(answer=YouthAnswer.NO_SIGN, evidence=OuterRef("pk"), case=OuterRef("place"))
    signs = YouthCheck.objects.filter(
        Q(evidence=OuterRef("pk")) | Q(case=OuterRef("place")), answer=YouthAnswer.MAY_BE_MINOR
    )
    victims = Case.objects.filter(pk=OuterRef("place"), victim_first=True)
    return (
        Evidence.objects.filter(
            kind=EvidenceKind.SCREENSHOT, working_copy__isnull=True, pk__in=YouthCheck.objects.values("evidence")
        )
        .annotate(place=Coalesce("report__case", "case"))
        .filter(
            Exists(here),
            ~Exists(signs),
            ~Exists(victims),
            ~Exists(listed_signs().filter(picture__evidence=OuterRef("pk"))),
        )
        .order_by("pk")
    )


@transaction.atomic
def record_copy(evidence_id: int, drawn: Drawn | None, *, actor: Actor) -> CopyState | None:
    """Store the redrawn picture, or that it could not be drawn.

    Idempotent.

    Returns None if it was closed, or drawn by another worker, meanwhile.
    """
    with connection.cursor() as cursor:  # not a row lock: rows of append-only tables cannot be locked
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('draw picture', %s))", [evidence_id])
    picture = waiting_to_be_drawn().filter(pk=evidence_id).first()
    if picture is None:
        return None
    if drawn:
        sha256 = vault.seal(drawn.content, picture.key_owner())
        copy = WorkingCopy(
            evidence=picture, state=CopyState.MADE, sha256=sha256, width=drawn.width, height=drawn.height, made_at=now()
        )
    else:
        copy = WorkingCopy(evidence=picture, state=CopyState.NOT_DRAWN, made_at=now())
    copy.save(force_insert=True)
    append(
        "draw_picture",
        {"evidence": picture.pk, "state": copy.state, "sha256": copy.sha256},
        actor=actor,
        case_id=picture.report.case_id if picture.report else picture.case_id,
    )
    return CopyState(copy.state)
