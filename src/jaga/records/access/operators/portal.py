"""Notices as an operator's contact persons see them: their own operator's only, without reporters, voters or observers.

An unopened notice shows only what identifies it; the rest follows once receipt is recorded
(`casework.operators.notices`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.operators import AnswerKind, NoticeState, ObjectionState
from jaga.core.terms.people import Role
from jaga.records.access.base.access_log import log_access
from jaga.records.access.operators.notice_sources import (
    NoticePicture,
    NoticeSources,
    access_notice_picture,
    hashes_of,
    opened_copy,
    pictures_of_notice,
    sources_of,
)
from jaga.records.access.screening.pictures import PictureView
from jaga.records.models import Notice, NoticeEntry, Objection

SHOWN = 100
BY_HAND = "manual"  # On such platforms a notice is a checklist for staff.
LETTERS = "letter_"
"""Prefixes of dialogue entries that name a ladder letter (`casework.operators.escalation`)."""
_ENDED = (NoticeState.ANSWERED, NoticeState.WITHDRAWN)


@dataclass(frozen=True)
class ListedNotice:
    """One notice in a list. `opened`: someone has provably received its latest message."""

    notice_id: int
    number: str
    case_id: int
    platform: str
    account: str
    asks_for: str
    urgent: bool
    state: NoticeState
    answer: AnswerKind | None
    sent_at: datetime | None
    received_at: datetime | None
    due_at: datetime | None
    left: timedelta | None
    opened: bool
    overdue: bool
    objected: bool

    @property
    def waits_for_operator(self) -> bool:
        """Whether the operator must act next."""
        return self.state in (NoticeState.SENT, NoticeState.RECEIVED)


@dataclass(frozen=True)
class NoticeTurn:
    """One entry of the dialogue.

    `who` is a person's name for staff; contact persons see only their own side's names.
    """

    kind: str
    text: str
    from_operator: bool
    who: str
    signed: bool
    at: datetime


@dataclass(frozen=True)
class ObjectionView:
    """The operator's objection and its outcome."""

    objection_id: int
    text: str
    state: ObjectionState
    filed_at: datetime
    decided_at: datetime | None
    reasons: str


@dataclass(frozen=True)
class OpenedNotice:
    """A whole notice. In victim-first cases `facts` is empty and `hashes` identify the sealed originals."""

    listed: ListedNotice
    handle: str
    category: str
    legal_basis: str
    facts: str
    hashes: tuple[str, ...]
    data: dict[str, object]
    answer_text: str
    dialogue: tuple[NoticeTurn, ...]
    objection: ObjectionView | None
    may_answer: bool
    may_object: bool
    sources: NoticeSources = field(default_factory=NoticeSources)
    pictures: tuple[NoticePicture, ...] = ()  # For contact persons; staff see pictures in the case.
    sealed: bool = False  # The text is hidden from staff, since it may come from a sealed first vote.


def list_notices(*, actor: Actor) -> tuple[ListedNotice, ...]:
    """The actor's own operator's notices: those waiting for the operator first, by deadline. Raises NotPermitted."""
    rows = _own(actor)
    waiting = notices_waiting(actor).order_by(F("due_at").asc(nulls_last=True), "sent_at")[:SHOWN]
    ended = rows.filter(state__in=_ENDED).order_by("-pk")[:20]
    return tuple(listed(row) for row in (*waiting, *ended))


def notices_waiting(actor: Actor) -> QuerySet[Notice]:
    """The notices that wait for the actor's own operator. Raises NotPermitted."""
    return _own(actor).exclude(state__in=_ENDED)


def has_opened_any(*, actor: Actor) -> bool:
    """Whether this person has acknowledged receipt before; colleagues do not count. Raises NotPermitted."""
    return _own(actor).filter(received_by_id=actor.person_id).exists()


def access_notice(notice_id: int, *, actor: Actor) -> ListedNotice:
    """What an unopened notice shows. Raises NotPermitted, NotFound."""
    row = _one(notice_id, actor)
    log_access(row.case_id, AccessKind.NOTICE, actor=actor)
    return listed(row)


def access_opened(notice_id: int, *, actor: Actor) -> OpenedNotice:
    """The whole notice. Raises NotPermitted; NotFound also before receipt is recorded."""
    row = _one(notice_id, actor)
    if not listed(row).opened:
        raise NotFound
    log_access(row.case_id, AccessKind.NOTICE, actor=actor)
    return replace(opened(row, names_of_ours=False), pictures=pictures_of_notice(row, actor=actor))


