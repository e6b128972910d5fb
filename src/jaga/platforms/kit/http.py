"""A bounded HTTP client for adapters: each call has a time limit, a size limit and a JSON answer.

Any failure raises PlatformUnreachable, or PlatformFault for an unusable answer. The message names method and status,
never the path, which contains account ids. A requested pause is in the error's params as `retry_after`.

Shared by notice adapters: which actions the operator's staff can be asked for, and the declared capabilities.

A deadline for a whole answer: httpx only limits the wait for each part, and a server can send parts forever.

Headers arriving letter by letter, each within the limit, would otherwise block a worker thread for days.

How long a platform asks to wait, from the three forms servers use.

`Retry-After` in seconds or as a date (RFC 9110, 10.2.3), and Matrix's `retry_after_ms` in the body of a 429.
"""

import hashlib
import ipaddress
import json
import re
import ssl
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from threading import local
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.foreign import is_loopback
from jaga.core.platforms import Capabilities, Capability, PlatformFault, PlatformUnreachable
from jaga.core.terms.cases import ActionKind, Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.guard import Check, count_read

USUAL = (ActionKind.RESTRICT, ActionKind.CLOSE, ActionKind.RESTORE)

A_PERSON_LOOKS = N_("A person must check this.")
BY_NOTICE = N_("The operator's people are asked for it.")
IN_THE_NOTICE = N_("The statement goes with the notice; the operator hands it to the holder.")
NOT_ASKED = N_("The operator is not asked for this.")
UNKNOWN_LOSS = N_("what the operator itself does not bring back")


def asked_for(configuration: PlatformConfiguration) -> tuple[ActionKind, ...]:
    """The option `actions`: comma-separated names, by default `restrict, close, restore`. Raises BlockIncomplete."""
    text = configuration.options.get("actions")
    if text is None:
        return USUAL
    names = [name.strip() for name in text.split(",")]
    unknown = sorted(set(names) - set(ActionKind))
    if unknown or not text.strip():
        why = f"some of {', '.join(ActionKind)}, with commas between"
        raise BlockIncomplete(platform=configuration.name, field="options.actions", why=why)
    return tuple(kind for kind in ActionKind if kind in names)


def capabilities(adapter: str, actions: tuple[ActionKind, ...], *, observable: bool) -> Capabilities:
    """The capabilities of a notice adapter. `observable`: `observe` can return more than UNKNOWN."""
    undone = ActionKind.RESTORE in actions
    steps = {
        Step.ASK: Capability(True),
        Step.OBSERVE: Capability(observable, note="" if observable else A_PERSON_LOOKS),
        Step.DELIVER: Capability(True, note=IN_THE_NOTICE),
    }
    for kind in ActionKind:
        asked = kind in actions
        reversible = undone and kind is not ActionKind.REDACT
        loss = (UNKNOWN_LOSS,) if asked and reversible and kind in (ActionKind.RESTRICT, ActionKind.CLOSE) else ()
        steps[Step(kind.value)] = Capability(asked, reversible, loss, BY_NOTICE if asked else NOT_ASKED)
    return Capabilities(adapter, steps, by_notice=True)


def no_credentials(configuration: PlatformConfiguration) -> Check:
    """Check that a block which needs no secret holds none."""
    held = ", ".join(sorted(configuration.credentials))
    return Check(
        "credentials",
        not held,
        "None are needed, and there are none."
        if not held
        else f"This adapter needs none; take {held} out of platforms.toml, and out of use on the platform.",
    )


def is_address(text: str) -> bool:
    """Whether it can be opened over HTTP."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def address(configuration: PlatformConfiguration) -> Check:
    """Check that `base_url` is the platform's address."""
    usable = is_address(configuration.base_url)
    return Check(
        "address",
        usable,
        f"The platform is at {configuration.base_url}."
        if usable
        else "base_url is no address that begins with http:// or https://; people are sent there.",
    )


class CallDeadline(local):
    """When the answer this thread waits for must be complete; per thread."""

    at = float("inf")

    def begin(self, seconds: float) -> None:
        """Set the deadline this many seconds from now."""
        self.at = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """How long to wait for one part. Raises httpcore.ReadTimeout past the deadline."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: CallDeadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: CallDeadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(host, port, timeout, local_address, socket_options), self._deadline)


def transport(tls: ssl.SSLContext, deadline: CallDeadline) -> httpx.HTTPTransport:
    """httpx's transport with connections that obey the deadline of the thread using them."""
    made = httpx.HTTPTransport(verify=tls, trust_env=False)
    made._pool = httpcore.ConnectionPool(  # httpx offers no other way to give its pool a backend.
        ssl_context=tls,
        max_connections=100,
        max_keepalive_connections=20,
        keepalive_expiry=5.0,
        network_backend=_Backend(deadline),
    )
    return made


