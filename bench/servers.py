"""Real chat servers for the closure benchmark: their accounts, and the server's own call for a closure."""

import json
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import httpx

from bench.installation import Installation

if TYPE_CHECKING:
    from tests.platforms.atproto_servers import AtprotoServers
    from tests.platforms.prosody_stage import ProsodyStage

    from jaga.platforms.kit.configuration import PlatformConfiguration
    from jaga_practice.synapse import SynapseServer

LETTER = "Pernyataan alasan. " * 120  # about as long as a statement of reasons in both languages
MESSAGES = 3  # that each account has written in public, so that there is something to preserve


def invented_word() -> str:
    """Random letters: similar names and texts would link the benchmark's accounts to each other."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))


@dataclass(frozen=True)
class Holder:
    """An invented account, and what its holder knows."""

    account_id: str
    password: str


class Server(Protocol):
    """A running server. `order` names its bare call; `process` is a word of its command line."""

    name: str
    order: str
    process: str
    groups: tuple[str, ...]  # kinds of holders whose closures differ in what the server has to do
    slowness: int  # so many times fewer accounts, so that the run stays bounded

    def configuration(self) -> "PlatformConfiguration":
        """Its block in `platforms.toml`."""

    def holder(self, group: str) -> Holder:
        """A new account of this group that has published something."""

    def bare(self) -> Callable[[str], object]:
        """The server's own call that closes an account, on its own connection, and nothing else."""

    def least(self) -> Callable[[str], object]:
        """All calls that a closure needs on this server: observe, preserve, restrict and deliver where possible, close
        and observe again. Each is made once, one after the other, without Jaga.
        """

    def signs_in(self, holder: Holder) -> bool:
        """Whether a new sign-in succeeds."""


class Synapse:
    """A Synapse server. Each holder is in one public room and wrote there."""

    name, order, process = "synapse", "bare deactivate", "synapse.app.homeserver"
    # Synapse makes a room for notices with the first notice to somebody, which takes it longer than all else.
    groups: tuple[str, ...] = ("new holder", "holder with a notices room")
    slowness = 1

    def __init__(self, server: "SynapseServer") -> None:
        self._server = server
        self._client = _client(server.base_url)
        owner = server.register("pemilik", secrets.token_hex(16))
        made = self._client.post(
            "/_matrix/client/v3/createRoom",
            headers=_bearer(owner),
            json={"preset": "public_chat", "visibility": "public"},
        )
        self._room = quote(made.raise_for_status().json()["room_id"], safe="")

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.kit.configuration import PlatformConfiguration

        return PlatformConfiguration(
            self.name,
            "synapse",
            self._server.base_url,
            self._server.server_name,
            credentials={"admin_token": self._server.admin_token},
            options={"notices_account": self._server.user_id("pemberitahuan")},
        )

    def holder(self, group: str) -> Holder:
        name, password = invented_word(), secrets.token_hex(16)
        bearer = _bearer(self._server.register(name, password))
        rooms = "/_matrix/client/v3/rooms"
        self._client.post(f"{rooms}/{self._room}/join", json={}, headers=bearer).raise_for_status()
        for number in range(MESSAGES):
            self._client.put(
                f"{rooms}/{self._room}/send/m.room.message/{number}",
                headers=bearer,
                json={"msgtype": "m.text", "body": f"open BO, nego ({number})"},
            ).raise_for_status()
        holder = Holder(self._server.user_id(name), password)
        if group == self.groups[1]:
            self._client.post(
                "/_synapse/admin/v1/send_server_notice",
                headers=_bearer(self._server.admin_token),
                json={
                    "user_id": holder.account_id,
                    "content": {"msgtype": "m.text", "body": "Selamat datang."},
                },
            ).raise_for_status()
        return holder

    def bare(self) -> Callable[[str], object]:
        client = _client(self._server.base_url, _bearer(self._server.admin_token))

        def deactivate(account_id: str) -> None:
            client.post(f"/_synapse/admin/v1/deactivate/{account_id}", json={"erase": False}).raise_for_status()

        return deactivate

    def least(self) -> Callable[[str], object]:
        client, deactivate = _client(self._server.base_url, _bearer(self._server.admin_token)), self.bare()
        admin, profile = "/_synapse/admin", "/_matrix/client/v3/profile"
        rules: dict[str, object] = {"types": ["m.room.join_rules", "m.room.history_visibility"]}

        def ask(path: str, wanted: dict[str, object] | None = None) -> Any:
            params = {"dir": "b", "limit": "100", "filter": json.dumps(wanted)} if wanted else None
            return client.get(path, params=params).raise_for_status().json()

        def joined(account_id: str) -> set[str]:
            rooms = ask(f"{admin}/v1/users/{account_id}/memberships")["memberships"]
            return {quote(room, safe="") for room, membership in rooms.items() if membership == "join"}

        def close(account_id: str) -> None:
            filters: dict[str, object] = {"types": ["m.room.message"], "senders": [account_id]}
            ask(f"{admin}/v2/users/{account_id}")
            joined(account_id)
            ask(f"{admin}/v1/rooms/{self._room}")
            ask(f"{admin}/v1/rooms/{self._room}/messages", rules)
            ask(f"{admin}/v1/rooms/{self._room}/messages", filters)
            client.put(f"{admin}/v1/suspend/{account_id}", json={"suspend": True}).raise_for_status()
            client.post(
                f"{admin}/v1/send_server_notice",
                json={"user_id": account_id, "content": {"msgtype": "m.text", "body": LETTER}},
            ).raise_for_status()
            (notices,) = joined(account_id) - {self._room}
            ask(f"{admin}/v1/rooms/{notices}/messages", {"types": ["m.room.message"]})
            deactivate(account_id)
            for path in (
                f"{admin}/v2/users/{account_id}",
                f"{admin}/v2/users/{account_id}/devices",
                f"{profile}/{account_id}",
            ):
                ask(path)

        return close

    def signs_in(self, holder: Holder) -> bool:
        return (
            self._client.post(
                "/_matrix/client/v3/login",
                json={
                    "type": "m.login.password",
                    "password": holder.password,
                    "identifier": {"type": "m.id.user", "user": holder.account_id},
                },
            ).status_code
            == 200
        )


