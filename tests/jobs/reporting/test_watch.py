"""Reading public rooms: relevant messages are filed, and none is skipped."""

import pytest
from tests.factories import ACCOUNT, World
from tests.platforms.fake import FakePlatform, FakeRoom

from jaga.core.terms.reports import Channel
from jaga.jobs.reporting.watch import read_public_rooms
from jaga.records.models import Case, Platform, Report

LOUD = "open BO malam ini, wa 0812-0000-1111"


@pytest.fixture
def rooms(fake: FakePlatform) -> FakePlatform:
    fake.rooms = {"!a:localhost": FakeRoom("Pasar", True), "!b:localhost": FakeRoom("Tutup", False)}
    return fake


def test_an_advertisement_becomes_a_case_and_private_rooms_stay_unread(world: World, rooms: FakePlatform) -> None:
    """The first round starts at the present; the next files what was said in public, once."""
    assert read_public_rooms() == 0
    rooms.say("!a:localhost", ACCOUNT, LOUD)
    rooms.say("!b:localhost", "@lain:localhost", LOUD)
    assert read_public_rooms() == 1
    assert read_public_rooms() == 0
    assert Case.objects.get().channel == Channel.WATCH
    assert Report.objects.get().subject.account_id == ACCOUNT


def test_what_was_said_while_the_platform_was_away_is_read_later(world: World, rooms: FakePlatform) -> None:
    """The cursor does not move."""
    read_public_rooms()
    rooms.say("!a:localhost", ACCOUNT, LOUD)
    rooms.down = True
    assert read_public_rooms() == 0
    rooms.down = False
    assert read_public_rooms() == 1


def test_an_unwatched_platform_is_left_alone(world: World, rooms: FakePlatform) -> None:
    """Its rooms are not read."""
    read_public_rooms()
    Platform.objects.update(watched=False)
    rooms.say("!a:localhost", ACCOUNT, LOUD)
    assert read_public_rooms() == 0