LONGEST = 3600.0
"""The maximum accepted: retrying hourly burdens nobody, and a wrong header must not stop the work."""

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def retry_after(headers: Mapping[str, str], content: bytes) -> float | None:
    """Seconds to wait, from 0 to `LONGEST`; None if the answer does not say."""
    seconds = _from_header(headers)
    if seconds is None:
        seconds = _from_matrix(content)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _from_header(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _date(text)
    if until is None:
        return None
    # By the server's own clock if it sends one, since ours may differ.
    return (until - (_date(headers.get("Date", "")) or now())).total_seconds()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.tzinfo is not None else None


def _from_matrix(content: bytes) -> float | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    wait = body.get("retry_after_ms") if isinstance(body, dict) else None
    if isinstance(wait, bool) or not isinstance(wait, int | float) or wait != wait:
        return None
    return min(max(wait, 0), 1000 * LONGEST) / 1000  # Limited first: an integer may be too large for a division.


SECONDS = 10.0
LARGEST_ANSWER = 32 * 1024 * 1024
MOST_VALUES = 1_500_000
"""Maximum number of values per answer, by commas and opening brackets: 32 MB of `{}` would take 800 MB and block all
threads."""
_IN_MEMORY = 60  # Bytes per value beside its text.


class CredentialsRefused(PlatformUnreachable):
    """The platform rejected Jaga's credentials, so nothing was done."""

    code = "platform_credentials_refused"
    sentence = N_("The chat platform refused Jaga's own credentials.")
    remedy = N_("Run `jaga platform check NAME`, and put in a working one with `jaga platform set NAME CREDENTIAL`.")


class RateLimited(PlatformUnreachable):
    """The platform asked to slow down (429). `retry_after` is in the params if it said for how long."""

    code = "platform_rate_limited"
    sentence = N_("The chat platform asks Jaga to slow down.")
    remedy = N_("It is tried again automatically after the pause that the platform asked for.")


@dataclass(frozen=True)
class JsonReply:
    """A status below 500 and its JSON.

    `body` is the object (empty if none); `value` is any JSON, for `call(…, any_json=True)`.
    """

    status: int
    body: Mapping[str, Any]
    value: object = None

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def code(self) -> str:
        """The Matrix error code, or an empty string."""
        code = self.body.get("errcode")
        return code if isinstance(code, str) else ""


@dataclass(frozen=True)
class Fingerprint:
    """The SHA-256 of a download, without its content; empty unless `complete`."""

    status: int
    media_type: str = ""
    size: int = 0
    sha256: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.sha256)


@dataclass(frozen=True)
class RawAnswer:
    """A status below 500, headers by lower-case name, and the bytes as received, for signatures."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


def is_protected(url: str) -> bool:
    """Whether traffic to this URL is confidential: encrypted, or within this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "https" or host == "localhost" or is_loopback(ipaddress.ip_address(host))
    except ValueError:
        return False


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=())  # A server could set new ones in each answer forever.


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context()  # Takes 20 ms, so all clients share one.


