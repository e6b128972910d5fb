"""How addresses of a watch of the web are written, and which machines may be connected to. Pure."""

import hashlib
import ipaddress
import re

from w3lib.url import canonicalize_url, safe_url_string

from jaga.core.addresses import is_loopback, is_public
from jaga.core.foreign import IDENTIFIER
from jaga.core.observations.web_scope import address_parts

LONGEST_ADDRESS = 1000
_UPWARDS = re.compile(r"(?i)(/|%2f)(\.|%2e){2}(/|%2f|\?|$)")


def clean(address: str) -> str | None:
    """The address as it is asked for, without a fragment; None if it cannot be asked for."""
    try:
        found = canonicalize_url(safe_url_string(address.strip()))
    except (ValueError, UnicodeError):
        return None
    usable = address_parts(found) is not None and len(found) <= LONGEST_ADDRESS and not _UPWARDS.search(found)
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
