"""Capture of flagged pages, from the reading to the case: archived and rendered, or text alone with the reason."""

import errno
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.factories import PNG as PICTURE
from tests.factories import World
from tests.platforms.fake import FakePlatform
from tests.sources.site import Site, running_site
from tests.watching import LOUD, running

from jaga.cases.models.reports import Evidence
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import CaptureState, SourceKind
from jaga.signals.models import PictureToHash
from jaga.sources.capture import rendering
from jaga.sources.web import source as web
from jaga.store import vault
from jaga.store.models import LedgerEntry
from jaga.watch import jobs as capture
from jaga.watch.jobs import FullDisk, capture_waiting, read_watch
from jaga.watch.models.kept import WatchCapture
from jaga.watch.verbs import media as captures
from jaga.watch.verbs.watches import forget_findings


@pytest.fixture
def flagged(world: World, fake: FakePlatform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """A website with one page that was flagged just now."""
    for name, value in {"LOOPBACK": True, "PAUSE": 0, "BETWEEN_ROUNDS": timedelta(0)}.items():
        monkeypatch.setattr(web, name, value)
    with running_site() as site:
        site.put("/papan", f"<p>{LOUD}<img src=/foto.jpg width=300 height=200>")
        number = running(kind=SourceKind.WEB, url=f"{site.url}/papan", surfaces=(f"{site.url}/papan",))
        assert read_watch(str(number)) == 1
        yield site


def kinds() -> list[str]:
    return sorted(Evidence.objects.values_list("kind", flat=True))


def test_a_flagged_page_is_kept_as_archive_and_rendering(flagged: Site) -> None:
    """As evidence of its report, encrypted with it; no picture is ever asked for; once."""
    waiting = WatchCapture.objects.get()
    assert waiting.sealed is not None
    assert flagged.url.encode() not in bytes(waiting.sealed)
    assert capture_waiting() == 1
    assert capture_waiting() == 0
    done = WatchCapture.objects.get()
    assert (done.sealed, done.ended_at is not None) == (None, True)
    assert done.ended_at is not None
    assert done.ended_at - done.found_at < timedelta(minutes=1)
    assert "/foto.jpg" not in flagged.asked
    expected = [EvidenceKind.PAGE, EvidenceKind.TEXT]
    if not rendering.obstacle():
        assert (done.state, done.why) == (CaptureState.RENDERED, "")
        expected = [EvidenceKind.PAGE, EvidenceKind.SCREENSHOT, EvidenceKind.TEXT]
        assert PictureToHash.objects.count() == 1
    assert kinds() == expected
    archive = Evidence.objects.get(kind=EvidenceKind.PAGE)
    assert archive.report_id == done.finding.report_id
    assert vault.unseal(archive.sha256, archive.key_owner())[:2] == b"\x1f\x8b"
    assert LedgerEntry.objects.filter(verb="capture_page", case_ref=archive.case_id).count() == 1
    WatchCapture.objects.update(found_at=now() - timedelta(days=31))
    assert forget_findings() == 1  # how it went; what it kept stays with the case
    assert kinds() == expected


def test_where_nothing_can_be_rendered_the_page_alone_is_kept(flagged: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    monkeypatch.setattr(rendering, "obstacle", lambda: "no namespaces")
    assert capture_waiting() == 1
    done = WatchCapture.objects.get()
    assert (done.state, done.why) == (CaptureState.PAGE_ONLY, "nothing can be rendered on this machine: no namespaces")
    assert kinds() == [EvidenceKind.PAGE, EvidenceKind.TEXT]


def test_a_page_that_is_gone_is_tried_once_more_and_then_is_text_only(flagged: Site) -> None:
    """The text was sealed when it was filed."""
    del flagged.pages["/papan"]
    assert capture_waiting() == 0
    assert WatchCapture.objects.get().state == CaptureState.WAITING
    WatchCapture.objects.update(tries=1)
    captures.record_capture(WatchCapture.objects.get().pk, captures.CapturedPage(why="HTTP 404"), actor=Actor("system"))
    done = WatchCapture.objects.get()
    assert (done.state, done.why, done.sealed) == (CaptureState.TEXT_ONLY, "HTTP 404", None)
    assert kinds() == [EvidenceKind.TEXT]


def test_a_full_disk_is_told_at_the_capture_and_costs_it_no_try(
    flagged: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing more is fetched for a while; then it is captured."""

    def full(*given: object) -> str:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(capture, "full", FullDisk())
    with monkeypatch.context() as patched:
        patched.setattr(vault, "seal", full)
        assert capture_waiting() == 0
    waiting = WatchCapture.objects.get()
    assert (waiting.state, waiting.why, waiting.tries) == (CaptureState.WAITING, captures.OWN_DISK_FULL, 0)
    asked = len(flagged.asked)
    assert (capture_waiting(), len(flagged.asked)) == (0, asked)
    monkeypatch.setattr(capture, "full", FullDisk())  # as after the pause
    monkeypatch.setattr(rendering, "obstacle", lambda: "")
    monkeypatch.setattr(capture, "render", lambda page: PICTURE)
    assert capture_waiting() == 1
    assert WatchCapture.objects.get().why == ""


def test_of_a_protected_case_nothing_but_its_text_is_kept(flagged: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither asked for, nor kept if the case became protected meanwhile."""
    before = len(flagged.asked)
    monkeypatch.setattr(captures, "is_closed", lambda case: True)
    number = WatchCapture.objects.get().pk
    captured = captures.CapturedPage(b"x", b"x")
    assert captures.record_capture(number, captured, actor=Actor("system")) == CaptureState.TEXT_ONLY
    WatchCapture.objects.update(state=CaptureState.WAITING, ended_at=None, sealed=b"x", found_at=now())
    assert capture_waiting() == 0
    done = WatchCapture.objects.get()
    assert (done.state, done.why) == (CaptureState.TEXT_ONLY, captures.PROTECTED)
    assert kinds() == [EvidenceKind.TEXT]
    assert len(flagged.asked) == before
