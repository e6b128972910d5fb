"""The network of a client, as exact as it is needed."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis.strategies import integers, ip_addresses

from jaga.web.strangers import network_in, network_of


@given(ip_addresses(), integers(min_value=0, max_value=32))
def test_a_network_is_written_as_the_standard_library_does(found: IPv4Address | IPv6Address, bits: int) -> None:
    """For all addresses and lengths."""
    for length in (bits, found.max_prefixlen - bits):
        assert network_of(found, length) == str(ip_network((found, length), strict=False))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_client_counts_by_its_network(address: str, network: str) -> None:
    """An IPv4 address written as IPv6 counts as what it is; a socket without an address is unknown."""
    assert network_in({"REMOTE_ADDR": address}) == network
