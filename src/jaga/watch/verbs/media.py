"""Pictures that flagged observations name: by address at first, their bytes only after a person asked on the case.

Never where a minor may be concerned: by the category of the case, an answer about minors, a program's finding, or while
that question is open. This is asked when somebody asks, before the bytes are fetched, and before they are kept.

Capture of flagged pages: promised in the commit that files them, kept as evidence of their report.

Text, place and media hashes of every flagged observation are sealed when it is filed (`reporting.verbs.monitoring`).
What is added here is the page itself: its answer with headers, and a rendering without pictures.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction
from django.db.models import Q

from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.reports import Report
from jaga.cases.verbs.evidence import Upload, check_uploads, media_type, seal, seal_all
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.lifecycles import MEDIA
from jaga.core.observations import MOST_MEDIA, Observation, SourceSettings
from jaga.core.terms.cases import AccessKind, EvidenceKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import CaptureState, MediaState, SourceKind, YouthAnswer
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.leases import require_lease
from jaga.signals.reads.pictures import is_closed, listed_signs, originals_to_check
from jaga.store.codes import open_raw, seal_raw
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_required
from jaga.store.key_store import store
from jaga.store.key_store.tree import Erased
from jaga.store.reads import log_access
from jaga.watch.models.kept import WatchCapture, WatchFinding, WatchMedia
from jaga.watch.models.watches import Watch
from jaga.watch.verbs.watches import ERASED

CAPTURES_MOST_TRIES = 2
AT_ONCE = 20
AGAIN = timedelta(seconds=20)
OWN_DISK_FULL = "our own disk is full"
PROTECTED = "a minor or a victim may be shown"
ARCHIVE, PICTURE = "application/gzip", "image/png"


@dataclass(frozen=True)
class WaitingCapture:
    """A page that is to be captured: its address, and the scope of its watch."""

    capture_id: int
    address: str
    scope: tuple[str, ...]


@dataclass(frozen=True)
class CapturedPage:
    """What could be had. `archive` empty: no page, and then no rendering. `why` says what is missing, and why."""

    archive: bytes = field(default=b"", repr=False)
    rendering: bytes = field(default=b"", repr=False)
    why: str = ""


def promise_captures(watch: Watch, filed: Sequence[tuple[Observation, int]]) -> None:
    """Let the pages of these observations be captured, given with their reports; in the caller's transaction.

    Only of websites: a post that came over an API is its text.
    """
    if watch.kind != SourceKind.WEB:
        return
    findings = dict(WatchFinding.objects.filter(report__in=[report for _, report in filed]).values_list("report", "pk"))
    WatchCapture.objects.bulk_create(
        [
            WatchCapture(finding_id=findings[report], sealed=seal_raw(one.locator.encode()), found_at=now())
            for one, report in filed
            if report in findings
        ],
        ignore_conflicts=True,
    )


def waiting_captures() -> list[WaitingCapture]:
    """The pages that wait, oldest first. Those of protected cases and erased reports are ended without being asked
    for.
    """
    found = []
    rows = (
        WatchCapture.objects.filter(ended_at__isnull=True)
        .select_related("finding__watch", "finding__report__case")
        .order_by("tries", "found_at")[:AT_ONCE]
    )
    for row in rows:
        if row.tries and row.found_at > now() - AGAIN * row.tries:
            continue
        case = _case_of(row)
        if case is None or _protected(case):
            _end(row, CaptureState.TEXT_ONLY, PROTECTED)
            continue
        if row.finding.report is not None and store.is_destroyed(row.finding.report.key_owner()):
            _end(row, CaptureState.TEXT_ONLY, ERASED)
            continue
        assert row.sealed is not None
        try:
            address = open_raw(bytes(row.sealed)).decode()
        except InvalidToken:  # its key was replaced
            _end(row, CaptureState.TEXT_ONLY, "its address cannot be decrypted")
            continue
        found.append(WaitingCapture(row.pk, address, tuple(row.finding.watch.surfaces)))
    return found


@transaction.atomic
def record_capture(capture_id: int, page: CapturedPage, *, actor: Actor) -> CaptureState:
    """Seal what was captured under the key of its report. Without a page it is tried once more, then it is text only.

    A case that became protected meanwhile keeps nothing of it, nor does a report that was erased.
    """
    row = WatchCapture.objects.select_for_update(of=("self",)).select_related("finding__report").get(pk=capture_id)
    if row.ended_at is not None:
        return CaptureState(row.state)
    case = _case_of(row)
    if case is None or _protected(case):
        return _end(row, CaptureState.TEXT_ONLY, PROTECTED)
    if not page.archive:
        row.tries += 1
        if row.tries < CAPTURES_MOST_TRIES:
            row.save(update_fields=["tries"])
            return CaptureState.WAITING
        return _end(row, CaptureState.TEXT_ONLY, page.why)
    report = row.finding.report
    assert report is not None
    originals = [(EvidenceKind.PAGE, f"report-{report.pk}-page.warc.gz", page.archive, ARCHIVE)]
    if page.rendering:
        originals.append((EvidenceKind.SCREENSHOT, f"report-{report.pk}-rendering.png", page.rendering, PICTURE))
    try:
        with transaction.atomic():
            sealed = seal_all(case, originals, report=report, actor=actor)
    except Erased:  # since the page was asked for
        return _end(row, CaptureState.TEXT_ONLY, ERASED)
    state = CaptureState.RENDERED if page.rendering else CaptureState.PAGE_ONLY
    append(
        "capture_page",
        {"report": report.pk, "state": state.value, "sha256": [one.sha256 for one in sealed]},
        actor=actor,
        case_id=case.pk,
    )
    return _end(row, state, page.why)


def note_full_of_captures(capture_id: int) -> None:
    """Say at a capture that waits that our own disk is full. It is tried again, and costs it no try."""
    WatchCapture.objects.filter(pk=capture_id, ended_at__isnull=True).update(why=OWN_DISK_FULL)


def _case_of(row: WatchCapture) -> Case | None:
    report = row.finding.report
    return report.case if report is not None else None


def _protected(case: Case) -> bool:
    return is_closed(case) or load_release().category(case.category).victim_first


def _end(row: WatchCapture, state: CaptureState, why: str) -> CaptureState:
    row.state, row.why, row.sealed, row.ended_at = state, why[:200], None, now()
    row.save(update_fields=["state", "why", "sealed", "ended_at"])
    return state


LEAST_REASON, MAX_REASON = 10, 300
MEDIA_MOST_TRIES = 3
NO_FILES = "a source of this kind names files by their hash only"
OVER = "the watch that found it has ended"
OTHER_HASH = "the file there is another one than the observation named"
_UNSHOWN = {
    "too_large": "it is larger than 5 MB",
    "wrong_type": "it is no picture of a type that can be shown",
    "too_many_pixels": "it has too many pixels",
}


class MinorMayBeShown(Conflict):
    """The category, an answer or a program says that a minor or a victim may be concerned."""

    code = "minor_may_be_shown"
    sentence = N_("In this case a minor or a victim may be shown, so that nobody gets the bytes of its media.")
    remedy = N_("Decide by text and hashes, or refer the case.")


class YouthQuestionOpen(Conflict):
    """The question about minors is open for a picture of the case."""

    code = "youth_question_open"
    sentence = N_("For a picture of this case the question about minors is open.")
    remedy = N_("Answer it first; then ask again.")


class MediaNotToBeHad(Conflict):
    """It was asked for before, cannot be had, or its watch has ended."""

    code = "media_not_to_be_had"
    sentence = N_("This file was asked for before, or it cannot be had any more.")
    remedy = N_("Reload the case to see where its files stand.")


class WatchOfMediaOver(Conflict):
    """Nothing more is read from the source."""

    code = "watch_of_media_over"
    sentence = N_("The watch that found this text has ended, so that nothing more is read from its source.")
    remedy = N_("Decide by the text, or propose a new watch.")


@dataclass(frozen=True)
class RequestedMedia:
    """A picture that was asked for: its address, and the settings of its watch without the token."""

    media_id: int
    address: str
    settings: SourceSettings


@dataclass(frozen=True)
class FetchedMedia:
    """What could be had. `why` says why there are no bytes; `again`: it may be tried once more."""

    content: bytes = field(default=b"", repr=False)
    why: str = ""
    again: bool = False


def name_media(filed: Sequence[tuple[Observation, int]], release: PolicyRelease) -> None:
    """Keep the addresses of what these observations show, given with their reports; in the caller's transaction.

    None of a category in which nobody may ever ask for the bytes.
    """
    named = [(one, report) for one, report in filed if one.media or one.media_hashes]
    if not named:
        return
    reports = Report.objects.in_bulk([report for _, report in named])
    never = _never(release)
    WatchMedia.objects.bulk_create(
        row for one, report in named if reports[report].category not in never for row in _rows(one, reports[report])
    )


def _rows(one: Observation, report: Report) -> list[WatchMedia]:
    if one.media:
        return [
            WatchMedia(
                report=report, number=number, address=media.address, sha256=media.sha256[0] if media.sha256 else ""
            )
            for number, media in enumerate(one.media[:MOST_MEDIA], 1)
        ]
    return [
        WatchMedia(
            report=report, number=number, sha256=digest, state=MediaState.UNAVAILABLE, why=NO_FILES, ended_at=now()
        )
        for number, digest in enumerate(one.media_hashes[:MOST_MEDIA], 1)
    ]


@transaction.atomic
def request_media(case_id: int, fence: int, media_id: int, reason: str, *, no_sign: bool, actor: Actor) -> None:
    """Ask for the bytes of a picture that a flagged observation of a leased case names. Irreversible.

    `no_sign`: the person says that nothing in the texts, the account and the context suggests a minor. A picture that
    arrives has the same question of its own before anybody sees it. Raises NotPermitted, NotFound, LeaseLost,
    InvalidInput (`reason`, `no_sign`), MinorMayBeShown, YouthQuestionOpen, MediaNotToBeHad, WatchOfMediaOver.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    require_lease(case, fence, person)
    row = (
        WatchMedia.objects.select_for_update(of=("self",))
        .select_related("report__finding__watch")
        .filter(pk=media_id, report__case=case)
        .first()
    )
    if row is None:
        raise NotFound
    if may_show_minor(case):
        raise MinorMayBeShown
    if originals_to_check(case, YouthAnswer.NO_SIGN).exists():
        raise YouthQuestionOpen
    errors = check_required(
        "reason",
        reason,
        least=LEAST_REASON,
        most=MAX_REASON,
        needed=N_("Say why the text is not enough, in a sentence of at least %(least)s characters."),
    )
    if not no_sign:
        errors.append(
            FieldError("no_sign", "missing", N_("Answer this first. If you are not sure, do not ask for the file."))
        )
    if errors:
        raise InvalidInput(*errors)
    if row.state != MediaState.NAMED:
        raise MediaNotToBeHad
    if not _runs(row):
        raise WatchOfMediaOver
    row.state = MEDIA.to(row.state, MediaState.ASKED)
    row.asked_by_id, row.asked_at, row.reason = person, now(), reason.strip()
    try:
        row.save(update_fields=["state", "asked_by", "asked_at", "reason"])
    except Erased as erased:
        raise MediaNotToBeHad from erased
    log_access(case, AccessKind.PICTURE, actor=actor)
    append(
        "request_media",
        {"media": row.pk, "report": row.report_id, "sha256": row.sha256, "youth": YouthAnswer.NO_SIGN},
        actor=actor,
        case_id=case.pk,
    )


