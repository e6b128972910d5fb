"""Pictures attached to an appeal and their status, for people who may decide it. Originals cannot be opened."""

from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, EvidenceKind
from jaga.core.terms.screening import YouthAnswer
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.access.cases.blind import refuse_blind
from jaga.records.access.cases.originals import is_deleted
from jaga.records.access.screening.pictures import (
    DRAWABLE,
    PictureClosed,
    PictureState,
    PictureView,
    opened_file,
    seen_pictures,
    still_to_check,
)
from jaga.records.models import Appeal, Case, Evidence, Vote


def _pictures(appeal: Appeal) -> QuerySet[Evidence]:
    return (
        Evidence.objects.filter(
            case=appeal.decision.case_id,
            appeal=appeal,
            kind=EvidenceKind.SCREENSHOT,
            media_type__in=DRAWABLE,
        )
        .exclude(is_deleted())
        .order_by("pk")
    )


def to_check(appeal: Appeal, case: Case, answer: YouthAnswer) -> QuerySet[Evidence]:
    """Pictures without this answer to the youth check; none where the case's pictures stay closed."""
    return still_to_check(_pictures(appeal), case, answer)


def pictures_of_appeal(appeal: Appeal, *, actor: Actor) -> tuple[PictureView, ...]:
    """The pictures of an appeal already fetched with a permission check."""
    return seen_pictures(appeal.decision.case, list(_pictures(appeal)), actor=actor)


def access_appeal_copy(appeal_id: int, evidence_id: int, *, actor: Actor) -> bytes:
    """The working copy of a picture the actor has opened.

    Raises NotPermitted, NotFound, PictureClosed, JudgedBlind, EvidenceDamaged.
    """
    person = actor.require(*READERS)
    appeal = (
        Appeal.objects.filter(visible_to(actor, path="decision__case__"), pk=appeal_id)
        .select_related("decision__case")
        .first()
    )
    if appeal is None:
        raise NotFound
    refuse_blind(appeal.decision.case, actor=actor)
    picture = next((one for one in pictures_of_appeal(appeal, actor=actor) if one.evidence_id == evidence_id), None)
    if picture is None:
        raise NotFound
    log_access(appeal.decision.case, AccessKind.PICTURE, actor=actor)
    voted = Vote.objects.filter(case=appeal.decision.case_id, person_id=person).exists()
    if voted or picture.state is not PictureState.OPEN:
        raise PictureClosed
    return opened_file(evidence_id)
