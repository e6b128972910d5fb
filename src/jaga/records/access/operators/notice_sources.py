"""What a notice rests on, as the operator's people may know it.

Whoever reads a notice may be the reported person's friend and look for the reporter. So it names authorities, quotes
what everybody can read, and shows only pictures that an authority sent with its letter. Whatever a member of the
public, a trusted flagger or an app's users sent leaves no mark: no picture, count, hash, day or number, and a notice
without any such report looks the same (ADR 0080).
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, EvidenceKind
from jaga.core.terms.operators import AnswerKind, NoticeState
from jaga.core.terms.reports import ReportForm
from jaga.records.access.base.access_log import log_access
from jaga.records.access.cases.originals import of_account, originals_of
from jaga.records.access.cases.public_words import shown_publicly
from jaga.records.access.screening.pictures import (
    DRAWABLE,
    PictureClosed,
    PictureState,
    PictureView,
    opened_file,
    picture_states,
)
from jaga.records.models import AuthorityRequest, Notice

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