def may_show_minor(case: Case) -> bool:
    """Whether anything says that a minor or a victim may be concerned: the category, an answer, a program, a list."""
    never = _never(load_release())
    if is_closed(case) or case.category in never or Signal.objects.filter(case=case, category__in=never).exists():
        return True
    return listed_signs().filter(Q(picture__evidence__report__case=case) | Q(picture__evidence__case=case)).exists()


def asked_media(*, actor: Actor) -> list[RequestedMedia]:
    """What waits to be fetched, oldest first. What may not be fetched any more is ended without being asked for."""
    found = []
    rows = (
        WatchMedia.objects.filter(state=MediaState.ASKED)
        .select_related("report__case", "report__finding__watch__platform")
        .order_by("tries", "asked_at", "pk")[:AT_ONCE]
    )
    for row in rows:
        if row.asked_at is not None and row.tries and row.asked_at > now() - AGAIN * row.tries:
            continue
        if (why := _not_any_more(row)) or not row.address:
            record_media(row.pk, FetchedMedia(why=why or ERASED), actor=actor)
            continue
        watch = row.report.finding.watch
        found.append(
            RequestedMedia(
                row.pk,
                str(row.address),
                SourceSettings(SourceKind(watch.kind), watch.platform.name, watch.url, tuple(watch.surfaces)),
            )
        )
    return found


