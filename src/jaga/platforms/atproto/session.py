"""A moderator's session: lets Jaga call Ozone as a named team member with no further rights.

The account's app password opens a session on its PDS, which then signs a service token for Ozone per method, used for
some minutes. Revoking the password ends it; Ozone's log shows who did what.

XRPC, the AT Protocol's RPC: queries are GET, procedures are POST, errors are named in the body.
"""

import re
import time
from collections.abc import Mapping
from threading import Lock
from urllib.parse import urlencode

from jaga.core.platforms import PlatformFault
from jaga.platforms.kit.http import CredentialsRefused, Http, JsonReply

DID = re.compile(r"did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9._%-]{1,200})")
HANDLE = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
NOBODY = "did:plc:" + "a" * 24
"""A valid DID that no directory can ever issue: for dry runs."""


class Xrpc:
    """The calls of one service, with its `Http` client's credentials."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def query(self, method: str, params: Mapping[str, str], token: str | None = None) -> JsonReply:
        """A query. Raises PlatformUnreachable, or CredentialsRefused if the service rejects the credentials."""
        return _accepted(method, self.http.call("GET", f"/xrpc/{method}", params=params, token=token))

    def order(self, method: str, body: Mapping[str, object], token: str | None = None) -> JsonReply:
        """A procedure. Raises like `query`; after PlatformUnreachable the effect is unknown."""
        return _accepted(method, self.http.call("POST", f"/xrpc/{method}", json_body=body, token=token))

    def fetch(self, method: str, params: Mapping[str, str]) -> bytes | None:
        """A query for bytes; None if there are none. Raises like `query`, also if there are too many."""
        answer = self.http.raw("GET", f"/xrpc/{method}?{urlencode(params)}")
        if answer.status == 401:
            raise CredentialsRefused(why=f"{method}: HTTP 401")
        return answer.content if answer.ok else None


def error_of(answer: JsonReply) -> str:
    """The error's name, or an empty string."""
    name = answer.body.get("error")
    return name if isinstance(name, str) else ""


def summary_of(answer: JsonReply) -> str:
    """A short description of an unsuccessful answer, without the server's own message."""
    return f"HTTP {answer.status} {error_of(answer)}".strip()


def is_did(account_id: str) -> bool:
    """Whether this is a DID. A handle is not: it can change owners."""
    return bool(DID.fullmatch(account_id))


def not_understood(why: str) -> PlatformFault:
    """The error for an answer nothing can be concluded from."""
    return PlatformFault(why=f"answer not understood: {why}")


def _accepted(method: str, answer: JsonReply) -> JsonReply:
    if answer.status == 401:
        raise CredentialsRefused(why=f"{method}: {summary_of(answer)}")
    return answer


PASS_SECONDS = 1800  # A PDS signs service tokens for an hour at most.
_MARGIN = 60


class ModeratorSession:
    """Signs in when needed and again when the session has ended. Thread-safe."""

    def __init__(self, pds: Xrpc, name: str, password: str, service_did: str) -> None:
        self._pds = pds
        self._name = name
        self._password = password
        self._service_did = service_did
        self._lock = Lock()
        self._access = ""
        self._did = ""
        self._passes: dict[str, tuple[str, float]] = {}

    def did(self) -> str:
        """The moderator's own account. Raises CredentialsRefused, PlatformUnreachable."""
        with self._lock:
            if not self._did:
                self._sign_in()
            return self._did

    def pass_for(self, method: str) -> str:
        """A service token for one method. Raises CredentialsRefused, PlatformUnreachable."""
        with self._lock:
            token, until = self._passes.get(method, ("", 0.0))
            if time.monotonic() < until:
                return token
            answer = self._signed(method) if self._access else None
            if answer is None or not answer.ok:
                self._sign_in()
                answer = self._signed(method)
            token = str(answer.body.get("token") or "")
            if not answer.ok or not token:
                raise CredentialsRefused(why=f"pass: {summary_of(answer)}")
            self._passes[method] = token, time.monotonic() + PASS_SECONDS - _MARGIN
            return token

    def forget(self) -> None:
        """Drop the service tokens after the service refused one."""
        with self._lock:
            self._passes.clear()

    def _signed(self, method: str) -> JsonReply:
        params = {"aud": self._service_did, "lxm": method, "exp": str(int(time.time()) + PASS_SECONDS)}
        # An expired access token yields 400 here, a revoked one 401: both sign in again.
        return self._pds.http.call("GET", "/xrpc/com.atproto.server.getServiceAuth", params=params, token=self._access)

    def _sign_in(self) -> None:
        body = {"identifier": self._name, "password": self._password}
        answer = self._pds.http.call("POST", "/xrpc/com.atproto.server.createSession", json_body=body)
        if answer.status in {400, 401, 403}:
            raise CredentialsRefused(why=f"sign-in: {summary_of(answer)}")
        access, did = answer.body.get("accessJwt"), answer.body.get("did")
        if not answer.ok or not isinstance(access, str) or not isinstance(did, str) or not is_did(did):
            raise not_understood(f"sign-in: {summary_of(answer)}")
        self._access, self._did = access, did
        self._passes.clear()
