"""Real chat servers for the benchmark of closures: their people, and their own bare call for a closure."""

import itertools
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

import httpx

from bench.installation import Installation

if TYPE_CHECKING:
    from tests.platforms.atproto_servers import AtprotoServers
    from tests.platforms.prosody_stage import ProsodyStage

    from jaga.app.services.synapse import SynapseServer
    from jaga.platforms.configuration import PlatformConfiguration

MESSAGES = 3  # that each account has written in public, so that there is something to preserve
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Holder:
    """An invented account, and what its holder knows."""

    account_id: str
    password: str


class Server(Protocol):
    """One running server. `order` names its bare call; `process` is a word of its command line."""

    name: str
    order: str
    process: str
    groups: tuple[str, ...]  # kinds of holders whose closures differ in what the server has to do
    slowness: int  # so many times fewer accounts, so that the run stays bounded

    def configuration(self) -> "PlatformConfiguration":
        """Its block in `platforms.toml`."""

    def holder(self, group: str) -> Holder:
        """A new account of that group that has shown something in public."""

    def bare(self) -> Callable[[str], object]:
        """The server's own call that closes an account, on a connection of its own, and nothing around it."""

    def signs_in(self, holder: Holder) -> bool:
        """Whether a new sign-in succeeds."""


class Synapse:
    """Each holder is in one public room and wrote there."""

    name, order, process = "synapse", "bare deactivate", "synapse.app.homeserver"
    # Synapse makes a room for notices with the first notice to somebody, which takes it longer than all else.
    groups = ("new holder", "holder with a notices room")
    slowness = 1

    def __init__(self, server: "SynapseServer") -> None:
        self._server = server
        self._client = _client(server.base_url)
        owner = server.register("pemilik", secrets.token_hex(16))
        made = self._client.post("/_matrix/client/v3/createRoom", headers=_bearer(owner),
                                 json={"preset": "public_chat", "visibility": "public"})
        self._room = quote(made.raise_for_status().json()["room_id"], safe="")

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.registry import PlatformConfiguration

        return PlatformConfiguration(
            self.name, "synapse", self._server.base_url, self._server.server_name,
            credentials={"admin_token": self._server.admin_token},
            options={"notices_account": self._server.user_id("pemberitahuan")})

    def holder(self, group: str) -> Holder:
        name, password = f"akun{next(_numbers)}", secrets.token_hex(16)
        bearer = _bearer(self._server.register(name, password))
        rooms = "/_matrix/client/v3/rooms"
        self._client.post(f"{rooms}/{self._room}/join", json={}, headers=bearer).raise_for_status()
        for number in range(MESSAGES):
            self._client.put(f"{rooms}/{self._room}/send/m.room.message/{number}", headers=bearer,
                             json={"msgtype": "m.text", "body": f"open BO, nego ({number})"}).raise_for_status()
        holder = Holder(self._server.user_id(name), password)
        if group == self.groups[1]:
            self._client.post("/_synapse/admin/v1/send_server_notice", headers=_bearer(self._server.admin_token), json={
                "user_id": holder.account_id, "content": {"msgtype": "m.text", "body": "Selamat datang."},
            }).raise_for_status()
        return holder

    def bare(self) -> Callable[[str], object]:
        client = _client(self._server.base_url, _bearer(self._server.admin_token))

        def deactivate(account_id: str) -> None:
            client.post(f"/_synapse/admin/v1/deactivate/{account_id}", json={"erase": False}).raise_for_status()

        return deactivate

    def signs_in(self, holder: Holder) -> bool:
        return self._client.post("/_matrix/client/v3/login", json={
            "type": "m.login.password", "password": holder.password,
            "identifier": {"type": "m.id.user", "user": holder.account_id}}).status_code == 200


