"""Three real servers with public places, and the invented people who write there: Synapse, snac and a PDS.

Each place also has corners that a watch must never read (`hidden`): what is written there stays unread, whatever it is.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from bench.installation import Installation

if TYPE_CHECKING:
    from tests.platforms.atproto_stage import PdsStage
    from tests.platforms.stage import Person
    from tests.platforms.synapse_stage import SynapseStage
    from tests.sources.snac import Snac

    from jaga.core.terms.reports import SourceKind
    from jaga.platforms.kit.configuration import PlatformConfiguration

ROOMS = ("Pasar", "Kota", "Loker", "Curhat")
TAGS = ("pasar", "kota", "curhat")
AT = "2026-11-30T01:02:03.000Z"  # what the apps claim; the servers' own moments count
_PRIVATE, _OUTSIDE, _CLOSED = "a private room", "a room out of scope", "a room that became private"
_FOLLOWERS, _OTHER_TAG, _NOBOT = "for followers only", "without a tag of the scope", "an account with #nobot"
_SIGNED_IN, _PROFILE = "an account for signed-in people only", "a profile, out of scope"


class Place(Protocol):
    """A running server. `who` is the number of an invented account, from 0."""

    name: str
    kind: "SourceKind"
    url: str
    scope: tuple[str, ...]
    hidden: tuple[str, ...]
    """What must never be read there, by name."""
    opts_out: bool
    """Whether an account can ask in its profile not to be read."""

    def configuration(self) -> "PlatformConfiguration":
        """Its block in `platforms.toml`."""

    def shown(self, who: int, text: str) -> str:
        """The text as this account publishes it there."""

    def say(self, who: int, text: str, hidden: str = "") -> str:
        """Publish a text in the scope of the watch, or in one of the `hidden` corners; its id at the server."""

    def edit(self, who: int, native_id: str, text: str) -> None: ...

    def delete(self, who: int, native_id: str) -> None: ...

    def opt_out(self, who: int) -> None:
        """The account asks in its profile not to be read."""


class Matrix:
    """Synapse: each account is in one of four public rooms, and the operator's own watcher in all public ones."""

    name, url, opts_out = "synapse", "", False
    hidden = (_PRIVATE, _OUTSIDE, _CLOSED)

    def __init__(self, stage: "SynapseStage", people: int) -> None:
        from jaga.core.terms.reports import SourceKind

        self.kind = SourceKind.PUBLIC_ROOMS
        self._stage, self._people = stage, [stage.person() for _ in range(people)]
        self._rooms = [stage.public_room(name) for name in ROOMS]
        for who, person in enumerate(self._people):
            stage.join(person, self._rooms[who % len(ROOMS)])
        closed, private = stage.public_room("Arisan"), stage.private_room("Keluarga")
        stage.invite_watcher(private)
        self._corners = {_PRIVATE: private, _OUTSIDE: stage.public_room("Catur"), _CLOSED: closed}
        self._closes = True
        self._sent: dict[str, str] = {}
        self.scope = (*self._rooms, closed)  # so that nothing but its rule keeps the last one from being read

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.kit.configuration import PlatformConfiguration

        stage = self._stage
        return PlatformConfiguration(
            self.name,
            "synapse",
            stage.base_url,
            stage.server_name,
            credentials={"admin_token": stage.admin_token, "watcher_token": stage.watcher.session},
            options={"notices_account": "@pemberitahuan:localhost"},
        )

    def shown(self, who: int, text: str) -> str:
        return text

    def say(self, who: int, text: str, hidden: str = "") -> str:
        content: dict[str, object] = {"msgtype": "m.text", "body": text}
        if not hidden:
            return self._send(self._people[who], self._rooms[who % len(ROOMS)], content)
        if hidden == _CLOSED and self._closes:
            self._stage.set_rule(self._corners[_CLOSED], "invite")
            self._closes = False
        return self._send(self._stage.owner, self._corners[hidden], content)

    def edit(self, who: int, native_id: str, text: str) -> None:
        self._send(
            self._people[who],
            self._sent[native_id],
            {
                "msgtype": "m.text",
                "body": f"* {text}",
                "m.new_content": {"msgtype": "m.text", "body": text},
                "m.relates_to": {"rel_type": "m.replace", "event_id": native_id},
            },
        )

    def delete(self, who: int, native_id: str) -> None:
        path = f"/_matrix/client/v3/rooms/{quote(self._sent[native_id])}/redact/{quote(native_id)}/"
        answer = self._stage.call("PUT", f"{path}{secrets.token_hex(6)}", self._people[who].session, {})
        answer.raise_for_status()

    def opt_out(self, who: int) -> None:
        raise AssertionError("there is no such mark")

    def _send(self, person: "Person", room: str, content: dict[str, object]) -> str:
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(6)}"
        answer = self._stage.call("PUT", path, person.session, content).raise_for_status()
        native_id = str(answer.json()["event_id"])
        self._sent[native_id] = room
        return native_id


