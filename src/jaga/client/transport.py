"""HTTP calls with retries: growing pauses, Retry-After, and one idempotency key per call.

Exceptions of the client.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from uuid import uuid4

import httpx

from jaga.core.standard_webhooks import SigningKey, sign


@dataclass(frozen=True)
class FieldProblem:
    """One rejected field. `code` is stable; the sentence is for people."""

    field: str
    code: str
    sentence: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """From one entry of a problem's `errors`."""
        return cls(str(data.get("field")), str(data.get("code")), str(data.get("sentence")))


class ApiProblem(Exception):
    """A refusal (RFC 9457). Rely on `code` and the fields' codes, which never change. `detail` says what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        errors: tuple[FieldProblem, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail or title}")
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors = errors
        self.retry_after = retry_after

    @classmethod
    def of(cls, status: int, data: object, retry_after: float | None = None) -> Self:
        """From a response body; without a problem document only the status is used."""
        body: Mapping[str, Any] = data if isinstance(data, dict) else {}
        fields = body.get("errors") or ()
        errors = tuple(FieldProblem.of(one) for one in fields if isinstance(one, dict))
        return cls(
            status,
            str(body.get("code", f"http_{status}")),
            str(body.get("title", f"HTTP {status}")),
            str(body.get("detail", "")),
            errors,
            retry_after,
        )


class QuotaUsedUp(ApiProblem):
    """The key's quota for this minute or day is used up (429): `retry_after` says how long to wait."""


class NotReached(Exception):
    """No usable answer after all attempts.

    Whether the call took effect is unknown.

    Repeat the call with the same `idempotency_key`: it takes effect once.
    """

    def __init__(self, why: str, idempotency_key: str | None = None) -> None:
        super().__init__(why)
        self.idempotency_key = idempotency_key


LONGEST_PAUSE = 60.0
_AGAIN = (502, 503, 504)  # The server is busy or restarting.
_RUNNING = "idempotency_running"
_JSON, _FILE = "application/json", "application/octet-stream"
Sleep = Callable[[float], None]


class Transport:
    """The API's HTTP interface with one key. Thread-safe."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        language: str = "id",
        signing_key: SigningKey | None = None,
        seconds: float = 30.0,
        attempts: int = 6,
        http: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._signing_key, self._attempts, self._sleep = signing_key, attempts, sleep
        self._client = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/v1",
            timeout=seconds,
            transport=http,
            follow_redirects=False,
            headers={
                "Authorization": f"Bearer {key}",
                "Accept-Language": language,
                "Accept": "application/json, text/csv, application/problem+json",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, **params: str | int | None) -> Any:
        """The JSON of a GET. Raises ApiProblem, NotReached."""
        given = {name: value for name, value in params.items() if value is not None}
        return _json(self._call("GET", path, params=given))

    def read(self, path: str) -> bytes:
        """The bytes of a GET. Raises like `get`."""
        return self._call("GET", path).content

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        signed: bool = False,
        idempotency_key: str | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON of a writing call, which takes effect once however often it is sent.

        Raises ApiProblem, QuotaUsedUp, NotReached.
        """
        content = json.dumps(body).encode() if body is not None else b""
        response = self._call(
            method, path, content=content, kind=_JSON, signed=signed, name=idempotency_key or str(uuid4())
        )
        return response.status_code, _json(response)

    def send_file(self, path: str, content: bytes | Path, **params: str) -> Any:
        """The JSON of a POST of a file, which is its own idempotency key.

        A path is streamed from its start on each attempt.

        Raises ApiProblem, QuotaUsedUp, NotReached, and OSError for an unreadable file.
        """
        return _json(self._call("POST", path, content=content, kind=_FILE, params=params))

    def _call(
        self,
        method: str,
        path: str,
        *,
        content: bytes | Path = b"",
        kind: str = _JSON,
        params: Mapping[str, str | int] | None = None,
        signed: bool = False,
        name: str | None = None,
    ) -> httpx.Response:
        why, pause = "", 0.0
        for attempt in range(self._attempts):
            if attempt:
                self._sleep(pause)
            headers = self._headers(content, kind, name, signed=signed)
            try:
                with _opened(content) as body:
                    response = self._client.request(method, path, content=body, params=params, headers=headers)
            except httpx.TransportError as error:
                why, pause = type(error).__name__, _grown(attempt)
                continue
            if response.is_success:
                return response
            wait = _asked_for(response)
            kind_of_problem = QuotaUsedUp if response.status_code == 429 else ApiProblem
            problem = kind_of_problem.of(response.status_code, _json(response), wait)
            pause = wait if wait is not None else _grown(attempt)
            if not _passes(problem) or pause > LONGEST_PAUSE or attempt + 1 == self._attempts:
                raise problem
        raise NotReached(f"{method} {path}: {why}", name)

    def _headers(self, content: bytes | Path, kind: str, name: str | None, *, signed: bool) -> dict[str, str]:
        headers = {"Content-Type": kind} if content else {}
        if name is not None:
            headers["Idempotency-Key"] = name
        if signed and self._signing_key is not None and name is not None and isinstance(content, bytes):
            headers |= sign(self._signing_key, name, datetime.now(UTC), content)
        return headers


def _opened(content: bytes | Path) -> AbstractContextManager[bytes | BinaryIO]:
    """The content for httpx with a known length; a file as a stream."""
    return content.open("rb") if isinstance(content, Path) else nullcontext(content)


def _passes(problem: ApiProblem) -> bool:
    """Whether a retry can help."""
    return problem.status in (429, *_AGAIN) or problem.code == _RUNNING


def _grown(attempt: int) -> float:
    return min(0.5 * 2.0**attempt, LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311 - nothing secret


def _asked_for(response: httpx.Response) -> float | None:
    stated = response.headers.get("Retry-After", "")
    return float(stated) if stated.isdecimal() else None


def _json(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None
