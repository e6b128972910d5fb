"""Pictures of a case: closed until a person has answered the youth check, then redrawn as working copies.

Each opening is recorded. The answer comes from a person, based on texts and context. A picture that may show a minor
stays closed to everyone permanently, and its case becomes victim-first.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.jobs import DRAW, defer, defer_triage
from jaga.casework.kernel.ledger import append
from jaga.casework.queue.leases import require_lease
from jaga.casework.screening.victim_protection import propose
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import EvidenceKind, Severity, VictimCause
from jaga.core.terms.people import Role
from jaga.core.terms.screening import CopyState, YouthAnswer
from jaga.exchange.pictures import Drawn
from jaga.records import vault
from jaga.records.access.base.clearance import READERS
from jaga.records.access.screening.picture_matches import listed_signs
from jaga.records.access.screening.pictures import (
    OPEN_FOR,
    PictureClosed,
    PictureState,
    access_picture,
    access_request_letter,
    is_closed,
    originals_to_check,
)
from jaga.records.models import Case, Evidence, PictureOpening, WorkingCopy, YouthCheck

PICTURES = "pictures"  # lock of all drawing: one at a time, so that many pictures delay nothing else


class NothingToCheck(Conflict):
    """No picture of the case waits for an answer."""

    code = "nothing_to_check"
    sentence = N_("No picture of this case waits for an answer.")
    remedy = N_("Reload the case to see where its pictures stand.")


@transaction.atomic
def answer_youth_check(case_id: int, fence: int, answer: YouthAnswer, *, actor: Actor) -> int:
    """Answer the youth check for all unanswered pictures of a leased case; returns how many.

    *No sign*: the worker redraws them, and they can be opened. *May be a minor*: all pictures of the case stay closed
    to everyone, irreversibly, and the case becomes victim-first; this can also be answered later. Raises NotPermitted,
    NotFound, LeaseLost, NothingToCheck.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    require_lease(case, fence, person)
    pictures = [] if is_closed(case) else list(originals_to_check(case, answer))
    if not pictures:
        raise NothingToCheck
    keep_answers(case, pictures, answer, person, actor=actor)
    return len(pictures)


def keep_answers(case: Case, pictures: Sequence[Evidence], answer: YouthAnswer, person: int, *, actor: Actor) -> None:
    """Store a person's answer for pictures of a locked case, with its effects, in the caller's transaction."""
    moment = now()
    YouthCheck.objects.bulk_create(
        YouthCheck(case=case, evidence=picture, person_id=person, answer=answer, at=moment) for picture in pictures)
    append("check_youth", {"answer": answer, "pictures": [picture.pk for picture in pictures]}, actor=actor,
           case_id=case.pk)
    if answer is YouthAnswer.NO_SIGN:
        for picture in pictures:
            defer(DRAW, lock=PICTURES, evidence_id=picture.pk)
    else:
        propose([(case, VictimCause.YOUTH, None)], actor=actor)
        case.severity = max(case.severity, Severity.HIGH)
        case.save(update_fields=["victim_state", "victim_first", "severity"])
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
    content = vault.unseal(letter.sha256)
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
    signs = YouthCheck.objects.filter(Q(evidence=OuterRef("pk")) | Q(case=OuterRef("place")),
                                      answer=YouthAnswer.MAY_BE_MINOR)
    victims = Case.objects.filter(pk=OuterRef("place"), victim_first=True)
    return (
        Evidence.objects.filter(kind=EvidenceKind.SCREENSHOT, working_copy__isnull=True,
                                pk__in=YouthCheck.objects.values("evidence"))
        .annotate(place=Coalesce("report__case", "case"))
        .filter(Exists(here), ~Exists(signs), ~Exists(victims),
                ~Exists(listed_signs().filter(picture__evidence=OuterRef("pk")))).order_by("pk")
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
        copy = WorkingCopy(evidence=picture, state=CopyState.MADE, sha256=vault.seal(drawn.content),
                           width=drawn.width, height=drawn.height, made_at=now())
    else:
        copy = WorkingCopy(evidence=picture, state=CopyState.NOT_DRAWN, made_at=now())
    copy.save(force_insert=True)
    append("draw_picture", {"evidence": picture.pk, "state": copy.state, "sha256": copy.sha256}, actor=actor,
           case_id=picture.report.case_id if picture.report else picture.case_id)
    return CopyState(copy.state)
