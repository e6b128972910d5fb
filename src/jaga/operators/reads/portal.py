"""Notices as an operator's contact persons see them: their own operator's only, without reporters, voters or observers.

An unopened notice shows only what identifies it; the rest follows once receipt is recorded
(`operators.verbs.notices`).

What a notice rests on, as the operator's people may know it.

Whoever reads a notice may be the reported person's friend and look for the reporter. So it names authorities, quotes
what everybody can read, and shows only pictures that an authority sent with its letter. Whatever a member of the
public, a trusted flagger or an app's users sent leaves no mark: no picture, count, hash, day or number, and a notice
without any such report looks the same (ADR 0080).
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet

from jaga.cases.models.reports import AuthorityRequest
from jaga.cases.reads.reports import of_account, originals_of, shown_publicly
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, EvidenceKind
from jaga.core.terms.outside import AnswerKind, NoticeState, ObjectionState
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ReportForm
from jaga.operators.models import Notice, NoticeEntry, Objection
from jaga.signals.reads.pictures import DRAWABLE, PictureClosed, PictureState, PictureView, opened_file, picture_states
from jaga.store.reads import log_access

MOST_QUOTED = 5
OUR_TURNS = ("correction", "asked_again")
"""Kinds of dialogue entries by which staff send the notice again; what it says is as of the newest."""
_AUTHORITYS = (ReportForm.REQUEST, ReportForm.ORDER)
_SHOWN = (PictureState.READY, PictureState.OPEN)


@dataclass(frozen=True)
class PublicQuote:
    """What the account published openly: the text, and where and since when everybody can read it."""

    text: str
    where: str
    day: date | None


@dataclass(frozen=True)
class NamedAuthority:
    """An authority that asked, with its letter, and where it found the account."""

    name: str
    letter_number: str
    letter_date: date
    conduct_on: date
    locator: str


@dataclass(frozen=True)
class NoticeSources:
    """What the notice rests on. `authorities` is empty for a notice without an authority's request."""

    quotes: tuple[PublicQuote, ...] = ()
    authorities: tuple[NamedAuthority, ...] = ()


@dataclass(frozen=True)
class NoticePicture:
    """A picture of an authority's letter. `position` counts these pictures from 1.

    The evidence's number stays unsaid: numbers tell when something came in.
    """

    position: int
    letter_number: str
    opened: bool
    width: int
    height: int
    open_until: datetime | None


def sources_of(row: Notice) -> NoticeSources:
    """The sources as of the notice's last sending; nothing of them changes afterwards, whatever comes in."""
    if row.action_id is None:
        return NoticeSources()
    until = _last_turn_at(row)
    return NoticeSources(_quotes(row, until), tuple(_authority(one, until) for one in _requests(row, until)))


def hashes_of(row: Notice) -> tuple[str, ...]:
    """In a victim-first case, SHA-256 of what Jaga preserved and of what authorities sent about the account."""
    if not row.case.victim_first:
        return ()
    kinds = (EvidenceKind.SCREENSHOT, EvidenceKind.PROFILE, EvidenceKind.MEDIA)
    about = of_account(originals_of([row.case]), row.case, row.subject_id)
    ours = Q(report__isnull=True) | Q(report__form__in=_AUTHORITYS)
    return tuple(about.filter(ours, kind__in=kinds).values_list("sha256", flat=True))


def pictures_of_notice(row: Notice, *, actor: Actor) -> tuple[NoticePicture, ...]:
    """The pictures that the contact person may open: past the youth check, redrawn, while the notice is in hand."""
    return tuple(
        NoticePicture(position, letter, view.state is PictureState.OPEN, view.width, view.height, view.open_until)
        for position, (letter, view) in enumerate(_all_pictures(row, actor), start=1)
        if view.state in _SHOWN
    )


def access_notice_picture(row: Notice, position: int, *, actor: Actor) -> PictureView:
    """One of the notice's pictures, for whoever has the notice in hand. Raises NotFound, PictureClosed."""
    found = _all_pictures(row, actor)[position - 1 : position] if position > 0 else []
    if not found:
        raise NotFound
    log_access(row.case_id, AccessKind.PICTURE, actor=actor)
    _, picture = found[0]
    if picture.state not in _SHOWN:
        raise PictureClosed
    return picture


def opened_copy(picture: PictureView) -> bytes:
    """The working copy of a picture the actor has opened. Raises PictureClosed, EvidenceDamaged."""
    if picture.state is not PictureState.OPEN:
        raise PictureClosed
    return opened_file(picture.evidence_id)


def _last_turn_at(row: Notice) -> datetime:
    """When the notice was made, or last corrected or repeated."""
    last = row.entries.filter(kind__in=OUR_TURNS).order_by("-pk").values_list("at", flat=True).first()
    return last or row.created_at


def _quotes(row: Notice, until: datetime) -> tuple[PublicQuote, ...]:
    if row.subject_id != row.case.subject_id:
        return ()
    shown = [one for one in shown_publicly(row.case) if one.recorded_at <= until][-MOST_QUOTED:]
    return tuple(PublicQuote(one.text.strip(), one.where.strip(), one.day) for one in shown)


def _requests(row: Notice, until: datetime) -> QuerySet[AuthorityRequest]:
    """Authorities' requests about this very account that were not withdrawn."""
    return (
        AuthorityRequest.objects.filter(
            report__case=row.case_id,
            report__subject=row.subject_id,
            report__received_at__lte=until,
            report__withdrawn_at__isnull=True,
            order__withdrawn_at__isnull=True,
        )
        .select_related("organisation", "report")
        .order_by("pk")
    )


def _authority(request: AuthorityRequest, until: datetime) -> NamedAuthority:
    corrected = request.locators.filter(at__lte=until).order_by("-pk").values_list("locator", flat=True).first()
    return NamedAuthority(
        request.organisation.name,
        request.letter_number,
        request.letter_date,
        request.report.conduct_on,
        corrected or request.locator,
    )


def _all_pictures(row: Notice, actor: Actor) -> list[tuple[str, PictureView]]:
    """Each picture with the number of the letter that it came with, whatever its state."""
    if row.action_id is None or not _in_hand(row):
        return []
    letters = {one.report_id: one.letter_number for one in _requests(row, _last_turn_at(row))}
    rows = list(
        originals_of([row.case])
        .filter(report__in=letters, kind=EvidenceKind.SCREENSHOT, media_type__in=DRAWABLE)
        .select_related("report")
    )
    return [
        (letters[one.report_id], view)
        for one, view in zip(rows, picture_states(row.case, rows, actor=actor), strict=True)
        if one.report_id is not None
    ]


def _in_hand(row: Notice) -> bool:
    """Whether the operator's people work on the notice: opened, and not yet answered for good."""
    state = NoticeState(row.state)
    opened = state is NoticeState.RECEIVED and row.due_at is not None
    return (
        opened
        or state is NoticeState.ASKED_BACK
        or (state is NoticeState.ANSWERED and row.answer == AnswerKind.REFUSED)
    )


SHOWN = 100
BY_HAND = "manual"  # On such platforms a notice is a checklist for staff.
LETTERS = "letter_"
"""Prefixes of dialogue entries that name a ladder letter (`operators.verbs.escalation`)."""
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
