"""Reading running watches: relevant messages are filed, none is skipped, and one bad source holds up no other."""

import errno
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from types import ModuleType

import pytest
from tests.factories import ACCOUNT, PLATFORM, World
from tests.platforms.fake import FakePlatform, FakeRoom
from tests.watching import LOUD, pair, running, seen

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.observations import ObservedBatch
from jaga.core.terms.reports import Channel, SourceKind, SourceState
from jaga.sources import registry
from jaga.store import vault
from jaga.watch import jobs as bounded
from jaga.watch import jobs as read
from jaga.watch.jobs import FULL, read_watch, read_watches
from jaga.watch.models.kept import WatchFinding
from jaga.watch.models.watches import WatchDay, WatchProgress
from jaga.watch.verbs.watches import stop_watch


@pytest.fixture
def rooms(fake: FakePlatform) -> FakePlatform:
    fake.rooms = {"!a:localhost": FakeRoom("Pasar", True), "!b:localhost": FakeRoom("Tutup", False)}
    return fake


def test_an_advertisement_becomes_a_case_and_private_rooms_stay_unread(world: World, rooms: FakePlatform) -> None:
    """The first reading starts at the present; the next files what was said in public, once; a stopped watch
    nothing.
    """
    number = running()
    assert read_watches() == 0
    rooms.say("!a:localhost", ACCOUNT, LOUD)
    rooms.say("!b:localhost", "@lain:localhost", LOUD)
    assert read_watches() == 1
    assert read_watches() == 0
    assert Case.objects.get().channel == Channel.WATCH
    assert Report.objects.get().subject.account_id == ACCOUNT
    stop_watch(number, "Tidak perlu lagi.", actor=pair(PLATFORM)[0])
    rooms.say("!a:localhost", ACCOUNT, f"{LOUD} lagi")
    assert read_watches() == 0


