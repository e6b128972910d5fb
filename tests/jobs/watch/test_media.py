"""The bytes of a picture that a flagged text names: fetched only after a person asked, and never past the limits."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import DatabaseError, transaction
from tests.casework.screening.test_pictures import let_take_effect, shot, standings
from tests.factories import World
from tests.platforms.fake import FakePlatform
from tests.sources.site import Site, running_site
from tests.watching import LOUD, running, seen, take_in

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.observations import LARGEST_PICTURE, NamedMedia
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import MediaState, SourceKind, YouthAnswer
from jaga.quality.models import AccessEvent
from jaga.queue.verbs import leases
from jaga.signals.models import PictureToHash
from jaga.signals.reads.pictures import PictureState
from jaga.signals.verbs.pictures import answer_youth_check
from jaga.signals.verbs.triage import triage_case
from jaga.sources.web import source as web
from jaga.store import vault
from jaga.store.models import LedgerEntry
from jaga.store.sealed_text import sealed_field
from jaga.watch.jobs import fetch_asked_media, read_watch
from jaga.watch.models.kept import WatchMedia
from jaga.watch.models.watches import Watch
from jaga.watch.verbs import media
from jaga.watch.verbs.watches import stop_watch

WHY = "Teksnya sama dengan iklan sepeda; gambarnya menentukan."
PICTURE = shot().content


@pytest.fixture
def site(world: World, fake: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A website with two pictures in the scope of a running watch."""
    for name, value in {"LOOPBACK": True, "PAUSE": 0, "BETWEEN_ROUNDS": timedelta(0)}.items():
        monkeypatch.setattr(web, name, value)
    with running_site() as site:
        for number in (1, 2):
            site.pages[f"/papan/{number}.png"] = (200, {"Content-Type": "image/png"}, PICTURE)
        running(kind=SourceKind.WEB, url=f"{site.url}/papan", surfaces=(f"{site.url}/papan",))
        yield site


def flag(site: Site, *paths: str) -> None:
    """A case whose flagged text shows these pictures."""
    take_in("obrolan", [seen(LOUD, media=tuple(NamedMedia(site.url + path) for path in paths))])
    triage_case(Case.objects.get().pk, actor=SYSTEM)


def ask(actor: Actor, number: int = 1, reason: str = WHY, *, no_sign: bool = True) -> None:
    case = Case.objects.get()
    fence = leases.take_lease(case.pk, actor=actor).fence
    media.request_media(case.pk, fence, WatchMedia.objects.get(number=number).pk, reason, no_sign=no_sign, actor=actor)


def states() -> list[str]:
    return list(WatchMedia.objects.order_by("number").values_list("state", flat=True))


def test_the_bytes_come_after_a_person_asked_and_pass_what_every_picture_passes(world: World, site: Site) -> None:
    """Nothing is fetched before; then that one file, sealed with its report, for hash lists and the question."""
    reviewer = world.reviewers[0]
    site.put("/papan", f"<p>{LOUD}<img src=/papan/1.png><img src=/papan/2.png><img src=/lain.png>")
    assert read_watch(str(Watch.objects.get().pk)) == 1
    triage_case(Case.objects.get().pk, actor=SYSTEM)
    assert states() == [MediaState.NAMED, MediaState.NAMED]  # what is out of scope is not named
    assert fetch_asked_media() == 0
    assert not [path for path in site.asked if path.endswith(".png")]
    ask(reviewer)
    assert (fetch_asked_media(), fetch_asked_media()) == (1, 0)
    assert [path for path in site.asked if path.endswith(".png")] == ["/papan/1.png"]
    row, picture = WatchMedia.objects.get(number=1), Evidence.objects.get(kind=EvidenceKind.SCREENSHOT)
    assert (row.state, row.reason, picture.report_id) == (MediaState.KEPT, WHY, row.report_id)
    assert vault.unseal(picture.sha256, picture.key_owner()) == PICTURE
    assert PictureToHash.objects.filter(evidence=picture).exists()
    case = Case.objects.get()
    assert standings(case.pk, reviewer) == [PictureState.TO_CHECK]
    assert LedgerEntry.objects.get(verb="request_media").actor == f"person:{reviewer.person_id}"
    assert LedgerEntry.objects.get(verb="copy_media").payload["sha256"] == sha256(PICTURE).hexdigest()
    assert AccessEvent.objects.filter(person=reviewer.person_id, case=case, what="picture").exists()
    with pytest.raises(media.YouthQuestionOpen):
        ask(reviewer, 2)