class Http:
    """One platform's HTTP client.

    Thread-safe; connections close with the object.

    Credentials: a bearer `token`, or name and password in `auth` (Basic). `headers` are sent with every call, e.g. a
    Host different from the address.
    """

    def __init__(
        self,
        base_url: str,
        token: str = "",
        *,
        seconds: float = SECONDS,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._token = token
        self._seconds = seconds
        self._deadline = CallDeadline()
        self._client = httpx.Client(
            base_url=base_url,
            timeout=httpx.Timeout(seconds),
            trust_env=False,
            follow_redirects=False,
            transport=transport(_tls(), self._deadline),
            auth=auth,
            cookies=CookieJar(_NO_COOKIES),
            headers={"Accept-Encoding": "identity", **(headers or {})},
        )
        weakref.finalize(self, self._client.close)

    def call(
        self,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        any_json: bool = False,
    ) -> JsonReply:
        """Send one request.

        `token` replaces the configured one; an empty string sends none.

        Raises PlatformUnreachable for no answer, 429 (as RateLimited), 5xx, or a body that is too large or no JSON
        object (with `any_json`: no JSON). A POST or PUT may have taken effect all the same.
        """
        with self._sent(method, path, json_body=json_body, params=params, token=token, headers=headers) as response:
            content = b"".join(self._parts(response, method, LARGEST_ANSWER))
            _usable(response, method, content)
        count_read(len(content) + _IN_MEMORY * _values_in(content, method))
        value = _value(content, method)
        if not any_json and not isinstance(value, dict | None):
            raise PlatformFault(why=f"{method}: the answer is no JSON object")
        return JsonReply(response.status_code, value if isinstance(value, dict) else {}, value)

    def fingerprint(self, path: str, *, largest: int, token: str | None = None) -> Fingerprint:
        """Download with GET and return only the SHA-256; gives up (without one) beyond `largest` bytes.

        Raises PlatformUnreachable like `call`, also if the content is shorter than announced.
        """
        with self._sent("GET", path, token=token) as response:
            _usable(response, "GET", b"")
            if not response.is_success:
                return Fingerprint(response.status_code)
            media_type = response.headers.get("Content-Type", "")
            announced = response.headers.get("Content-Length", "")
            if re.fullmatch("[0-9]{1,18}", announced) and int(announced) > largest:
                return Fingerprint(response.status_code, media_type, int(announced))
            digest, size = hashlib.sha256(), 0
            for part in self._parts(response, "GET", None):
                digest.update(part)
                size += len(part)
                if size > largest:
                    return Fingerprint(response.status_code, media_type, size)
        return Fingerprint(response.status_code, media_type, size, digest.hexdigest())

    def raw(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        largest: int = LARGEST_ANSWER,
        token: str | None = None,
    ) -> RawAnswer:
        """Send exactly these bytes and return exactly what was received, at most `largest` bytes.

        `token` is as in `call`. Raises like `call`.
        """
        with self._sent(method, path, content=content, headers=headers, token=token) as response:
            received = b"".join(self._parts(response, method, largest))
            _usable(response, method, received)
        count_read(len(received))
        return RawAnswer(response.status_code, dict(response.headers.items()), received)

    @contextmanager
    def _sent(
        self,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Iterator[httpx.Response]:
        bearer = self._token if token is None else token
        sent = {**(headers or {}), **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        self._deadline.begin(2 * self._seconds)  # The headers, then the content (`_parts`).
        try:
            with self._client.stream(
                method,
                path,
                content=content,
                json=json_body,
                params=params,
                headers=sent,
            ) as response:
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PlatformUnreachable(why=f"{method}: {type(error).__name__}") from error

    def _parts(self, response: httpx.Response, method: str, largest: int | None) -> Iterator[bytes]:
        """The content as received, within an overall time limit: httpx only limits the wait for each part."""
        deadline = time.monotonic() + self._seconds
        size = 0
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            # Not requested: a few bytes could expand beyond memory.
            raise PlatformFault(why=f"{method}: the answer is compressed")
        for part in response.iter_raw():
            size += len(part)
            if largest is not None and size > largest:
                raise PlatformFault(why=f"{method}: the answer is larger than {largest} bytes")
            if time.monotonic() > deadline:
                raise PlatformUnreachable(why=f"{method}: the answer takes too long")
            yield part


def _usable(response: httpx.Response, method: str, content: bytes) -> None:
    status = response.status_code
    if status != 429 and status < 500:
        return
    wait = retry_after(response.headers, content)
    kind = RateLimited if status == 429 else PlatformUnreachable
    why = f"{method}: HTTP {status}"
    raise kind(why=why) if wait is None else kind(why=why, retry_after=wait)


def _values_in(content: bytes, method: str) -> int:
    """An upper bound on the number of values, before they are created."""
    values = sum(map(content.count, (b",", b"[", b"{")))
    if values > MOST_VALUES:
        raise PlatformFault(why=f"{method}: the answer has more than {MOST_VALUES} values")
    return values


def _value(content: bytes, method: str) -> object:
    """The JSON of an answer: UTF-8 (RFC 8259, 8.1), without numbers JSON does not allow."""
    if not content:
        return None
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except ValueError as error:
        raise PlatformFault(why=f"{method}: the answer is no JSON") from error
    except RecursionError as error:
        raise PlatformFault(why=f"{method}: the answer is nested too deeply") from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")
