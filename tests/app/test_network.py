"""The guard that blocks network connections in tests."""

import socket

import pytest
from tests.network import BeyondLoopback


def test_tests_cannot_leave_this_machine() -> None:
    """Addresses and names beyond loopback are refused before anything is sent; loopback works."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    with socket.socket() as outside, pytest.raises(BeyondLoopback):
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(BeyondLoopback):
        socket.getaddrinfo("example.invalid", 80)
