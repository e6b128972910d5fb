"""Public rooms as a source: what becomes an observation, and which errors a watch sees."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.factories import PNG
from tests.platforms.fake import FakePlatform, FakeRoom
from tests.platforms.synapse_stage import CLIENT, SynapseStage
from tests.sources.contract import SourceContract, begin, ids, read_on

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations import (
    PictureUnavailable,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceUnreachable,
)
from jaga.core.platforms import PublicFeed, PublicMessage
from jaga.core.terms.reports import SourceKind
from jaga.sources.public_rooms import PublicRoomsSource, observed_by_message
from jaga.sources.registry import SourceMissing, Surroundings, open_source, read_picture
from jaga_practice.synapse import SynapseServer


@pytest.fixture(scope="module")
def server(synapse: SynapseServer) -> Iterator[SynapseStage]:
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


class RoomsStage:
    """Public rooms of a real Synapse. Not seen here: `spoil`, since this server checks what it takes."""

    from_beginning, edits, deletions, opts_out, spoils = False, True, True, False, False

    def __init__(self, server: SynapseStage) -> None:
        self.server, self.person = server, server.person()
        self.rooms = [server.public_room(name) for name in ("Pasar", "Taman")]
        self.behind, self.said = 0, 0
        server.adapter.read_public(None)  # the watcher joins the rooms

    def source(self) -> Source:
        return PublicRoomsSource(self, frozenset(self.rooms))  # type: ignore[arg-type]

    def read_public(self, cursor: str | None) -> PublicFeed:
        """As from a server that was restored from a backup: the cursor is `behind` events ahead of it."""
        if cursor and self.behind:
            cursor = re.sub(r"^s(\d+)", lambda found: f"s{int(found[1]) + self.behind}", cursor)
        return self.server.adapter.read_public(cursor)

    def say(self, text: str) -> str:
        self.said += 1
        return self.server.say(self.person, self.rooms[self.said % 2], text)

    def say_privately(self, text: str) -> None:
        room = self.server.private_room("Keluarga", [self.person])
        self.server.invite_watcher(room)
        self.server.say(self.person, room, text)
        self.server.join(self.person, self.rooms[0])
        self._send(self.rooms[0], "m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": text})

    def edit(self, native_id: str, text: str) -> None:
        body = {"msgtype": "m.text", "body": text}
        self._send(
            self._room_of(native_id),
            "m.room.message",
            {**body, "m.new_content": body, "m.relates_to": {"rel_type": "m.replace", "event_id": native_id}},
        )

    def delete(self, native_id: str) -> None:
        path = f"{CLIENT}/rooms/{self._room_of(native_id)}/redact/{native_id}/h{native_id[1:9]}"
        assert self.server.call("PUT", path, self.person.session, {}).status_code == 200

    def go_back(self) -> None:
        self.behind = 1000

    def _room_of(self, native_id: str) -> str:
        return next(
            room
            for room in self.rooms
            if self.server.call("GET", f"{CLIENT}/rooms/{room}/event/{native_id}", self.person.session).status_code
            == 200
        )

    def _send(self, room: str, kind: str, content: dict[str, object]) -> None:
        path = f"{CLIENT}/rooms/{room}/send/{kind}/t{next(_NUMBERS)}"
        assert self.server.call("PUT", path, self.person.session, content).status_code == 200


_NUMBERS = itertools.count()


@pytest.fixture
def stage(server: SynapseStage) -> RoomsStage:
    return RoomsStage(server)


class TestPublicRooms(SourceContract):
    """The contract on a real Synapse."""


def test_what_is_said_between_two_parts_of_an_answer_is_read_once(stage: RoomsStage) -> None:
    """In a room that comes earlier in the answer too: what was taken is known by its messages, not by their number."""
    cursor = begin(stage)
    said = [stage.say(f"pesan {number}") for number in range(4)]
    first = stage.source().read(cursor, limit=3)
    assert (ids([first]), first.more) == (said[:3], True)
    more = [stage.say(f"lagi {number}") for number in range(2)]
    batches, _ = read_on(stage, first.cursor, limit=1)
    assert ids(batches) == [said[3], *more]


def test_a_picture_is_named_and_read_only_from_its_own_server(stage: RoomsStage) -> None:
    """By the address of the message; a file of another server, or one that is gone, is none."""
    cursor = begin(stage)
    address = stage.server.upload(stage.person, PNG)
    stage.server.join(stage.person, stage.rooms[0])
    stage.server.show(stage.person, stage.rooms[0], address)
    (batch, *_), _ = read_on(stage, cursor, until=1)
    (one,) = batch.observations
    assert [media.address for media in one.media] == [address]
    settings = SourceSettings(SourceKind.PUBLIC_ROOMS, "practice")
    around = Surroundings(lambda name: stage.server.adapter, Path())
    assert read_picture(settings, around, address) == PNG
    for other in (f"{address}x", "mxc://lain.example/abc", "mxc://../../x"):
        with pytest.raises(PictureUnavailable):
            read_picture(settings, around, other)


AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def message(
    text: str, sender: str = "@rina:localhost", message_id: str = "$1", room: str = "!a:localhost"
) -> PublicMessage:
    return PublicMessage(room, "Taman", message_id, sender, text, AT)


def test_a_public_message_becomes_an_observation_with_its_place_and_time() -> None:
    """Unchanged, with a name as in a report: without its server."""
    (one,) = observed_by_message(PublicFeed((message("halo"),), "c")).values()
    assert (one.surface, one.native_id, one.account_id, one.handle, one.text, one.at) == (
        "Taman",
        "$1",
        "@rina:localhost",
        "rina",
        "halo",
        AT,
    )
    (other,) = observed_by_message(PublicFeed((message("halo", "rina@localhost"),), "c")).values()
    assert other.handle == "rina"


def test_empty_and_system_messages_and_other_rooms_are_left_out() -> None:
    """Nothing without text is screened, nothing out of scope is read, and nobody's message comes this far."""
    feed = PublicFeed((message("a"), message(" \n", message_id="$3"), message("b", message_id="$4", room="!b:x")), "c")
    assert [one.text for one in observed_by_message(feed, frozenset({"!a:localhost"})).values()] == ["a"]
    with pytest.raises(ForeignValueInvalid, match="account_id: empty"):
        message("c", "", "$4")


def test_a_message_that_comes_twice_is_observed_once() -> None:
    """Matrix's ids are unique everywhere; elsewhere two rooms may use the same one."""
    twice = observed_by_message(PublicFeed((message("a"), message("a")), "c"))
    two = PublicFeed((message("a", message_id="1"), message("a", message_id="1", room="!b:x")), "c")
    rooms = observed_by_message(two)
    assert (len(twice), len({one.native_id for one in rooms.values()})) == (1, 2)


def test_an_edit_has_the_id_of_what_it_replaces() -> None:
    """So that it reaches what was kept of the first text."""
    edit = PublicMessage("!a:localhost", "Taman", "$2", "@rina:localhost", "baru", AT, ("$1",))
    found = observed_by_message(PublicFeed((message("lama"), edit), "c"))
    assert [(one.native_id, one.text, one.kind) for one in found.values()] == [
        ("$1", "lama", "new"),
        ("$1", "baru", "edit"),
    ]


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
