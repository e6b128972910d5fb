"""Reading running watches: relevant messages are filed, none is skipped, and one bad source holds up no other."""

from pathlib import Path

import pytest
from tests.factories import ACCOUNT, PLATFORM, World
from tests.platforms.fake import FakePlatform, FakeRoom
from tests.watching import LOUD, pair, running

from jaga.casework.watch.watches import stop_watch
from jaga.core.terms.reports import Channel
from jaga.core.terms.watch import SourceKind, SourceState
from jaga.jobs.watch.read import read_watches
from jaga.records.models import Case, Report, WatchProgress


@pytest.fixture
def rooms(fake: FakePlatform) -> FakePlatform:
    fake.rooms = {"!a:localhost": FakeRoom("Pasar", True), "!b:localhost": FakeRoom("Tutup", False)}
    return fake


def test_an_advertisement_becomes_a_case_and_private_rooms_stay_unread(world: World, rooms: FakePlatform) -> None:
    """The first reading starts at the present; the next files what was said in public, once; a stopped watch nothing.
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


def test_what_was_said_while_the_platform_was_away_is_read_later(world: World, rooms: FakePlatform) -> None:
    """The cursor does not move, the failure is in sight, and a watch beside it goes on."""
    running()
    read_watches()
    rooms.say("!a:localhost", ACCOUNT, LOUD)
    rooms.down = True
    refused = running(kind=SourceKind.MASTODON, url="https://social.example", token_file="social",
                      token_owner="Operator Contoh")
    assert read_watches() == 0
    assert dict(WatchProgress.objects.values_list("state", "why")) == {
        SourceState.UNREACHABLE: "the fake is down", SourceState.REFUSED: "no file social in watch-tokens"}
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
    running(kind=SourceKind.MASTODON, url="https://social.example", token_file="social",
            token_owner="Operator Contoh")
    read_watches()
    assert WatchProgress.objects.get().why == "others can read social: chmod 600"
