"""A deadline for a whole answer: httpx only limits the wait for each part, and a server can send parts forever.

Headers arriving letter by letter, each within the limit, would otherwise block a worker thread for days.
"""

import ssl
import time
from collections.abc import Iterable
from threading import local
from typing import Any

import httpcore
import httpx


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
