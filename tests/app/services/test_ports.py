"""If a port is in use, the error names the process that uses it."""

import os
import socket
from pathlib import Path

import pytest

from jaga.app.services.errors import PortTaken
from jaga.app.services.processes import another_answers, free_port, holder, require_free


def test_a_taken_port_is_refused_with_its_holder_and_the_variable() -> None:
    """The refusal names the process and the variable that changes the port; a free port is not refused."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert f"process {os.getpid()} " in (holder(port) or "")
        with pytest.raises(PortTaken, match=rf"{port}.*{os.getpid()}.*JAGA_PORT"):
            require_free(port, "JAGA_PORT")
    require_free(port, "JAGA_PORT")


def test_a_free_port_has_no_holder() -> None:
    """For a free port no process is named."""
    assert holder(free_port()) is None


def test_whoever_answers_instead_of_ours_is_named_with_folder_and_port() -> None:
    """The error names the folder and port of the other installation, and the variable to set."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sentence = another_answers(port, "SYNAPSE_PORT").english()
    assert f"Port {port} is taken by process {os.getpid()} " in sentence
    assert f"which works in {Path.cwd()}" in sentence
    assert "SYNAPSE_PORT=" in sentence