class Prosody:
    """Nothing is public there. Every call is a process of its own: `prosodyctl shell`."""

    name, order, process = "prosody", "bare prosodyctl shell user disable", "prosody --"
    groups = ("holder",)
    slowness = 2

    def __init__(self, stage: "ProsodyStage") -> None:
        self._stage = stage

    def configuration(self) -> "PlatformConfiguration":
        from tests.platforms.prosody_stage import NOTICES, NOTICES_PASSWORD

        from jaga.platforms.registry import PlatformConfiguration

        program, *flags = self._stage.command
        return PlatformConfiguration(
            self.name, "prosody", f"xmpp://127.0.0.1:{self._stage.port}", "localhost",
            credentials={"notices_password": NOTICES_PASSWORD},
            options={"prosodyctl": program, "root": "yes" if "--root" in flags else "no", "config": flags[-1],
                     "notices_account": f"{NOTICES}@localhost"})

    def holder(self, group: str) -> Holder:
        holder = Holder(f"akun{next(_numbers)}@localhost", secrets.token_hex(16))
        self._shell("create", holder.account_id, holder.password)
        return holder

    def bare(self) -> Callable[[str], object]:
        return lambda account_id: self._shell("disable", account_id)

    def signs_in(self, holder: Holder) -> bool:
        from tests.platforms.stage import Person

        from jaga.core.platforms import Account

        person = Person(Account(self.name, holder.account_id), holder.password, holder.account_id)
        return self._stage.can_sign_in(person, holder.password)

    def _shell(self, *words: str) -> None:
        subprocess.run([*self._stage.command, "shell", "user", *words], capture_output=True, check=True, timeout=60)


class Pds:
    """Each holder has a profile and posts."""

    name, order, process = "atproto_pds", "bare updateSubjectStatus", "serve.cjs"
    groups = ("holder",)
    slowness = 1

    def __init__(self, servers: "AtprotoServers") -> None:
        self._servers = servers
        self._client = _client(servers.pds_url)

    def configuration(self) -> "PlatformConfiguration":
        from jaga.platforms.registry import PlatformConfiguration

        return PlatformConfiguration(self.name, "atproto_pds", self._servers.pds_url, "pds.test",
                                     credentials={"admin_password": self._servers.admin_password})

    def holder(self, group: str) -> Holder:
        from tests.platforms.atproto_servers import sign_up

        password = secrets.token_hex(16)
        made = sign_up(self._servers.pds_url, f"akun{next(_numbers)}", password)
        post = {"$type": "app.bsky.feed.post", "text": "open BO, nego", "createdAt": "2026-01-01T00:00:00.000Z"}
        writes = [{"$type": "com.atproto.repo.applyWrites#create", "collection": collection, "value": value, **key}
                  for collection, value, key in (
                      ("app.bsky.actor.profile", {"$type": "app.bsky.actor.profile"}, {"rkey": "self"}),
                      *[("app.bsky.feed.post", post, {})] * MESSAGES)]
        self._client.post("/xrpc/com.atproto.repo.applyWrites", headers=_bearer(made["accessJwt"]),
                          json={"repo": made["did"], "writes": writes}).raise_for_status()
        return Holder(made["did"], password)

    def bare(self) -> Callable[[str], object]:
        client = _client(self._servers.pds_url, auth=("admin", self._servers.admin_password))

        def take_down(did: str) -> None:
            subject = {"$type": "com.atproto.admin.defs#repoRef", "did": did}
            client.post("/xrpc/com.atproto.admin.updateSubjectStatus", json={
                "subject": subject, "takedown": {"applied": True, "ref": "ukuran"}}).raise_for_status()

        return take_down

    def signs_in(self, holder: Holder) -> bool:
        return self._client.post("/xrpc/com.atproto.server.createSession", json={
            "identifier": holder.account_id, "password": holder.password}).status_code == 200


@contextmanager
def running(name: str, place: Installation) -> Iterator[Server]:
    """The real server of that name for the block; its files lie in the installation's folder."""
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
