"""Letters of the escalation ladder: all for staff who judge cases, released ones for the operator's contact persons.

A letter names account, category and law, so staff need the case's clearance. While a first vote on the case is sealed
no staff member sees them, since their text may come from that vote (`portal.says_a_vote`).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import Role
from jaga.operators.models import Notice, OperatorLetter
from jaga.operators.reads.portal import BY_HAND, access_notice, says_a_vote, sealed_notices
from jaga.store.reads import READERS, log_access, may_see, visible_to
from jaga.store.vault import unseal


@dataclass(frozen=True)
class EscalationLetterView:
    """A letter as staff see it. `received_at`: opened in the portal, or served with `proof`."""

    letter_id: int
    notice_id: int
    notice_number: str
    operator: str
    stage: EscalationStage
    number: str
    body_id: str
    body_en: str
    sha256: str
    prepared_by: str
    prepared_at: datetime
    released_by: str
    released_at: datetime | None
    received_at: datetime | None
    proof: str
    dropped_at: datetime | None


@dataclass(frozen=True)
class ReleasedLetter:
    """A letter as a contact person sees it; the text only after they opened it."""

    letter_id: int
    stage: EscalationStage
    number: str
    released_at: datetime
    opened_at: datetime | None
    body_id: str
    body_en: str


@dataclass(frozen=True)
class SealedLetter:
    """The sealed PDF."""

    name: str
    content: bytes


def list_letters(notice_id: int, *, actor: Actor) -> tuple[EscalationLetterView, ...]:
    """All letters of a notice that the actor may see, dropped ones included, in the order prepared.

    Raises NotPermitted.
    """
    actor.require(*READERS)
    rows = _rows().filter(visible_to(actor, path="notice__case__"), notice_id=notice_id)
    return tuple(_view(row) for row in rows.exclude(sealed_notices("notice__")).order_by("pk"))


def access_escalation_notice(notice_id: int, *, actor: Actor) -> int | None:
    """The number of the notice with this ladder, or None if staff work by checklist or its letters are sealed.

    Raises NotPermitted, NotFound.
    """
    actor.require(*READERS)
    rows = Notice.objects.filter(visible_to(actor, path="case__")).select_related(
        "platform", "case", "action__decision"
    )
    row = rows.filter(pk=notice_id).first()
    if row is None:
        raise NotFound
    log_access(row.case_id, AccessKind.NOTICE, actor=actor)
    return None if row.platform.adapter == BY_HAND or says_a_vote(row) else row.pk


def access_letter(letter_id: int, *, actor: Actor) -> EscalationLetterView:
    """One letter, for staff. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    return _view(_looked_at(_ours(letter_id, actor), actor))


def access_letter_file(letter_id: int, *, actor: Actor) -> SealedLetter:
    """A letter's PDF for staff; does not count as receipt. Raises NotPermitted, NotFound, EvidenceDamaged."""
    actor.require(*READERS)
    return _file(_looked_at(_ours(letter_id, actor), actor))


def list_released(notice_id: int, *, actor: Actor) -> tuple[ReleasedLetter, ...]:
    """Letters released about a notice of the actor's own operator. Raises NotPermitted, NotFound."""
    access_notice(notice_id, actor=actor)
    rows = OperatorLetter.objects.filter(notice_id=notice_id, released_at__isnull=False).order_by("released_at")
    return tuple(
        ReleasedLetter(
            row.pk,
            EscalationStage(row.stage),
            row.number,
            row.released_at,
            row.opened_at,
            row.body_id if row.opened_at else "",
            row.body_en if row.opened_at else "",
        )
        for row in rows
        if row.released_at is not None
    )


def notices_with_new_letters(*, actor: Actor) -> frozenset[int]:
    """Notices of the actor's own operator with an unopened released letter. Raises NotPermitted."""
    actor.require(Role.CONTACT)
    return frozenset(
        OperatorLetter.objects.filter(
            notice__operator_id=actor.organisation_id,
            released_at__isnull=False,
            opened_at__isnull=True,
        ).values_list("notice_id", flat=True)
    )


def access_released(letter_id: int, *, actor: Actor) -> int:
    """The notice id of a letter released to the actor's operator. Raises NotPermitted, NotFound."""
    return _of_contact(letter_id, actor).notice_id


def access_opened_file(letter_id: int, *, actor: Actor) -> SealedLetter:
    """The PDF of a letter with recorded receipt, for the operator's contact persons.

    Raises NotPermitted, NotFound, EvidenceDamaged.
    """
    row = _of_contact(letter_id, actor)
    if row.opened_at is None:
        raise NotFound
    return _file(_looked_at(row, actor))


def may_see_letters(notice: Notice, *, actor: Actor) -> bool:
    """Whether a staff member may see and handle this notice's letters now."""
    return may_see(notice.case, actor=actor) and not says_a_vote(notice)


def _ours(letter_id: int, actor: Actor) -> OperatorLetter:
    row = _one(letter_id)
    if not may_see_letters(row.notice, actor=actor):
        raise NotFound
    return row


def _of_contact(letter_id: int, actor: Actor) -> OperatorLetter:
    actor.require(Role.CONTACT)
    row = _one(letter_id)
    access_notice(row.notice_id, actor=actor)
    if row.released_at is None:
        raise NotFound
    return row


def _rows() -> QuerySet[OperatorLetter]:
    return OperatorLetter.objects.select_related(
        "notice__operator", "notice__case", "notice__action__decision", "prepared_by", "released_by"
    )


def _one(letter_id: int) -> OperatorLetter:
    row = _rows().filter(pk=letter_id).first()
    if row is None:
        raise NotFound
    return row


def _looked_at(row: OperatorLetter, actor: Actor) -> OperatorLetter:
    log_access(row.notice.case_id, AccessKind.LETTER, actor=actor)
    return row


def _file(row: OperatorLetter) -> SealedLetter:
    return SealedLetter(f"{row.number.replace('/', '-')}.pdf", unseal(row.pdf_sha256, row.notice.case.key_owner()))


def _view(row: OperatorLetter) -> EscalationLetterView:
    turns = row.notice.entries.filter(kind__in=("letter_opened", "letter_served")).order_by("pk")
    turn = next((one for one in turns if one.text == row.number), None)
    return EscalationLetterView(
        row.pk,
        row.notice_id,
        row.notice.number,
        row.notice.operator.name,
        EscalationStage(row.stage),
        row.number,
        row.body_id,
        row.body_en,
        row.pdf_sha256,
        row.prepared_by.display_name,
        row.prepared_at,
        row.released_by.display_name if row.released_by else "",
        row.released_at,
        row.opened_at,
        turn.proof if turn else "",
        row.dropped_at,
    )
