"""A bounded HTTP client for adapters: every call has a time limit, a size limit, and an answer that is a JSON object.

Whatever goes wrong on the way is a PlatformUnreachable; its text names the method and the status and never the path,
since paths carry account ids.
"""

import json
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

from jaga.core.errors import N_
from jaga.core.platforms import PlatformUnreachable

SECONDS = 10.0
LARGEST_ANSWER = 32 * 1024 * 1024


class CredentialsRefused(PlatformUnreachable):
    """The platform does not accept the credentials that Jaga was given, so nothing was done."""

    code = "platform_credentials_refused"
    sentence = N_("The chat platform refused Jaga's own credentials.")
    remedy = N_("Run `jaga platform check` for this platform and put a working token into platforms.toml.")


@dataclass(frozen=True)
class Answer:
    """A status below 500 and the JSON object that came with it (empty when the body was none)."""

    status: int
    body: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def code(self) -> str:
        """The Matrix error code, or an empty text."""
        code = self.body.get("errcode")
        return code if isinstance(code, str) else ""


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context()  # 20 ms to build, so all clients share one


class Http:
    """One platform's HTTP interface. Safe to use from several threads; connections close with the object."""

    def __init__(self, base_url: str, token: str, *, seconds: float = SECONDS) -> None:
        self._token = token
        self._client = httpx.Client(
            base_url=base_url, timeout=httpx.Timeout(seconds), verify=_tls(), trust_env=False, follow_redirects=False,
        )
        weakref.finalize(self, self._client.close)

    def call(
        self, method: str, path: str, *, json_body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None, token: str | None = None,
    ) -> Answer:
        """Send one request. `token` replaces the configured one; an empty text sends none.

        Raises PlatformUnreachable for no answer, 429, 5xx, or a body that is no JSON object of a bearable size. A POST
        or PUT may have had its effect all the same.
        """
        bearer = self._token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        try:
            with self._client.stream(method, path, json=json_body, params=params, headers=headers) as response:
                content = _read(response, method)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformUnreachable(why=f"{method}: {type(error).__name__}") from error
        if response.status_code == 429 or response.status_code >= 500:
            raise PlatformUnreachable(why=f"{method}: HTTP {response.status_code}")
        return Answer(response.status_code, _object(content, method))


def _read(response: httpx.Response, method: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise PlatformUnreachable(why=f"{method}: the answer is larger than {LARGEST_ANSWER} bytes")
        parts.append(part)
    return b"".join(parts)


def _object(content: bytes, method: str) -> Mapping[str, Any]:
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError as error:
        raise PlatformUnreachable(why=f"{method}: the answer is no JSON") from error
    except RecursionError as error:
        raise PlatformUnreachable(why=f"{method}: the answer is nested too deeply") from error
    if not isinstance(body, dict):
        raise PlatformUnreachable(why=f"{method}: the answer is no JSON object")
    return body
