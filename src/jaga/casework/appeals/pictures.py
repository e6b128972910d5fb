"""Pictures sent with an appeal: handled like a report's, but only for people who may answer the appeal.

They are not evidence in the case: exports and reviewers do not get them, and they are never compared with other
accounts, only with lists of known pictures, which close them. They are redrawn after the same youth check (ADR 0024).
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from jaga.casework.appeals.eligible_people import locked_appeal, require_outsider
from jaga.casework.cases.evidence import Upload, check_uploads, media_type, seal
from jaga.casework.kernel.eligibility import require_eligible
from jaga.casework.kernel.ledger import append
from jaga.casework.screening.pictures import NothingToCheck, take_answer
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.people import Role
from jaga.core.terms.screening import YouthAnswer
from jaga.records.access.appeals.pictures import pictures_of_appeal, to_check
from jaga.records.access.screening.pictures import OPEN_FOR, PictureClosed, PictureState
from jaga.records.models import Appeal, Case, PictureOpening

MOST = 2
"""Pictures in one message of a holder."""


def check_pictures(pictures: Sequence[Upload]) -> list[FieldError]:
    """Errors for too many pictures, or by type and declared size. Nothing is decoded."""
    if len(pictures) > MOST:
        return [FieldError("pictures", "too_many", N_("At most %(most)s pictures."), {"most": MOST})]
    return check_uploads("pictures", tuple(pictures))


def seal_pictures(case: Case, appeal: Appeal, part: str, pictures: Sequence[Upload], *, actor: Actor) -> int:
    """Seal the pictures of an appeal's message in the caller's transaction; returns how many."""
    for number, upload in enumerate(pictures, 1):
        media = media_type(upload.content) or "application/octet-stream"
        seal(
            case,
            None,
            EvidenceKind.SCREENSHOT,
            f"appeal-{appeal.pk}-{part}-{number}",
            upload.content,
            media=media,
            appeal=appeal,
            actor=actor,
        )
    return len(pictures)


@transaction.atomic
def answer_check(appeal_id: int, answer: YouthAnswer, *, actor: Actor) -> int:
    """Answer the youth check for all unanswered pictures of an appeal; returns how many.

    Effects as `pictures.answer_youth_check`. Raises NotPermitted, NotFound, HadAVote, WroteItDown, NothingToCheck.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    pictures = list(to_check(appeal, case, answer))
    if not pictures:
        raise NothingToCheck
    take_answer(case, pictures, answer, person, actor=actor)
    return len(pictures)


@transaction.atomic
def open_appeal_picture(appeal_id: int, evidence_id: int, *, actor: Actor) -> datetime:
    """Open a picture's working copy to this person and record it; returns until when.

    Raises NotPermitted, NotFound, HadAVote, WroteItDown, PictureClosed.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    picture = next((one for one in pictures_of_appeal(appeal, actor=actor) if one.evidence_id == evidence_id), None)
    if picture is None or picture.state not in (PictureState.READY, PictureState.OPEN):
        raise PictureClosed
    moment = now()
    PictureOpening.objects.create(case=case, evidence_id=evidence_id, person_id=person, at=moment)
    append(
        "open_picture",
        {"evidence": evidence_id, "sha256": picture.sha256, "appeal": appeal.pk},
        actor=actor,
        case_id=case.pk,
    )
    return moment + OPEN_FOR
