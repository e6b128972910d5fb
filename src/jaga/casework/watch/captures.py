"""Capture of flagged pages: promised in the commit that files them, kept as evidence of their report.

Text, place and media hashes of every flagged observation are sealed when it is filed (`casework.reporting.monitoring`).
What is added here is the page itself: its answer with headers, and a rendering without pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.db import transaction

from jaga.casework.cases.evidence import seal_all
from jaga.casework.kernel.ledger import append
from jaga.casework.watch.forgetting import ERASED
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.observations.values import Observation
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.watch import CaptureState, SourceKind
from jaga.policy import load_release
from jaga.records.access.screening.pictures import is_closed
from jaga.records.codes import open_raw, seal_raw
from jaga.records.key_store import store
from jaga.records.key_store.errors import Erased
from jaga.records.models import Case, Watch, WatchCapture, WatchFinding

MOST_TRIES = 2
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
        if row.tries < MOST_TRIES:
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


def note_full(capture_id: int) -> None:
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
