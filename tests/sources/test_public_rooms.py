"""Public rooms as a source: what becomes an observation, and which errors a watch sees."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.platforms.fake import FakePlatform, FakeRoom

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations.settings import SourceSettings
from jaga.core.observations.source import SourceFault, SourceRefused, SourceUnreachable
from jaga.core.platforms import PublicFeed, PublicMessage
from jaga.core.terms.watch import SourceKind
from jaga.sources.public_rooms import observed
from jaga.sources.registry import SourceMissing, Surroundings, open_source

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def message(text: str, sender: str = "@rina:localhost", message_id: str = "$1",
            room: str = "!a:localhost") -> PublicMessage:
    return PublicMessage(room, "Taman", message_id, sender, text, AT)


def test_a_public_message_becomes_an_observation_with_its_place_and_time() -> None:
    """Unchanged, with a name as in a report: without its server."""
    (one,) = observed(PublicFeed((message("halo"),), "c")).observations
    assert (one.surface, one.native_id, one.account_id, one.handle, one.text, one.at) == (
        "Taman", "$1", "@rina:localhost", "rina", "halo", AT)
    (other,) = observed(PublicFeed((message("halo", "rina@localhost"),), "c")).observations
    assert other.handle == "rina"


def test_empty_and_system_messages_and_other_rooms_are_left_out() -> None:
    """Nothing without text is screened, nothing out of scope is read, and nobody's message comes this far."""
    feed = PublicFeed((message("a"), message(" \n", message_id="$3"), message("b", message_id="$4", room="!b:x")), "c")
    assert [one.text for one in observed(feed, frozenset({"!a:localhost"})).observations] == ["a"]
    with pytest.raises(ForeignValueInvalid, match="account_id: empty"):
        message("c", "", "$4")


def test_a_message_that_comes_twice_is_observed_once() -> None:
    """Matrix's ids are unique everywhere; elsewhere two rooms may use the same one."""
    twice = observed(PublicFeed((message("a"), message("a")), "c")).observations
    rooms = observed(PublicFeed((message("a", message_id="1"), message("a", message_id="1", room="!b:x")), "c"))
    assert (len(twice), len({one.native_id for one in rooms.observations})) == (1, 2)


def test_an_edit_has_the_id_of_what_it_replaces_and_a_deletion_is_passed_on() -> None:
    """So that both reach what was kept of the first text."""
    edit = PublicMessage("!a:localhost", "Taman", "$2", "@rina:localhost", "baru", AT, ("$1",))
    batch = observed(PublicFeed((message("lama"), edit), "c", deleted=("$9",)))
    assert [(one.native_id, one.text, one.kind) for one in batch.observations] == [
        ("$1", "lama", "new"), ("$1", "baru", "edit")]
    assert [one.native_id for one in batch.deletions] == ["$9"]


def test_the_errors_of_a_platform_are_errors_of_the_source() -> None:
    """A platform that is away is unreachable, one that answers nonsense is faulty, and an unknown kind is refused."""
    fake = FakePlatform()
    fake.rooms = {"!a:localhost": FakeRoom("Pasar", True)}
    settings = SourceSettings(SourceKind.PUBLIC_ROOMS, "practice")
    source = open_source(settings, Surroundings(lambda _: fake, Path()))
    first = source.read(None, limit=10)
    fake.say("!a:localhost", "@rina:localhost", "halo")
    assert [one.text for one in source.read(first.cursor, limit=10).observations] == ["halo"]
    fake.down = True
    with pytest.raises(SourceUnreachable) as away:
        source.read(first.cursor, limit=10)
    assert not isinstance(away.value, SourceFault | SourceRefused)
    fake.down = False
    fake.read_public = lambda _: PublicFeed((message("a"),), 7)  # type: ignore[method-assign,arg-type]
    with pytest.raises(SourceFault) as misread:
        source.read(None, limit=10)
    assert "cursor" in misread.value.why
    assert issubclass(SourceMissing, SourceRefused)
