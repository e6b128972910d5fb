"""Where a request comes from, only as exactly as is needed: a network, never a person's full address."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from jaga.core.addresses import unmapped
from jaga.records.codes import client_key

_PREFIX = {4: 24, 6: 48}


def address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The client's address; None for a socket without one, or behind a proxy that is set up wrongly.

    Behind `JAGA_PROXY_HOPS` proxies of our own, each of which appends to X-Forwarded-For, it is the one that the
    outermost of them saw. What a client claims further left is never trusted.
    """
    hops: int = getattr(settings, "JAGA_PROXY_HOPS", 0)
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    seen = forwarded[-hops] if 0 < hops <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        found = ip_address(seen)
    except ValueError:
        return None
    return unmapped(found)


def network(request: HttpRequest) -> str:
    """The client's network (/24, /48): what makes an anonymous voice independent. It is hashed before it is stored."""
    found = address(request)
    return str(ip_network((found, _PREFIX[found.version]), strict=False)) if found else "unknown"


def guesser(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE: whose wrong passwords are counted together.

    Were it the proxy's address, eight wrong passwords by anybody would keep a reviewer out, wherever that person is. It
    is a keyed hash in the shape of a private address: the table and the log that it goes to hold no address of anybody.
    """
    found = address(request)
    return str(IPv6Address(b"\xfd" + client_key(str(found))[:15])) if found else None


def unnamed(*known: object) -> str:
    """AXES_CLIENT_STR_CALLABLE: what the log says of who mistyped a password. Names and addresses are nobody's."""
    return "somebody"
