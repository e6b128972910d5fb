"""Pictures of a case: closed until somebody has answered the youth check, then drawn anew, each opening on record.

Machines draw and never look: the answer is a person's, from texts and context. Whatever may show a minor stays closed
to everyone for ever, and the case takes the victim-first way.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.jobs import DRAW, promise, promise_triage
from jaga.casework.kernel.ledger import enter
from jaga.casework.queue.leases import require_lease
from jaga.casework.screening.victim_protection import propose
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms import CopyState, EvidenceKind, Role, Severity, VictimCause, YouthAnswer
from jaga.exchange.pictures import Drawn
from jaga.records import vault
from jaga.records.access.base.clearance import READERS
from jaga.records.access.screening.picture_matches import listed_signs
from jaga.records.access.screening.pictures import (
    OPEN_FOR,
    PictureClosed,
    PictureStanding,
    access_picture,
    access_request_letter,
    is_closed,
    originals_to_check,
)
from jaga.records.models import Case, Evidence, PictureOpening, WorkingCopy, YouthCheck

PICTURES = "pictures"  # the lock of all drawing: one at a time, so that many pictures hold up nothing else


class NothingToCheck(Conflict):
    """No picture of the case waits for an answer."""

    code = "nothing_to_check"
    sentence = N_("No picture of this case waits for an answer.")
    remedy = N_("Reload the case to see where its pictures stand.")


@transaction.atomic
def answer_youth_check(case_id: int, fence: int, answer: YouthAnswer, *, actor: Actor) -> int:
    """Answer for all pictures of a held case that nobody has answered for. Returns for how many.

    *No sign*: they are drawn anew by the worker, and can be opened. *May be a minor*: they and every other picture of
    the case stay closed to everyone, which nobody can undo, and the case takes the victim-first way. It can also be
    answered later, when somebody sees the sign only then. Raises LeaseLost, NothingToCheck, NotPermitted.
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
    """Keep a person's answer for pictures of a locked case, with all that follows. In the caller's transaction."""
    moment = now()
    YouthCheck.objects.bulk_create(
        YouthCheck(case=case, evidence=picture, person_id=person, answer=answer, at=moment) for picture in pictures)
    enter("check_youth", {"answer": answer, "pictures": [picture.pk for picture in pictures]}, actor=actor,
          case_id=case.pk)
    if answer is YouthAnswer.NO_SIGN:
        for picture in pictures:
            promise(DRAW, lock=PICTURES, evidence_id=picture.pk)
    else:
        propose([(case, VictimCause.YOUTH, None)], actor=actor)
        case.severity = max(case.severity, Severity.HIGH)
        case.save(update_fields=["victim_state", "victim_first", "severity"])
        if case.state in JOINABLE_STATES:  # what is decided is not screened again
            promise_triage(case.pk)


@transaction.atomic
def open_picture(case_id: int, evidence_id: int, *, actor: Actor) -> datetime:
    """Open a picture's working copy to this person, until the moment returned. That it was opened is on record.

    For whoever holds the case, and for supervisors. Raises PictureClosed, NotFound, NotPermitted.
    """
    person, case = actor.require(*READERS), locked_case(case_id, actor=actor)
    seen = access_picture(case, evidence_id, actor=actor)
    if seen.standing not in (PictureStanding.READY, PictureStanding.OPEN):
        raise PictureClosed
    moment = now()
    PictureOpening.objects.create(case=case, evidence_id=evidence_id, person_id=person, at=moment)
    enter("open_picture", {"evidence": evidence_id, "sha256": seen.sha256}, actor=actor, case_id=case.pk)
    return moment + OPEN_FOR


@transaction.atomic
def open_request_letter(case_id: int, evidence_id: int, *, actor: Actor) -> bytes:
    """The sealed letter of a request, to be downloaded and never drawn. That it was is on record.

    Raises NotPermitted, NotFound, PictureClosed in victim-first cases, EvidenceDamaged.
    """
    case = locked_case(case_id, actor=actor)
    letter = access_request_letter(case, evidence_id, actor=actor)
    content = vault.unseal(letter.sha256)
    enter("open_request_letter", {"evidence": letter.pk, "sha256": letter.sha256}, actor=actor, case_id=case.pk)
    return content


def to_draw(evidence_id: int) -> Evidence | None:
    """The picture, if it still waits to be drawn: checked, not closed since, and not drawn before."""
    return waiting_to_be_drawn().filter(pk=evidence_id).first()


def waiting_to_be_drawn() -> QuerySet[Evidence]:
    """Pictures without a working copy that a person has answered *no sign* for, in the case where they are now, and
    that no protecting list knows.

    The same rule as the database's own (`guards/pictures.sql`), which knows nothing of lists.
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
    """Keep the picture drawn anew, or that it could not be drawn. A repeat changes nothing.

    None: it was closed, or drawn by somebody else, while it was being drawn.
    """
    with connection.cursor() as cursor:  # not the row: what is only ever added to, nobody may lock
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
    enter("draw_picture", {"evidence": picture.pk, "state": copy.state, "sha256": copy.sha256}, actor=actor,
          case_id=picture.report.case_id if picture.report else picture.case_id)
    return CopyState(copy.state)
