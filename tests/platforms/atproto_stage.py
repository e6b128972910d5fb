"""People on a real PDS, over its public interface, and adapters that reach it directly or through Ozone."""

import itertools
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from tests.platforms.atproto_servers import HANDLES, AtprotoServers, sign_up
from tests.platforms.fake import Fault
from tests.platforms.proxy import limit, proxied
from tests.platforms.stage import BareStage, Person

from jaga.core.platforms import Account
from jaga.core.terms.cases import Step
from jaga.platforms.atproto_pds import AtprotoPdsAdapter
from jaga.platforms.ozone import OzoneAdapter

POSTS = "app.bsky.feed.post"
PDS_ORDER = r"^POST .*updateSubjectStatus"
_BUSY = 4.0  # the limit where a fault outlasts it: these servers take seconds on a busy machine
OZONE_ORDER = r"^POST .*emitEvent"
_numbers = itertools.count()


class AtprotoStage(BareStage):
    """One real PDS and people who use it, whose only public place is their own posts. Subclasses have an `adapter`."""

    def __init__(self, servers: AtprotoServers) -> None:
        self.servers = servers
        self.client = httpx.Client(base_url=servers.pds_url, timeout=60, trust_env=False)
        self._sessions: dict[str, dict[str, str]] = {}

    def close(self) -> None:
        self.client.close()

    def get(self, method: str, token: str = "", **params: str) -> httpx.Response:
        return self.client.get(f"/xrpc/{method}", params=params, headers=_bearer(token))

    def post(self, method: str, body: object = None, token: str = "") -> httpx.Response:
        return self.client.post(f"/xrpc/{method}", json=body, headers=_bearer(token))

    def admin(self, method: str, body: object) -> httpx.Response:
        answer = self.client.post(f"/xrpc/{method}", json=body, auth=("admin", self.servers.admin_password))
        assert answer.status_code == 200, answer.text
        return answer

    def takedown(self, account: Account, ref: str) -> None:
        """The server's administrators take the account down, without Jaga."""
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": account.account_id}
        body = {"subject": subject, "takedown": {"applied": True, "ref": ref}}
        self.admin("com.atproto.admin.updateSubjectStatus", body)

    def person(self) -> Person:
        name, password = f"orang{next(_numbers)}{secrets.token_hex(3)}", secrets.token_hex(8)
        made = sign_up(self.servers.pds_url, name, password)
        self._sessions[made["did"]] = made
        return Person(Account("practice", made["did"], made["handle"]), password, made["did"])

    def called(self, person: Person) -> str:
        return person.account.handle

    def nobody(self) -> Account:
        letters = "abcdefghijklmnopqrstuvwxyz234567"
        return Account("practice", "did:plc:" + "".join(secrets.choice(letters) for _ in range(24)))

    def exists(self, account: Account) -> bool:
        return self.get("com.atproto.sync.getRepoStatus", did=account.account_id).status_code == 200

    def others_close(self, person: Person) -> None:
        self.takedown(person.account, "theirs-7")

    def erase(self, person: Person) -> None:
        self.admin("com.atproto.admin.deleteAccount", {"did": person.account.account_id})

    def sign_in(self, person: Person, password: str) -> httpx.Response:
        body = {"identifier": person.account.account_id, "password": password}
        return self.post("com.atproto.server.createSession", body)

    def can_sign_in(self, person: Person, password: str) -> bool:
        return self.sign_in(person, password).status_code == 200

    def session_works(self, person: Person) -> bool:
        """Whether the earlier session can continue: its access token is short-lived, the other one renews it."""
        session = self._sessions[person.session]
        renewed = self.post("com.atproto.server.refreshSession", token=session["refreshJwt"])
        if renewed.status_code != 200:
            return False
        session.update(renewed.json())
        return True

    def access(self, person: Person) -> str:
        """The access token of the earlier session."""
        return self._sessions[person.session]["accessJwt"]

    def can_send(self, person: Person, room: str) -> bool:
        return self._write(person, "masih bisa?").status_code == 200

    def public_room(self, name: str) -> str:
        return POSTS

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        """What only the account itself can read: its e-mail address and its app passwords."""
        return "app-passwords"

    def say(self, person: Person, room: str, text: str) -> str:
        if room != POSTS:
            answer = self.post("com.atproto.server.createAppPassword", {"name": text}, self.access(person))
            assert answer.status_code == 200, answer.text
            return text
        answer = self._write(person, text)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["uri"])

    def put(self, person: Person, collection: str, key: str, record: dict[str, Any]) -> httpx.Response:
        body = {
            "repo": person.account.account_id,
            "collection": collection,
            "rkey": key,
            "record": {"$type": collection, **record},
        }
        return self.post("com.atproto.repo.putRecord", body, self.access(person))

    def rename(self, person: Person) -> str:
        """The holder takes another handle; the DID stays."""
        handle = f"baru{secrets.token_hex(4)}{HANDLES}"
        answer = self.post("com.atproto.identity.updateHandle", {"handle": handle}, self.access(person))
        assert answer.status_code == 200, answer.text
        return handle

    def deactivate(self, person: Person) -> None:
        """The holder deactivates the account."""
        answer = self.post("com.atproto.server.deactivateAccount", {}, self.access(person))
        assert answer.status_code == 200, answer.text

    def wait_for(self, account: Account, status: str) -> None:
        """Until the public sees the account in this state."""
        for _ in range(200):
            if self.get("com.atproto.sync.getRepoStatus", did=account.account_id).json().get("status") == status:
                return
            time.sleep(0.02)
        raise AssertionError(f"the account is not {status}")

    def _write(self, person: Person, text: str) -> httpx.Response:
        body = {
            "repo": person.account.account_id,
            "collection": POSTS,
            "record": {"$type": POSTS, "text": text, "createdAt": "2026-11-25T01:02:03Z"},
        }
        return self.post("com.atproto.repo.createRecord", body, self.access(person))


class PdsStage(AtprotoStage):
    """With the adapter `atproto_pds`."""

    def __init__(self, servers: AtprotoServers) -> None:
        super().__init__(servers)
        self.adapter = self.adapter_at(servers.pds_url)

    def adapter_at(self, base_url: str, **options: Any) -> AtprotoPdsAdapter:
        settings: dict[str, Any] = {"admin_password": self.servers.admin_password, **options}
        return AtprotoPdsAdapter(base_url=base_url, **settings)

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[AtprotoPdsAdapter]:
        with proxied(self.servers.pds_url) as proxy:
            proxy.faults, proxy.outlasts = [(PDS_ORDER, fault)], 3 * _BUSY
            yield self.adapter_at(proxy.base_url, seconds=limit(fault, _BUSY))


class OzoneStage(AtprotoStage):
    """With the adapter `ozone`."""

    hides_closed = True

    def __init__(self, servers: AtprotoServers) -> None:
        super().__init__(servers)
        self.adapter = self.adapter_at(servers.ozone_url)

    def adapter_at(self, base_url: str, **options: Any) -> OzoneAdapter:
        settings: dict[str, Any] = {
            "service_did": self.servers.ozone_did,
            "pds_url": self.servers.pds_url,
            "moderator": self.servers.moderator_handle,
            "password": self.servers.moderator_password,
            **options,
        }
        return OzoneAdapter(base_url=base_url, **settings)

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[OzoneAdapter]:
        with proxied(self.servers.ozone_url) as proxy:
            proxy.faults, proxy.outlasts = [(OZONE_ORDER, fault)], 3 * _BUSY
            yield self.adapter_at(proxy.base_url, seconds=limit(fault, _BUSY))


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