class Prosody:
    """A Prosody server without public content. Every call is a process: `prosodyctl shell`."""

    name, order, process = "prosody", "bare prosodyctl shell user disable", "prosody --"
    groups: tuple[str, ...] = ("holder",)
    slowness = 2

    def __init__(self, stage: "ProsodyStage") -> None:
        self._stage = stage

    def configuration(self) -> "PlatformConfiguration":
        from tests.platforms.prosody_stage import NOTICES, NOTICES_PASSWORD

        from jaga.platforms.kit.configuration import PlatformConfiguration

        program, *flags = self._stage.command
        return PlatformConfiguration(
            self.name,
            "prosody",
            f"xmpp://127.0.0.1:{self._stage.port}",
            "localhost",
            credentials={"notices_password": NOTICES_PASSWORD},
            options={
                "prosodyctl": program,
                "root": "yes" if "--root" in flags else "no",
                "config": flags[-1],
                "notices_account": f"{NOTICES}@localhost",
            },
        )

    def holder(self, group: str) -> Holder:
        holder = Holder(f"{invented_word()}@localhost", secrets.token_hex(16))
        self._shell("create", holder.account_id, holder.password)
        return holder

    def bare(self) -> Callable[[str], object]:
        return lambda account_id: self._shell("disable", account_id)

    def least(self) -> Callable[[str], object]:
        """All calls except the letter, which needs its own session."""

        def close(account_id: str) -> None:
            self._shell("role", account_id)
            self._shell("disable", account_id)
            self._shell("role", account_id)

        return close

    def signs_in(self, holder: Holder) -> bool:
        from tests.platforms.stage import Person

        from jaga.core.platforms import Account

        person = Person(Account(self.name, holder.account_id), holder.password, holder.account_id)
        return self._stage.can_sign_in(person, holder.password)

    def _shell(self, *words: str) -> None:
        subprocess.run([*self._stage.command, "shell", "user", *words], capture_output=True, check=True, timeout=60)