def test_nobody_gets_them_where_a_minor_may_be_shown(world: World, site: Site) -> None:
    """By an answer, also one that still can be undone, and also if it comes after somebody asked."""
    reviewer = world.reviewers[0]
    flag(site, "/papan/1.png", "/papan/2.png", "/papan/3.png")
    for wrong in ({"reason": "perlu"}, {"no_sign": False}):
        with pytest.raises(InvalidInput):
            ask(reviewer, **wrong)
    with pytest.raises(NotPermitted):
        ask(world.officer)
    ask(reviewer)
    assert fetch_asked_media() == 1
    case = Case.objects.get()
    fence = leases.take_lease(case.pk, actor=reviewer).fence
    answer_youth_check(case.pk, fence, YouthAnswer.NO_SIGN, actor=reviewer)
    ask(reviewer, 2)
    answer_youth_check(case.pk, fence, YouthAnswer.MAY_BE_MINOR, actor=reviewer)
    before = len(site.asked)
    assert fetch_asked_media() == 0
    let_take_effect(case.pk)
    assert len(site.asked) == before
    assert WatchMedia.objects.get(number=2).why == media.PROTECTED
    with pytest.raises(media.MinorMayBeShown):
        ask(reviewer, 3)
    with pytest.raises(DatabaseError, match="may be shown"), transaction.atomic():
        WatchMedia.objects.filter(number=3).update(
            state=MediaState.ASKED,
            asked_by=reviewer.person_id,
            asked_at=now(),
            reason=sealed_field(WatchMedia, "reason").sealed_for(WatchMedia.objects.get(number=3).key_owner(), WHY),
        )


def test_what_cannot_be_had_says_why_and_keeps_nothing(world: World, site: Site) -> None:
    """A video, a redirect to this machine, a place out of scope; and what is too large or no picture."""
    site.pages["/papan/1.png"] = (200, {"Content-Type": "video/mp4"}, b"x")
    site.pages["/papan/2.png"] = (302, {"Location": "http://127.0.0.1:1/"}, b"")
    flag(site, "/papan/1.png", "/papan/2.png", "/lain.png", "/papan/4.png", "/papan/5.png")
    for number in range(1, 6):
        ask(world.reviewers[0], number)
    for number, content in ((4, b"x" * (LARGEST_PICTURE + 1)), (5, b"MZ")):
        media.record_media(WatchMedia.objects.get(number=number).pk, media.FetchedMedia(content), actor=SYSTEM)
    assert fetch_asked_media() == 0
    assert list(WatchMedia.objects.order_by("number").values_list("state", "why")) == [
        (MediaState.UNAVAILABLE, why)
        for why in (
            "no picture that can be shown",
            "HTTP 302",
            "its address is not in the scope of the watch",
            "it is larger than 5 MB",
            "it is no picture of a type that can be shown",
        )
    ]
    assert not Evidence.objects.filter(kind=EvidenceKind.SCREENSHOT).exists()


def test_the_hash_and_the_end_of_the_watch_bind(world: World, site: Site) -> None:
    """Another file than the one named is not kept, and after the end of its watch nothing is fetched."""
    reviewer = world.reviewers[0]
    other = NamedMedia(f"{site.url}/papan/1.png", ("0" * 64,))
    take_in("obrolan", [seen(LOUD, media=(other, NamedMedia(f"{site.url}/papan/2.png")))])
    triage_case(Case.objects.get().pk, actor=SYSTEM)
    ask(reviewer)
    row = WatchMedia.objects.get(number=1)
    away = media.FetchedMedia(why="DownloadTimeoutError", again=True)
    assert media.record_media(row.pk, away, actor=SYSTEM) == MediaState.ASKED
    assert media.record_media(row.pk, media.FetchedMedia(PICTURE), actor=SYSTEM) == MediaState.UNAVAILABLE
    assert WatchMedia.objects.get(number=1).why == media.OTHER_HASH
    ask(reviewer, 2)
    row = WatchMedia.objects.get(number=2)
    stop_watch(row.report.finding.watch_id, "cukup sudah, terima kasih", actor=world.supervisor)
    assert fetch_asked_media() == 0
    assert WatchMedia.objects.get(number=2).why == media.OVER


def test_sources_without_files_say_so(world: World, fake: FakePlatform) -> None:
    """A file or a stream names media by hash alone; a platform that gives none says that when it is asked."""
    take_in(
        "obrolan",
        [seen(LOUD, media_hashes=("a" * 64,)), seen(f"{LOUD} lagi", "$2", media=(NamedMedia("mxc://localhost/abc"),))],
    )
    rows = WatchMedia.objects.order_by("report", "number")
    assert [(one.state, one.why) for one in rows] == [(MediaState.UNAVAILABLE, media.NO_FILES), (MediaState.NAMED, "")]
