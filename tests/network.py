"""No test may reach beyond this machine; an attempt fails at once."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class BeyondLoopback(RuntimeError):
    """A test tried to reach another machine."""


def block() -> None:
    """Refuse, for the rest of this process, connections and name look-ups that leave the loopback interface."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        _check(host)
        return look_up(host, *rest, **named)

    socket.getaddrinfo = getaddrinfo


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return connect(self, address)

    return guarded


def _check(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        near = ipaddress.ip_address(name.partition("%")[0]).is_loopback or name in ("0.0.0.0", "::")
    except ValueError:
        near = False
    if not near:
        raise BeyondLoopback(f"a test tried to reach {name}; only this machine may be reached in tests")