class Pds:
    """A PDS. Each holder has a profile and posts."""

    name, order, process = "atproto_pds", "bare updateSubjectStatus", "serve.cjs"
    groups: tuple[str, ...] = ("holder",)
    slowness = 1

    def __init__(self, servers: "AtprotoServers") -> None:
        self._servers = servers
        self._client = _client(servers.pds_url)

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.kit.configuration import PlatformConfiguration

        return PlatformConfiguration(
            self.name,
            "atproto_pds",
            self._servers.pds_url,
            "pds.test",
            credentials={"admin_password": self._servers.admin_password},
        )

    def holder(self, group: str) -> Holder:
        from tests.platforms.atproto_servers import sign_up

        password = secrets.token_hex(16)
        made = sign_up(self._servers.pds_url, invented_word(), password)
        post = {"$type": "app.bsky.feed.post", "text": "open BO, nego", "createdAt": "2026-01-01T00:00:00.000Z"}
        writes = [
            {"$type": "com.atproto.repo.applyWrites#create", "collection": collection, "value": value, **key}
            for collection, value, key in (
                ("app.bsky.actor.profile", {"$type": "app.bsky.actor.profile"}, {"rkey": "self"}),
                *[("app.bsky.feed.post", post, {})] * MESSAGES,
            )
        ]
        self._client.post(
            "/xrpc/com.atproto.repo.applyWrites",
            headers=_bearer(made["accessJwt"]),
            json={"repo": made["did"], "writes": writes},
        ).raise_for_status()
        return Holder(made["did"], password)

    def bare(self) -> Callable[[str], object]:
        client = _client(self._servers.pds_url, auth=("admin", self._servers.admin_password))

        def take_down(did: str) -> None:
            subject = {"$type": "com.atproto.admin.defs#repoRef", "did": did}
            client.post(
                "/xrpc/com.atproto.admin.updateSubjectStatus",
                json={"subject": subject, "takedown": {"applied": True, "ref": "ukuran"}},
            ).raise_for_status()

        return take_down

    def least(self) -> Callable[[str], object]:
        admin = _client(self._servers.pds_url, auth=("admin", self._servers.admin_password))
        public, take_down = _client(self._servers.pds_url), self.bare()

        def status(did: str) -> None:
            admin.get("/xrpc/com.atproto.admin.getSubjectStatus", params={"did": did}).raise_for_status()
            public.get("/xrpc/com.atproto.sync.getRepoStatus", params={"did": did}).raise_for_status()

        def close(did: str) -> None:
            status(did)
            admin.get("/xrpc/com.atproto.admin.getAccountInfo", params={"did": did}).raise_for_status()
            for collection in ("app.bsky.feed.post", "app.bsky.actor.profile"):
                public.get(
                    "/xrpc/com.atproto.repo.listRecords", params={"repo": did, "collection": collection, "limit": "100"}
                ).raise_for_status()
            take_down(did)
            status(did)

        return close

    def signs_in(self, holder: Holder) -> bool:
        return (
            self._client.post(
                "/xrpc/com.atproto.server.createSession",
                json={"identifier": holder.account_id, "password": holder.password},
            ).status_code
            == 200
        )


@contextmanager
def running(name: str, place: Installation) -> Iterator[Server]:
    """The real server of this name for the block; its files are in the installation's folder."""
    folder = place.home / name
    if name == "synapse":
        server = place.start_synapse()
        yield Synapse(server)
        server.stop()
        return
    folder.mkdir()
    if name == "prosody":
        from tests.platforms.prosody_stage import running_prosody

        with running_prosody(folder) as stage:
            yield Prosody(stage)
        return
    from tests.platforms.atproto_servers import installed, running_atproto

    if not installed():
        raise SystemExit("the AT Protocol's servers are missing: python3 tools/bootstrap.py test --atproto")
    with running_atproto(folder, place.database_url) as servers:
        yield Pds(servers)


NAMES = (Synapse.name, Prosody.name, Pds.name)


def _client(base_url: str, headers: dict[str, str] | None = None, auth: tuple[str, str] | None = None) -> httpx.Client:
    return httpx.Client(base_url=base_url, headers=headers, auth=auth, timeout=60, trust_env=False)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