def test_a_full_disk_is_the_state_of_its_watch_and_loses_nothing(
    world: World,
    rooms: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The batch is not taken in half: neither report nor cursor."""
    number = running()
    read_watches()
    rooms.say("!a:localhost", ACCOUNT, LOUD)

    def full(*given: object) -> str:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patched:
        patched.setattr(vault, "seal", full)
        assert read_watches() == 0
    assert WatchProgress.objects.values_list("state", "why").get(watch=number) == (SourceState.UNREACHABLE, FULL)
    assert not Report.objects.exists()
    WatchProgress.objects.update(retry_at=None)
    assert read_watches() == 1
    assert Report.objects.count() == 1


def test_what_was_said_while_the_platform_was_away_is_read_later(world: World, rooms: FakePlatform) -> None:
    """The cursor does not move, the failure is in sight, and a watch beside it goes on."""
    running()
    read_watches()
    rooms.say("!a:localhost", ACCOUNT, LOUD)
    rooms.down = True
    refused = running(
        kind=SourceKind.MASTODON, url="https://social.example", token_file="social", token_owner="Operator Contoh"
    )
    assert read_watches() == 0
    assert dict(WatchProgress.objects.values_list("state", "why")) == {
        SourceState.UNREACHABLE: "the fake is down",
        SourceState.REFUSED: "no file social in watch-tokens",
    }
    rooms.down = False
    WatchProgress.objects.update(retry_at=None)
    assert read_watches() == 1
    assert WatchProgress.objects.get(state=SourceState.REFUSED).watch_id == refused


def test_a_token_comes_from_a_private_file(world: World, rooms: FakePlatform, tmp_path: Path) -> None:
    """One that others can read is refused, and the watch says what to do."""
    token = tmp_path / "watch-tokens" / "social"
    token.parent.mkdir()
    token.write_text("invented")
    token.chmod(0o644)
    running(kind=SourceKind.MASTODON, url="https://social.example", token_file="social", token_owner="Operator Contoh")
    read_watches()
    assert WatchProgress.objects.get().why == "others can read social: chmod 600"


@contextmanager
def dripping() -> Iterator[tuple[str, Event]]:
    """A server that sends one byte of a page of posts every hundredth of a second, until `well` is set: then it answers
    that there are none.
    """
    well, over = Event(), Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            if well.is_set():
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[")
            while not over.wait(0.01):
                connection.sendall(b" ")

    def listen() -> None:
        with suppress(OSError):
            while True:
                Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    Thread(target=listen, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", well
    finally:
        over.set()
        listening.close()


def test_a_reading_that_does_not_end_is_ended_and_the_next_begins_anew(
    world: World,
    rooms: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that drips holds nothing up: its thread goes, the watch says so, others are read, and it is read
    again.
    """
    monkeypatch.setattr(bounded, "LONGEST_READING", 0.3)
    with dripping() as (url, well):
        hung = running(kind=SourceKind.MASTODON, url=url)
        other = running("obrolan", kind=SourceKind.PUBLIC_ROOMS)
        assert read_watch(str(hung)) == 0  # left alone, it would take a quarter of an hour
        progress = WatchProgress.objects.get(watch=hung)
        assert (progress.state, progress.why) == (SourceState.STALLED, "it was ended after 0.3 seconds")
        assert progress.retry_at is not None
        read_watch(str(other))
        rooms.say("!a:localhost", ACCOUNT, LOUD)
        assert read_watch(str(other)) == 1
        for thread in bounded._abandoned[hung]:
            thread.join(5)
            assert not thread.is_alive()
        well.set()
        read_watch(str(hung))
        progress.refresh_from_db()
        assert (progress.state, progress.failures) == (SourceState.READING, 0)
        assert hung not in bounded._abandoned


class _Endless:
    """A source that says that there is more, and gives nothing or too much."""

    name = "endless/1"

    def __init__(self, gives: int = 0) -> None:
        self.gives, self.reads = gives, 0

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        self.reads += 1
        return ObservedBatch(tuple(seen(f"teks {n}", f"${n}") for n in range(self.gives)), cursor or "c1", more=True)


def test_a_source_that_says_more_without_going_on_is_read_once_a_turn(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise it would be asked twenty times in a row, every two seconds."""
    source, number = _Endless(), running(cursor="c1")
    monkeypatch.setattr(read, "open_source", lambda *_: source)
    read_watch(str(number))
    assert (source.reads, WatchProgress.objects.get().state) == (1, SourceState.READING)


def test_more_than_was_asked_for_is_a_fault_and_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What exceeds the budget of the day would be counted and never read; so the cursor stays."""
    number, source = running(cursor="c1", budget=5), _Endless(6)
    module = ModuleType("jaga.sources.public_rooms")
    module.from_settings = lambda *_: source  # type: ignore[attr-defined]
    monkeypatch.setattr(registry, "import_module", lambda _: module)
    assert read_watch(str(number)) == 0
    progress = WatchProgress.objects.get()
    assert (progress.state, progress.cursor) == (SourceState.FAULTY, "c1")
    assert progress.why == "6 observations, and at most 5 were asked for"
    assert not WatchDay.objects.exists()


def test_the_same_thousands_of_rows_three_times_have_one_effect(
    world: World,
    rooms: FakePlatform,
    tmp_path: Path,
) -> None:
    """The repeats cost no more time than the first reading, and leave nothing behind but their count."""
    once = [
        {
            "native_id": f"p{number}",
            "account_id": f"@orang{number % 50}:localhost",
            "at": "2026-11-30T01:02:03Z",
            "text": LOUD if number % 1000 == 500 else f"Sepeda nomor {number} masih ada?",
        }
        for number in range(3000)
    ]
    (tmp_path / "watch").mkdir()
    file = tmp_path / "watch" / "sama.jsonl"
    number, took = running(kind=SourceKind.FILE, url=file.name, budget=10_000), []
    for _ in range(3):
        with file.open("a") as more:
            more.write("".join(json.dumps(one) + "\n" for one in once))
        began = time.monotonic()
        WatchProgress.objects.update(retry_at=None)
        took.append((read_watch(str(number)), time.monotonic() - began))
    assert [read for read, _ in took] == [3000, 0, 0]
    assert max(seconds for _, seconds in took[1:]) < took[0][1] + 1
    day = WatchDay.objects.get()
    assert (day.observed, day.repeated, day.filed, WatchFinding.objects.count()) == (3000, 6000, 3, 3)
    assert WatchProgress.objects.get().state == SourceState.REPEATING
