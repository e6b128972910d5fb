"""Where a request comes from, only as exactly as is needed: a network, never a person's full address."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_PREFIX = {4: 24, 6: 48}


def network(request: HttpRequest) -> str:
    """The client's network (/24, /48): what makes an anonymous voice independent. It is hashed before it is stored.

    Behind `JAGA_PROXY_HOPS` proxies of our own, each of which appends to X-Forwarded-For, the address is the one that
    the outermost of them saw. What a client claims further left is never trusted.
    """
    hops: int = getattr(settings, "JAGA_PROXY_HOPS", 0)
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    seen = forwarded[-hops] if 0 < hops <= len(forwarded) else request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(seen)
    except ValueError:  # a socket without an address, or a proxy that is set up wrongly
        return "unknown"
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, _PREFIX[address.version]), strict=False))
