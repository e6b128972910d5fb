"""A moderator's session: lets Jaga call Ozone as a named team member with no further rights.

The account's app password opens a session on its PDS, which then signs a service token for Ozone per method, used for
some minutes. Revoking the password ends it; Ozone's log shows who did what.
"""

import time
from threading import Lock

from jaga.platforms.atproto.xrpc import Xrpc, is_did, not_understood, summary_of
from jaga.platforms.kit.http import CredentialsRefused, JsonReply

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
