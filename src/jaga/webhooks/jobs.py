"""Periodic task that sends webhook messages, protected against server-side request forgery.

The host is resolved once; every address must be public, and exactly that address is called. The whole call has one time
limit, redirects are not followed, and the response body is discarded.
"""

import ipaddress
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx
import structlog

from jaga import __version__
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.foreign import Address, is_loopback, is_public
from jaga.core.standard_webhooks import SigningKey, sign
from jaga.platforms.kit.http import CallDeadline, transport
from jaga.store.kernel.once import forget_answers, forget_forms
from jaga.webhooks.verbs import (
    HookToSend,
    delivered,
    endpoint_gone,
    forget_delivered,
    is_practice,
    not_delivered,
    not_tried,
    take_deliveries,
)

SECONDS = 10.0
ENDPOINTS_AT_ONCE = 8
_MOST_READ = 64 * 1024
_LONGEST_ROUND = 20.0
_GONE = "http_410"
log = structlog.get_logger("jaga.webhooks")


class NotSent(Exception):
    """Not delivered. The text is a code, never the receiver's response."""


@dataclass(frozen=True)
class _Sent:
    delivered: tuple[int, ...]
    failed: tuple[int, str] | None
    left: tuple[int, ...]
    endpoint: int


def send_webhooks() -> int:
    """Send due messages; returns how many were accepted. A slow receiver delays only its own."""
    practice, taken, until = is_practice(), 0, time.monotonic() + _LONGEST_ROUND
    while time.monotonic() < until and (due := take_deliveries()):
        groups: dict[int, list[HookToSend]] = {}
        for hook in due:
            groups.setdefault(hook.endpoint_id, []).append(hook)
        with ThreadPoolExecutor(min(ENDPOINTS_AT_ONCE, len(groups)), thread_name_prefix="webhooks") as threads:
            results = list(threads.map(lambda group: _send_in_turn(group, practice=practice), groups.values()))
        for result in results:
            _record(result)
            taken += len(result.delivered)
        if not any(result.delivered for result in results):
            break
    return taken


def delete_expired() -> int:
    """Delete expired API responses, form submissions and delivered messages; returns how many."""
    return forget_answers() + forget_forms() + forget_delivered()


def _send_in_turn(hooks: Sequence[HookToSend], *, practice: bool) -> _Sent:
    """Send one endpoint's messages in order, until one fails. Does not use the database."""
    done: list[int] = []
    for number, hook in enumerate(hooks):
        try:
            send(hook, practice=practice)
        except NotSent as refused:
            left = tuple(one.delivery_id for one in hooks[number + 1 :])
            return _Sent(tuple(done), (hook.delivery_id, str(refused)), left, hook.endpoint_id)
        done.append(hook.delivery_id)
    return _Sent(tuple(done), None, (), hooks[0].endpoint_id)


def _record(result: _Sent) -> None:
    for delivery in result.delivered:
        delivered(delivery)
    if result.failed is None:
        return
    delivery, why = result.failed
    not_delivered(delivery, why)
    not_tried(result.left)
    log.warning("webhook_not_delivered", endpoint=result.endpoint, delivery=delivery, why=why)
    if why == _GONE:
        endpoint_gone(result.endpoint, actor=SYSTEM)


def send(hook: HookToSend, *, practice: bool = False) -> None:
    """Make one attempt, signed with the current time. Raises NotSent."""
    if urlsplit(hook.url).scheme != "https" and not practice:
        raise NotSent("not_encrypted")
    post(hook.url, hook.hook_id, hook.body, hook.keys, this_machine=practice)


def post(
    url: str, hook_id: str, body: bytes, key: SigningKey | Sequence[SigningKey], *, this_machine: bool = False
) -> None:
    """Post a signed message to a public address, or to this machine if allowed. Raises NotSent."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(host, port, practice=this_machine)
    literal = f"[{address}]" if address.version == 6 else str(address)
    named = f"[{host}]" if ":" in host else host
    headers = {
        "Host": named if parts.port is None else f"{named}:{parts.port}",
        "Content-Type": "application/json",
        "User-Agent": f"Jaga/{__version__}",
        "Accept-Encoding": "identity",
        **sign(key, hook_id, now(), body),
    }
    until, deadline = time.monotonic() + SECONDS, CallDeadline()
    deadline.begin(SECONDS)  # also covers headers sent byte by byte
    try:
        with (
            httpx.Client(
                timeout=SECONDS / 2, transport=transport(_tls(), deadline), trust_env=False, follow_redirects=False
            ) as client,
            client.stream(
                "POST",
                httpx.URL(url).copy_with(host=literal),
                content=body,
                headers=headers,
                extensions={"sni_hostname": host},
            ) as response,
        ):
            _drain(response, until)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotSent(type(error).__name__) from error
    if not response.is_success:
        raise NotSent(f"http_{response.status_code}")


def _drain(response: httpx.Response, until: float) -> None:
    """Read a part of the response body, so that the receiver sees no broken connection, and discard it.

    Raises NotSent.
    """
    size = 0
    for part in response.iter_raw():
        size += len(part)
        if time.monotonic() > until:
            raise NotSent("too_slow")
        if size > _MOST_READ:
            return


@cache
def _tls() -> SSLContext:
    return httpx.create_ssl_context()


def public_address(host: str, port: int, *, practice: bool = False) -> Address:
    """The address to call.

    Raises NotSent if any address of the host is not public.

    A practice installation may call this machine. So may alarm webhooks, whose address the operator of the installation
    sets.
    """
    try:
        found = {
            ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
            for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        }
    except (OSError, UnicodeError) as error:
        raise NotSent("host_unknown") from error
    for address in found:
        if not (is_public(address) or (practice and is_loopback(address))):
            raise NotSent("not_a_public_address")
    return min(found, key=lambda address: (address.version, int(address)))
