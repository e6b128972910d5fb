"""Which addresses a watch of the web reads, by the beginnings that two people agreed on. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class WebScope:
    """An address is in scope if it begins with one of these: equal scheme, host and port, and the path begins alike.

    `/papan` covers `/papan`, `/papan/1` and `/papan?h=2`, and not `/papan-lain`.
    """

    prefixes: tuple[str, ...]

    def covers(self, address: str) -> bool:
        """Whether the address is read."""
        here = address_parts(address)
        return here is not None and any(
            there is not None
            and here[0] == there[0]
            and (here[1] == there[1] or here[1].startswith(there[1].rstrip("/") + "/"))
            for there in map(address_parts, self.prefixes)
        )


def address_parts(address: str) -> tuple[tuple[str, str, int], str] | None:
    """Scheme, host and port, and the path; None for anything but http and https, or with a name or password in it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    return (parts.scheme, parts.hostname.rstrip("."), port or _PORTS[parts.scheme]), parts.path or "/"
