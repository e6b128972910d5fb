"""From a real source to a case: a file, a website and a Mastodon server, each read by the worker's own function."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from tests.casework.screening.test_pictures import shot
from tests.factories import ACCOUNT, World
from tests.platforms.fake import FakePlatform
from tests.sources.site import running_site
from tests.sources.snac import installed, running_snac
from tests.watching import LOUD, running

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import SYSTEM
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import MediaState, SourceKind, SourceState
from jaga.queue.verbs import leases
from jaga.signals.verbs.triage import triage_case
from jaga.sources.web import source as web
from jaga.store import vault
from jaga.watch.jobs import fetch_asked_media, read_watch
from jaga.watch.models.kept import WatchFinding, WatchMedia, WatchSample
from jaga.watch.models.watches import WatchDay, WatchProgress
from jaga.watch.verbs.media import request_media


def test_a_file_becomes_cases_and_leaves_nothing_of_what_is_calm(
    world: World,
    fake: FakePlatform,
    tmp_path: Path,
) -> None:
    """Of 300 rows, one is an advertisement: it is filed once, however often the file is read; bad rows are told."""
    rows = [
        {
            "native_id": f"p{number}",
            "account_id": f"@orang{number}:localhost",
            "at": "2026-11-30T01:02:03Z",
            "text": f"Sepeda nomor {number} masih ada? Bisa nego.",
        }
        for number in range(300)
    ]
    rows[150] |= {"account_id": ACCOUNT, "text": LOUD}
    rows[200] |= {"account_id": ACCOUNT, "text": f"{LOUD} khusus", "visibility": "private"}
    rows[250] |= {"at": "kemarin"}
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "minggu.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    number = running(kind=SourceKind.FILE, url="minggu.jsonl")
    assert read_watch(str(number)) == 298
    assert read_watch(str(number)) == 0
    assert Case.objects.get().subject.account_id == ACCOUNT
    assert (Report.objects.count(), WatchFinding.objects.count()) == (1, 1)
    assert WatchDay.objects.get().observed == 298
    assert WatchSample.objects.count() < 60
    assert WatchProgress.objects.get().state == SourceState.READING


def test_a_website_and_a_server_are_read_by_the_worker(
    world: World,
    fake: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Their texts are screened; the cursor of each is stored, and the next reading goes on from it."""
    if not installed():
        pytest.skip("needs Debian's snac2: python3 tools/bootstrap.py test --system")
    for name, value in {"LOOPBACK": True, "PAUSE": 0, "BETWEEN_ROUNDS": timedelta(0)}.items():
        monkeypatch.setattr(web, name, value)
    with running_site() as site, running_snac(tmp_path) as snac:
        site.link("/papan/", "/papan/1")
        site.put("/papan/1", f"<p>{LOUD}")
        page = running(kind=SourceKind.WEB, url=f"{site.url}/papan/", surfaces=(f"{site.url}/papan",))
        server = running(kind=SourceKind.MASTODON, url=snac.url, surfaces=("pasar",))
        assert (read_watch(str(page)), read_watch(str(server))) == (1, 0)
        snac.post(f"{LOUD} #pasar")
        snac.post(f"{LOUD} rahasia #pasar", visibility="private")
        assert (read_watch(str(page)), read_watch(str(server))) == (0, 1)
        assert read_watch(str(server)) == 0
    found = WatchFinding.objects.all()
    assert {one.watch_id for one in found} == {page, server}
    assert set(WatchProgress.objects.values_list("state", flat=True)) == {SourceState.READING}


def test_a_picture_of_a_post_is_fetched_from_the_server_when_a_person_asked(
    world: World,
    fake: FakePlatform,
    tmp_path: Path,
) -> None:
    """From a real snac: named when the post is read, and then the very bytes that were posted."""
    if not installed():
        pytest.skip("needs Debian's snac2: python3 tools/bootstrap.py test --system")
    picture, reviewer = shot().content, world.reviewers[0]
    with running_snac(tmp_path) as snac:
        server = running(kind=SourceKind.MASTODON, url=snac.url, surfaces=("pasar",))
        assert read_watch(str(server)) == 0
        snac.post_picture(f"{LOUD} harga di gambar #pasar", picture)
        assert read_watch(str(server)) == 1
        case, row = Case.objects.get(), WatchMedia.objects.get()
        assert (row.state, fetch_asked_media()) == (MediaState.NAMED, 0)
        triage_case(case.pk, actor=SYSTEM)
        request_media(
            case.pk,
            leases.take_lease(case.pk, actor=reviewer).fence,
            row.pk,
            "Harga hanya ada di gambar; teksnya saja tidak cukup.",
            no_sign=True,
            actor=reviewer,
        )
        assert (fetch_asked_media(), fetch_asked_media()) == (1, 0)
    kept = Evidence.objects.get(kind=EvidenceKind.SCREENSHOT)
    assert vault.unseal(kept.sha256, kept.key_owner()) == picture
    assert WatchMedia.objects.get().state == MediaState.KEPT
