"""Which addresses a watch of the web may read. Pure."""

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url, safe_url_string

from jaga.core.addresses import is_loopback, is_public
from jaga.core.foreign import IDENTIFIER

LONGEST_ADDRESS = 1000
_UPWARDS = re.compile(r"(?i)(/|%2f)(\.|%2e){2}(/|%2f|\?|$)")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class WebScope:
    """An address is in scope if it begins with one of these: equal scheme, host and port, and the path begins alike.

    `/papan` covers `/papan`, `/papan/1` and `/papan?h=2`, and not `/papan-lain`.
    """

    prefixes: tuple[str, ...]

    def covers(self, address: str) -> bool:
        """Whether the address is read."""
        here = _parts(address)
        return here is not None and any(
            there is not None and here[0] == there[0]
            and (here[1] == there[1] or here[1].startswith(there[1].rstrip("/") + "/"))
            for there in map(_parts, self.prefixes))


def clean(address: str) -> str | None:
    """The address as it is asked for, without a fragment; None if it cannot be asked for."""
    try:
        found = canonicalize_url(safe_url_string(address.strip()))
    except (ValueError, UnicodeError):
        return None
    usable = _parts(found) is not None and len(found) <= LONGEST_ADDRESS and not _UPWARDS.search(found)
    return found if usable else None


def id_of(address: str) -> str:
    """The native id of a page or an entry: its address or own id, or the hash of a long one."""
    if address and len(address) <= IDENTIFIER.longest and address.isprintable():
        return address
    return "sha256:" + hashlib.sha256(address.encode("utf-8", "backslashreplace")).hexdigest()


def may_connect(host: str, *, loopback: bool) -> bool:
    """Whether an IP address may be connected to: only public ones; with `loopback` (in tests) only this machine."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return is_loopback(found) if loopback else is_public(found)


def _parts(address: str) -> tuple[tuple[str, str, int], str] | None:
    """Scheme, host and port, and the path; None for anything but http and https, or with a name or password in it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    return (parts.scheme, parts.hostname.rstrip("."), port or _PORTS[parts.scheme]), parts.path or "/"
