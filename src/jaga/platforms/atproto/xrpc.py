"""XRPC, the AT Protocol's RPC: queries are GET, procedures are POST, errors are named in the body."""

import re
from collections.abc import Mapping
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
