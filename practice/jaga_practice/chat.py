"""A Matrix client for the invented members of the practice chat server."""

import json
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from jaga_practice.languages import spoken
from jaga_practice.synapse import SynapseServer, notices_name
from jaga_practice.visitor import SLOWEST

_CLIENT = "/_matrix/client/v3"


@dataclass(frozen=True)
class ChatAccount:
    """A signed-in account of the practice server."""

    base_url: str
    user_id: str
    password: str = field(repr=False)
    token: str = field(repr=False)

    @classmethod
    def sign_in(cls, server: SynapseServer, name: str, password: str, display_name: str) -> "ChatAccount":
        """Create the account if it is missing, and sign in."""
        token = server.register(name, password, display_name=display_name)
        return cls(server.base_url, server.user_id(name), password, token)

    @classmethod
    def newcomer(
        cls, server: SynapseServer, name: str, password: str, display_name: str, rooms: Iterable[str]
    ) -> "ChatAccount":
        """A member of these rooms who has received the server's welcome notice.

        So the room for notices is known to the member's phone before a later notice arrives.
        """
        member = cls.sign_in(server, name, password, display_name)
        welcome = spoken("Selamat datang di Obrolan.", "Welcome.")
        greeting = {"user_id": member.user_id, "content": {"msgtype": "m.text", "body": welcome}}
        httpx.post(
            f"{server.base_url}/_synapse/admin/v1/send_server_notice",
            json=greeting,
            timeout=SLOWEST,
            headers={"Authorization": f"Bearer {server.admin_token}"},
        ).raise_for_status()
        for room in rooms:
            member.join(room)
        return member

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return httpx.request(
            method,
            f"{self.base_url}{_CLIENT}{path}",
            json=body,
            timeout=SLOWEST,
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def public_room(self, alias: str, name: str) -> str:
        """The id of the public room with that alias, created if missing."""
        server = self.user_id.partition(":")[2]
        answer = self._call("GET", f"/directory/room/{quote(f'#{alias}:{server}')}")
        if answer.is_success:
            room: str = answer.json()["room_id"]
            return room
        made = self._call(
            "POST",
            "/createRoom",
            {"preset": "public_chat", "visibility": "public", "room_alias_name": alias, "name": name},
        )
        new: str = made.raise_for_status().json()["room_id"]
        return new

    def private_room(self, name: str, guest: "ChatAccount") -> str:
        """Create a private room for two."""
        made = self._call("POST", "/createRoom", {"preset": "private_chat", "name": name, "invite": [guest.user_id]})
        room: str = made.raise_for_status().json()["room_id"]
        guest.join(room)
        return room

    def join(self, room: str) -> None:
        """Join a room."""
        self._call("POST", f"/rooms/{quote(room)}/join", {}).raise_for_status()

    def say(self, room: str, text: str) -> str:
        """Send a text; returns its event id."""
        sent = self._call(
            "PUT",
            f"/rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(8)}",
            {"msgtype": "m.text", "body": text},
        )
        event: str = sent.raise_for_status().json()["event_id"]
        return event

    def read(self, room: str, event: str) -> str:
        """The text of a message as this member sees it; empty once redacted."""
        answer = self._call("GET", f"/rooms/{quote(room)}/event/{quote(event)}").raise_for_status()
        body: str = answer.json()["content"].get("body", "")
        return body

    def token_works(self) -> bool:
        """Whether the earlier session is still accepted."""
        return self._call("GET", "/account/whoami").is_success

    def may_read(self, room: str) -> bool:
        """Whether the session may read the room."""
        return self._call("GET", f"/rooms/{quote(room)}/messages?dir=b&limit=1").is_success

    def may_write(self, room: str) -> bool:
        """Whether the session may write in the room; sends a greeting if so."""
        sent = self._call(
            "PUT",
            f"/rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(8)}",
            {"msgtype": "m.text", "body": spoken("Halo.", "Hello.")},
        )
        return sent.is_success

    def can_sign_in(self, password: str | None = None) -> bool:
        """Whether sign-in works with the account's (or the given) password."""
        body = {
            "type": "m.login.password",
            "password": password or self.password,
            "identifier": {"type": "m.id.user", "user": self.user_id},
        }
        return httpx.post(f"{self.base_url}{_CLIENT}/login", json=body, timeout=SLOWEST).is_success

    def phone(self, kept: Path | None = None) -> "Phone":
        """A phone that shows arriving notices, like the holder's app; `kept` is the file of its memory."""
        return Phone(self, kept)


class Phone:
    """Collects the server's notices while the account may read, in a background thread.

    The file `kept` survives the closure of the account and a restart.
    """

    def __init__(self, account: ChatAccount, kept: Path | None = None) -> None:
        self._account, self._kept = account, kept
        self._notices: list[str] = []
        self._on = threading.Event()
        if kept is not None:
            kept.touch(mode=0o600)
        threading.Thread(target=self._listen, daemon=True).start()
        self._on.wait(timeout=10)

    @property
    def notices(self) -> list[str]:
        """The notices received so far."""
        if self._kept is None:
            return self._notices
        return [json.loads(line) for line in self._kept.read_text().splitlines()]

    def _keep(self, arrived: list[str]) -> None:
        self._notices += arrived
        if self._kept is not None:
            with self._kept.open("a") as file:
                file.write("".join(f"{json.dumps(text)}\n" for text in arrived))

    def _listen(self) -> None:
        try:
            self._follow()
        finally:
            self._on.set()

    def _follow(self) -> None:
        since = ""
        while True:
            try:
                answer = httpx.get(
                    f"{self._account.base_url}{_CLIENT}/sync",
                    timeout=20 + SLOWEST,
                    headers={"Authorization": f"Bearer {self._account.token}"},
                    params={"timeout": "20000" if since else "0", **({"since": since} if since else {})},
                )
            except httpx.TransportError:
                return  # the server was stopped
            if answer.is_error:
                return  # signed out: the account was closed
            read = answer.json()
            since = read["next_batch"]
            self._keep(
                [
                    event["content"].get("body", "")
                    for room in read.get("rooms", {}).get("join", {}).values()
                    for event in room["timeline"]["events"]
                    if event["type"] == "m.room.message" and event["sender"].startswith(f"@{notices_name()}:")
                ]
            )
            self._on.set()
