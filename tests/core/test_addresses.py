"""Which addresses are public, compared with the IANA registries of special-purpose addresses (RFC 6890) as of 2025."""

import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from jaga.core.foreign import is_loopback, is_public, unmapped

SOURCES = Path(__file__).resolve().parents[2] / "src"
# iana-ipv4-special-registry and iana-ipv6-special-registry: whatever is not "globally reachable" there.
NOT_REACHABLE = (
    "0.0.0.0/8",
    "0.0.0.0/32",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.88.99.2/32",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:2::/48",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
)
# Multicast, what was given back, site-local addresses of RFC 3879, and every way that leads to an IPv4 address.
NOT_CALLED_EITHER = (
    "224.0.0.0/4",
    "192.88.99.0/24",
    "ff00::/8",
    "fec0::/10",
    "::/96",
    "64:ff9b::/96",
    "2001::/32",
    "2002::/16",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:1::1/128",
    "4000::/3",
    "8000::/1",
)
INSIDE_MAPPED = ("::ffff:10.0.0.0/104", "::ffff:127.0.0.0/104", "::ffff:169.254.0.0/112", "::ffff:192.168.0.0/112")
PUBLIC = (
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.175.48.1",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "2620:4f:8000::1",
    "2a00:1450:4001::1",
    "::ffff:93.184.215.14",
)


@pytest.mark.parametrize("network", [*NOT_REACHABLE, *NOT_CALLED_EITHER, *INSIDE_MAPPED])
def test_no_address_of_a_special_network_is_public(network: str) -> None:
    """Neither its first nor its last address, nor one in the middle."""
    net = ip_network(network)
    first, last = int(net.network_address), int(net.broadcast_address)
    for number in {first, (first + last) // 2, last}:
        assert not is_public(type(net.network_address)(number)), network


@pytest.mark.parametrize("address", PUBLIC)
def test_what_lies_beside_them_is_public(address: str) -> None:
    """Also the last address before a special network, and the first after it."""
    assert is_public(ip_address(address))


def test_an_ipv4_address_is_the_same_in_both_writings() -> None:
    """::ffff:127.0.0.1 is this machine; a zone makes no other address."""
    assert is_loopback(ip_address("::ffff:127.0.0.1"))
    assert is_loopback(ip_address("::1"))
    assert not is_loopback(ip_address("::ffff:93.184.215.14"))
    assert unmapped(ip_address("fe80::1%eth0")) == ip_address("fe80::1")
    assert not is_public(ip_address("fe80::1%eth0"))


def _judged_by(python: str) -> str:
    edges = [
        str(end)
        for network in (*NOT_REACHABLE, *NOT_CALLED_EITHER, *INSIDE_MAPPED)
        for net in [ip_network(network)]
        for end in (net.network_address, net.broadcast_address)
    ]
    program = (
        "import sys; from ipaddress import ip_address; from jaga.core.foreign import is_loopback, is_public\n"
        "print([(is_public(ip_address(a)), is_loopback(ip_address(a))) for a in sys.argv[1:]])"
    )
    ran = subprocess.run(
        [python, "-c", program, *edges, *PUBLIC],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SOURCES), "PATH": "/usr/bin:/bin"},
    )
    return ran.stdout


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_judges_alike(version: str) -> None:
    """`ipaddress` differs between versions; the result must not."""
    python = f"/usr/bin/python{version}"
    if shutil.which(python) is None:
        pytest.skip(f"no {python} here")
    assert _judged_by(python) == _judged_by(sys.executable)
