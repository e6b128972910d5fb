"""Opening a picture that an authority sent with its letter, by the operator's contact person."""

from datetime import datetime

from django.db import transaction

from jaga.casework.cases.notice_dialogue import locked_notice
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.records.access.operators.portal import access_picture_of_notice
from jaga.records.access.screening.pictures import OPEN_FOR
from jaga.records.models import PictureOpening


@transaction.atomic
def open_notice_picture(notice_id: int, position: int, *, actor: Actor) -> datetime:
    """Open the working copy of one picture of the notice, as its contact person, and record it; returns until when.

    The gate is the one of `screening.pictures`: past the youth check, redrawn, some minutes, each opening recorded.
    Raises NotPermitted, NotFound for another operator's notice or one not in hand, PictureClosed.
    """
    person = actor.require(Role.CONTACT)
    _, case = locked_notice(notice_id, actor=actor)
    picture = access_picture_of_notice(notice_id, position, actor=actor)
    moment = now()
    PictureOpening.objects.create(case=case, evidence_id=picture.evidence_id, person_id=person, at=moment)
    append(
        "open_picture",
        {"evidence": picture.evidence_id, "sha256": picture.sha256, "notice": notice_id},
        actor=actor,
        case_id=case.pk,
    )
    return moment + OPEN_FOR