@transaction.atomic
def record_media(media_id: int, fetched: FetchedMedia, *, actor: Actor) -> MediaState:
    """Keep the bytes as a picture of their report, or why there are none. Idempotent.

    They pass what every picture of a case passes: hash lists and the question about minors, before a copy is drawn.
    """
    row = (
        WatchMedia.objects.select_for_update(of=("self",))
        .select_related("report__case", "report__finding__watch")
        .get(pk=media_id)
    )
    if row.state != MediaState.ASKED:
        return MediaState(row.state)
    if fetched.again and row.tries + 1 < MEDIA_MOST_TRIES and not _not_any_more(row):
        row.tries += 1
        row.save(update_fields=["tries"])
        return MediaState.ASKED
    content, case = fetched.content, row.report.case
    why = _not_any_more(row) or fetched.why or _unusable(row, content)
    if not why and case is not None:
        try:
            with transaction.atomic():
                seal(
                    case,
                    row.report,
                    EvidenceKind.SCREENSHOT,
                    f"report-{row.report_id}-media-{row.number}",
                    content,
                    media=media_type(content) or "",
                    actor=actor,
                )
        except Erased:
            why = ERASED
    row.state = MEDIA.to(row.state, MediaState.UNAVAILABLE if why else MediaState.KEPT)
    row.why, row.ended_at = why[:200], now()
    row.save(update_fields=["state", "why", "ended_at"])
    append(
        "copy_media",
        {
            "media": row.pk,
            "report": row.report_id,
            "state": row.state,
            "sha256": "" if why else hashlib.sha256(content).hexdigest(),
        },
        actor=actor,
        case_id=case.pk if case else None,
    )
    return MediaState(row.state)


def note_full_of_media(media_id: int) -> None:
    """Say at a file that was asked for that our own disk is full. It is tried again, and costs it no try."""
    WatchMedia.objects.filter(pk=media_id, state=MediaState.ASKED).update(why=OWN_DISK_FULL)


def _not_any_more(row: WatchMedia) -> str:
    case = row.report.case
    if case is None or may_show_minor(case):
        return PROTECTED
    return "" if _runs(row) else OVER


def _unusable(row: WatchMedia, content: bytes) -> str:
    if row.sha256 and hashlib.sha256(content).hexdigest() != row.sha256:
        return OTHER_HASH
    wrong = check_uploads("media", (Upload(content),))
    return _UNSHOWN[wrong[0].code] if wrong else ""


def _runs(row: WatchMedia) -> bool:
    watch = row.report.finding.watch
    return watch.started_at is not None and watch.ended_at is None and watch.ends_at > now()


def _never(release: PolicyRelease) -> frozenset[str]:
    return UNSOUGHT_CATEGORIES | {key for key, category in release.by_key.items() if category.victim_first}
