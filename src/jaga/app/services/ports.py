"""Whether a port on loopback is free, and who holds it."""

import socket
from contextlib import suppress
from pathlib import Path

from jaga.app.services.errors import PortTaken
from jaga.app.services.processes import command_of

_LISTENING = "0A"


def require_free(port: int, variable: str) -> None:
    """Refuse with the holder's name if somebody listens on this loopback port. Raises `PortTaken`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as refusal:
            raise PortTaken(port=port, owner=holder(port) or "another program", variable=variable) from refusal


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def holder(port: int) -> str | None:
    """“process 123 (command)” of whoever listens on the port; None where the system does not show it to us."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listeners(Path("/proc/net") / table, port)}
    for folder in Path("/proc").glob("[0-9]*/fd"):
        if inodes & set(_opened(folder)):
            pid = int(folder.parent.name)
            return f"process {pid} ({command_of(pid)})"
    return None


def _opened(folder: Path) -> list[str]:
    """What a process has open; nothing where it is another person's, or has just ended."""
    found = []
    with suppress(OSError):
        for entry in folder.iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.append(str(entry.readlink()))
    return found


def _listeners(table: Path, port: int) -> list[str]:
    if not table.exists():
        return []
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]
