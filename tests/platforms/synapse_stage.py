"""People on a real Synapse, over its public client interface."""

import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
from tests.platforms.fake import Fault
from tests.platforms.proxy import STORM, Weather, limit, proxied
from tests.platforms.stage import Person

from jaga.core.platforms import Account
from jaga.core.terms.cases import Step
from jaga.platforms.synapse.adapter import SynapseAdapter

CLIENT = "/_matrix/client/v3"
NOTICES = "@pemberitahuan:localhost"
ORDERS = {
    Step.RESTRICT: "^PUT .*/suspend/",
    Step.DELIVER: "^PUT .*/send_server_notice/",
    Step.REDACT: "^POST .*/redact$",
    Step.CLOSE: "^POST .*/deactivate/",
    Step.RESTORE: "^PUT .*/v2/users/",
}
_numbers = itertools.count()


class SynapseStage:
    """One real homeserver, an adapter on it, and people who use it."""

    server_name = "localhost"
    has_rooms = True

    def __init__(self, base_url: str, admin_token: str, registration_shared_secret: str) -> None:
        self.base_url = base_url
        self.admin_token = admin_token
        self._secret = registration_shared_secret
        self.client = httpx.Client(base_url=base_url, timeout=60, trust_env=False)
        self.watcher = self.person()
        self.owner = self.person()
        self.adapter: SynapseAdapter = self.adapter_at(base_url)

    def adapter_at(self, base_url: str, **options: Any) -> SynapseAdapter:
        """An adapter that reaches the same server by another address: a faulty proxy."""
        settings: dict[str, Any] = {
            "watcher_token": self.watcher.session,
            "admin_token": self.admin_token,
            "notices_account": NOTICES,
            **options,
        }
        return SynapseAdapter(base_url=base_url, server_name="localhost", **settings)

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[SynapseAdapter]:
        with proxied(self.base_url) as proxy:
            proxy.faults = [(ORDERS[step], fault)]
            yield self.adapter_at(proxy.base_url, seconds=limit(fault))

    @contextmanager
    def storm(self, seed: int) -> Iterator[SynapseAdapter]:
        with proxied(self.base_url) as proxy:
            proxy.weather = Weather(seed, 0.06, STORM)
            yield self.adapter_at(proxy.base_url)

    def close(self) -> None:
        self.client.close()

    def call(self, method: str, path: str, token: str = "", body: object = None, **params: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.request(method, path, json=body, headers=headers, params=params)

    def administrator(self) -> str:
        """The session of another administrator than the adapter's."""
        return self._registered(admin=True).session

    def person(self) -> Person:
        return self._registered(admin=False)

    def _registered(self, *, admin: bool) -> Person:
        name, password = f"orang{next(_numbers)}{secrets.token_hex(4)}", secrets.token_hex(8)
        nonce = self.call("GET", "/_synapse/admin/v1/register").json()["nonce"]
        signed = "\0".join((nonce, name, password, "admin" if admin else "notadmin")).encode()
        mac = hmac.new(self._secret.encode(), signed, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac}
        made = self.call("POST", "/_synapse/admin/v1/register", body=body).json()
        return Person(Account("practice", made["user_id"], name), password, made["access_token"])

    def called(self, person: Person) -> str:
        return person.account.account_id

    def nobody(self) -> Account:
        return Account("practice", f"@tiada{secrets.token_hex(4)}:localhost")

    def exists(self, account: Account) -> bool:
        path = f"/_synapse/admin/v2/users/{quote(account.account_id)}"
        return self.call("GET", path, self.admin_token).status_code == 200

    def others_close(self, person: Person) -> None:
        self.admin_post(f"/v1/deactivate/{person.account.account_id}", {"erase": False})

    def erase(self, person: Person) -> None:
        self.admin_post(f"/v1/deactivate/{person.account.account_id}", {"erase": True})

    def rename(self, person: Person) -> str:
        path = f"{CLIENT}/profile/{person.account.account_id}/displayname"
        answer = self.call("PUT", path, person.session, {"displayname": "Nama Lain 🌸"})
        assert answer.status_code == 200, answer.text
        return "Nama Lain 🌸"

    def can_sign_in(self, person: Person, password: str) -> bool:
        identifier = {"type": "m.id.user", "user": person.account.account_id}
        body = {"type": "m.login.password", "identifier": identifier, "password": password}
        return self.call("POST", f"{CLIENT}/login", body=body).status_code == 200

    def session_works(self, person: Person) -> bool:
        return self.call("GET", f"{CLIENT}/sync", person.session, timeout="0").status_code == 200

    def can_send(self, person: Person, room: str) -> bool:
        return self._send(person, room, "masih bisa?").status_code == 200

    def received(self, person: Person) -> list[str]:
        rooms = self.call("GET", f"{CLIENT}/joined_rooms", person.session).json()["joined_rooms"]
        return [
            event["content"]["body"]
            for room in rooms
            for event in self.messages(room, person.session)
            if event["sender"] == NOTICES
        ]

    def public_room(self, name: str) -> str:
        return self._room({"preset": "public_chat", "visibility": "public", "name": name})

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        people = list(inviting)
        room = self._room({"preset": "private_chat", "name": name, "invite": [p.account.account_id for p in people]})
        for person in people:
            self.join(person, room)
        return room

    def join(self, person: Person, room: str) -> None:
        answer = self.call("POST", f"{CLIENT}/rooms/{quote(room)}/join", person.session, {})
        assert answer.status_code == 200, answer.text

    def say(self, person: Person, room: str, text: str) -> str:
        if room not in self.call("GET", f"{CLIENT}/joined_rooms", person.session).json()["joined_rooms"]:
            self.join(person, room)
        answer = self._send(person, room, text)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["event_id"])

    def upload(self, person: Person, content: bytes, media_type: str = "image/png") -> str:
        """Upload a file of this person, shown nowhere yet. Returns its address."""
        headers = {"Authorization": f"Bearer {person.session}", "Content-Type": media_type}
        answer = self.client.post("/_matrix/media/v3/upload", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["content_uri"])

    def show(self, person: Person, room: str, address: str, **more: object) -> str:
        """Send a picture to a room that the person is in. Returns the message's id."""
        content = {"msgtype": "m.image", "body": "gambar", "url": address, **more}
        path = f"{CLIENT}/rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(6)}"
        answer = self.call("PUT", path, person.session, content)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["event_id"])

    def downloads(self, address: str) -> bool:
        """Whether an ordinary member of the server gets the file."""
        path = f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
        return self.call("GET", path, self.owner.session).status_code == 200

    def admin_post(self, path: str, body: object = None) -> Any:
        """What another administrator does by hand."""
        answer = self.call("POST", f"/_synapse/admin{path}", self.admin_token, {} if body is None else body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def shows(self, room: str, text: str) -> bool:
        return any(event["content"].get("body") == text for event in self.messages(room, self.owner.session))

    def watcher_rooms(self) -> set[str]:
        return set(self.call("GET", f"{CLIENT}/joined_rooms", self.watcher.session).json()["joined_rooms"])

    def invite_watcher(self, room: str) -> None:
        body = {"user_id": self.watcher.account.account_id}
        answer = self.call("POST", f"{CLIENT}/rooms/{quote(room)}/invite", self.owner.session, body)
        assert answer.status_code == 200, answer.text

    def set_rule(self, room: str, rule: str) -> None:
        """The owner changes who may join."""
        path = f"{CLIENT}/rooms/{quote(room)}/state/m.room.join_rules"
        assert self.call("PUT", path, self.owner.session, {"join_rule": rule}).status_code == 200

    def messages(self, room: str, session: str) -> list[dict[str, Any]]:
        wanted = json.dumps({"types": ["m.room.message"]})
        path = f"{CLIENT}/rooms/{quote(room)}/messages"
        answer = self.call("GET", path, session, dir="b", limit="100", filter=wanted)
        return list(answer.json()["chunk"])

    def _room(self, settings: dict[str, object]) -> str:
        answer = self.call("POST", f"{CLIENT}/createRoom", self.owner.session, settings)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["room_id"])

    def _send(self, person: Person, room: str, text: str) -> httpx.Response:
        path = f"{CLIENT}/rooms/{quote(room)}/send/m.room.message/{secrets.token_hex(6)}"
        return self.call("PUT", path, person.session, {"msgtype": "m.text", "body": text})