def access_picture_of_notice(notice_id: int, position: int, *, actor: Actor) -> PictureView:
    """A picture of the actor's own operator's notice, counted from 1. Raises NotPermitted, NotFound, PictureClosed."""
    return access_notice_picture(_one(notice_id, actor), position, actor=actor)


def access_copy_of_notice(notice_id: int, position: int, *, actor: Actor) -> bytes:
    """The working copy of a notice's picture that the actor has opened.

    Raises NotPermitted, NotFound, PictureClosed, EvidenceDamaged.
    """
    return opened_copy(access_picture_of_notice(notice_id, position, actor=actor))


def _own(actor: Actor) -> QuerySet[Notice]:
    actor.require(Role.CONTACT)
    return with_all(
        Notice.objects.filter(operator_id=actor.organisation_id, sent_at__isnull=False).exclude(
            platform__adapter=BY_HAND
        )
    )


def _one(notice_id: int, actor: Actor) -> Notice:
    row = _own(actor).filter(pk=notice_id).first()
    if row is None:
        raise NotFound
    return row


def with_all(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """The rows with the relations that `listed` and `opened` read."""
    return rows.select_related("platform", "subject", "case", "objection")


def objection_of(row: Notice) -> Objection | None:
    """The notice's objection, or None."""
    return row.objection if hasattr(row, "objection") else None


def listed(row: Notice) -> ListedNotice:
    """The row as a list item."""
    state = NoticeState(row.state)
    objection = objection_of(row)
    unopened = state is NoticeState.SENT or (state is NoticeState.RECEIVED and row.due_at is None)
    return ListedNotice(
        row.pk,
        row.number,
        row.case_id,
        row.platform.display_name,
        row.subject.account_id,
        row.asks_for,
        row.urgent,
        state,
        AnswerKind(row.answer) if row.answer else None,
        row.sent_at,
        row.received_at,
        row.due_at,
        row.left,
        not unopened,
        state is NoticeState.RECEIVED and row.due_at is not None and row.due_at < now(),
        objection is not None and objection.state == ObjectionState.OPEN,
    )


def opened(row: Notice, *, names_of_ours: bool) -> OpenedNotice:
    """The complete row. `names_of_ours` adds staff names and is for staff only."""
    state, objection = NoticeState(row.state), objection_of(row)
    entries = row.entries.select_related("person").order_by("pk")
    yielding = state is NoticeState.ANSWERED and row.answer == AnswerKind.REFUSED
    may_act = state in (NoticeState.RECEIVED, NoticeState.ASKED_BACK)
    sealed = names_of_ours and says_a_vote(row)
    if sealed:
        entries = entries.exclude(kind__startswith=LETTERS)
    return OpenedNotice(
        listed(row),
        row.subject.handle,
        row.category,
        "" if sealed else row.legal_basis,
        "" if sealed else row.facts,
        hashes_of(row),
        dict(row.data_wanted),
        row.answer_text,
        tuple(_turn(entry, names_of_ours) for entry in entries),
        _objection(objection),
        may_answer=may_act or yielding,
        may_object=objection is None and (may_act or yielding),
        sources=sources_of(row),
        sealed=sealed,
    )


def says_a_vote(row: Notice) -> bool:
    """Whether the text may come from a first vote still sealed to staff: an immediate restriction."""
    return row.action is not None and row.action.decision.provisional and CaseState(row.case.state) in SEALED_STATES


def sealed_notices(path: str = "") -> Q:
    """`says_a_vote` as a filter over notices, or over rows leading to one by `path`."""
    return Q(**{f"{path}action__decision__provisional": True, f"{path}case__state__in": SEALED_STATES})


def _turn(entry: NoticeEntry, names_of_ours: bool) -> NoticeTurn:
    shown = entry.person is not None and (entry.from_operator or names_of_ours)
    return NoticeTurn(
        entry.kind,
        entry.text,
        entry.from_operator,
        entry.person.display_name if shown and entry.person else "",
        entry.from_operator and entry.person is None,
        entry.at,
    )


def _objection(row: Objection | None) -> ObjectionView | None:
    if row is None:
        return None
    return ObjectionView(row.pk, row.text, ObjectionState(row.state), row.filed_at, row.decided_at, row.reasons)
