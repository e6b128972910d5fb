"""Which addresses lie in the public internet: the one judgement for whatever we call because somebody else named it.

The IANA registries of special-purpose addresses (RFC 6890) stand here as tables, beside `ipaddress`, whose own answers
differ between versions of Python; what any of them differs about is refused. Pure.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_ALLOCATED = IPv6Network("2000::/3")  # all that IANA gives out; outside of it is local, or a way to IPv4
_SPECIAL = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
)))
_SPECIAL_6 = tuple(map(IPv6Network, (
    "2001::/23",  # protocol assignments; Teredo, which leads to an IPv4 address, is one of them
    "2001:db8::/32", "2002::/16",  # documentation; 6to4, which leads to an IPv4 address
    "3fff::/20",  # documentation
)))


def is_public(address: Address) -> bool:
    """Whether it lies in the public internet and leads nowhere else.

    An IPv4 address written as IPv6 (::ffff:0:0/96) is judged as the IPv4 address. Ways from IPv6 to IPv4 (6to4, Teredo,
    NAT64, IPv4-compatible) are refused as a whole, since the address inside is reached by a detour.
    """
    plain = unmapped(address)
    if isinstance(plain, IPv4Address):
        return plain.is_global and not any(plain in network for network in _SPECIAL)
    return plain.is_global and plain in _ALLOCATED and not any(plain in network for network in _SPECIAL_6)


def is_loopback(address: Address) -> bool:
    """Whether it is this machine."""
    return unmapped(address).is_loopback


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, without its zone; otherwise the address itself."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address
