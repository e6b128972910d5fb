"""Which IP addresses are public: the check for every call to an address that somebody else named.

The IANA special-purpose registries (RFC 6890) are included as tables beside `ipaddress`, whose answers differ between
Python versions; an address is refused if either objects. Pure.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_ALLOCATED = IPv6Network("2000::/3")  # global unicast allocated by IANA; anything else is local or maps to IPv4
_SPECIAL = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_SPECIAL_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, including Teredo, which maps to IPv4
            "2001:db8::/32",
            "2002::/16",  # documentation; 6to4, which maps to IPv4
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether the address is public.

    An IPv4-mapped IPv6 address (::ffff:0:0/96) is judged as the IPv4 address. Other IPv6 transition addresses (6to4,
    Teredo, NAT64, IPv4-compatible) are refused, since they lead to another address.
    """
    plain = unmapped(address)
    if isinstance(plain, IPv4Address):
        return plain.is_global and not any(plain in network for network in _SPECIAL)
    return plain.is_global and plain in _ALLOCATED and not any(plain in network for network in _SPECIAL_6)


def is_loopback(address: Address) -> bool:
    """Whether it is a loopback address."""
    return unmapped(address).is_loopback


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped one contains; otherwise the address without its zone."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address