class Fediverse:
    """snac: the watch reads three tags, and each post bears one of them."""

    name, scope, opts_out = "snac", TAGS, True
    hidden = (_FOLLOWERS, _OTHER_TAG, _NOBOT)

    def __init__(self, snac: "Snac", people: list[str]) -> None:
        from jaga.core.terms.reports import SourceKind

        self.kind, self.url = SourceKind.MASTODON, snac.url
        self._snac, self._people = snac, people
        snac.describe("sunyi", "jangan baca saya ya #nobot")

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.kit.configuration import PlatformConfiguration

        return PlatformConfiguration(
            self.name, "portal", "https://snac.example", "snac.example", options={"actions": "close, restore"}
        )

    def shown(self, who: int, text: str) -> str:
        return text if any(f"#{tag}" in text for tag in TAGS) else f"{text} #{TAGS[who % len(TAGS)]}"

    def say(self, who: int, text: str, hidden: str = "") -> str:
        name, tagged = self._people[who], self.shown(who, text)
        if hidden == _NOBOT:
            return self._snac.post(tagged, name="sunyi")
        if hidden == _OTHER_TAG:
            return self._snac.post(f"{text} #catur", name=name)
        return self._snac.post(tagged, name=name, visibility="private" if hidden else "public")

    def edit(self, who: int, native_id: str, text: str) -> None:
        self._snac.edit(native_id, self.shown(who, text), name=self._people[who])

    def delete(self, who: int, native_id: str) -> None:
        self._snac.delete(native_id, name=self._people[who])

    def opt_out(self, who: int) -> None:
        self._snac.describe(self._people[who], "Pindah ke tempat lain. #noindex")


class Repositories:
    """A PDS: the watch reads the posts of all its accounts, and no profiles."""

    name, opts_out = "atproto_pds", True
    scope: tuple[str, ...] = ("app.bsky.feed.post",)
    hidden = (_SIGNED_IN, _PROFILE)

    def __init__(self, stage: "PdsStage", people: int) -> None:
        from jaga.core.terms.reports import SourceKind

        self.kind, self.url = SourceKind.ATPROTO, stage.servers.pds_url
        self._stage, self._people = stage, [stage.person() for _ in range(people)]
        self._quiet = stage.person()
        self._ask_for_signed_in(self._quiet)

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.kit.configuration import PlatformConfiguration

        return PlatformConfiguration(
            self.name,
            "atproto_pds",
            self.url,
            "pds.test",
            credentials={"admin_password": self._stage.servers.admin_password},
        )

    def shown(self, who: int, text: str) -> str:
        return text

    def say(self, who: int, text: str, hidden: str = "") -> str:
        if hidden != _PROFILE:
            person = self._quiet if hidden else self._people[who]
            return self._stage.say(person, self.scope[0], text)
        answer = self._stage.put(self._people[who], "app.bsky.actor.profile", "self", {"description": text})
        return str(answer.raise_for_status().json()["uri"])

    def edit(self, who: int, native_id: str, text: str) -> None:
        key = native_id.rpartition("/")[2]
        self._stage.put(self._people[who], self.scope[0], key, {"text": text, "createdAt": AT}).raise_for_status()

    def delete(self, who: int, native_id: str) -> None:
        person = self._people[who]
        body = {"repo": person.account.account_id, "collection": self.scope[0], "rkey": native_id.rpartition("/")[2]}
        self._stage.post("com.atproto.repo.deleteRecord", body, self._stage.access(person)).raise_for_status()

    def opt_out(self, who: int) -> None:
        self._ask_for_signed_in(self._people[who])

    def _ask_for_signed_in(self, person: "Person") -> None:
        from jaga.sources.atproto.records import ONLY_SIGNED_IN, PROFILES

        label = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": ONLY_SIGNED_IN}]}
        self._stage.put(person, PROFILES, "self", {"labels": label}).raise_for_status()


@contextmanager
def matrix(place: Installation, people: int) -> Iterator[Place]:
    """A Synapse with so many accounts, for the block."""
    from tests.platforms.synapse_stage import SynapseStage

    server = place.start_synapse()
    stage = SynapseStage(server.base_url, server.admin_token, server.registration_shared_secret)
    try:
        yield Matrix(stage, people)
    finally:
        stage.close()
        server.stop()


@contextmanager
def fediverse(place: Installation, people: int) -> Iterator[Place]:
    """A snac with so many accounts, for the block. Raises SystemExit if it is not installed."""
    from tests.sources.snac import installed, running_snac

    if not installed():
        raise SystemExit("Debian's snac2 is missing: python3 tools/bootstrap.py test --system")
    names = [f"warga{number}" for number in range(people)]
    with running_snac(_folder(place, "snac"), [*names, "sunyi"]) as snac:
        yield Fediverse(snac, names)


@contextmanager
def repositories(place: Installation, people: int) -> Iterator[Place]:
    """A PDS with so many accounts, for the block. Raises SystemExit if it is not installed."""
    from tests.platforms.atproto_servers import installed, running_atproto
    from tests.platforms.atproto_stage import PdsStage

    if not installed():
        raise SystemExit("the AT Protocol's servers are missing: python3 tools/bootstrap.py test --atproto")
    with running_atproto(_folder(place, "atproto"), place.database_url) as servers:
        stage = PdsStage(servers)
        try:
            yield Repositories(stage, people)
        finally:
            stage.close()


def _folder(place: Installation, name: str) -> Path:
    folder = place.home / name
    folder.mkdir()
    return folder
