"""Whether a loopback port is free, and who uses it."""

import socket
from contextlib import suppress
from pathlib import Path

from jaga.app.services.errors import PortTaken
from jaga.app.services.processes import command_of, working_folder

_LISTENING = "0A"


def require_free(port: int, variable: str) -> None:
    """Raises `PortTaken`, naming the process, if something listens on this loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as refusal:
            raise PortTaken(port=port, owner=holder(port) or "another program", variable=variable) from refusal


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def holder(port: int) -> str | None:
    """“process 123 (command), which works in FOLDER” of the listener, or None if the system does not show it."""
    pid = listener(port)
    if pid is None:
        return None
    folder = working_folder(pid)
    return f"process {pid} ({command_of(pid)}){f', which works in {folder}' if folder else ''}"


def listener(port: int) -> int | None:
    """The pid of a process listening on the port, or None if there is none or the system does not show it."""
    inodes = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listeners(Path("/proc/net") / table, port)}
    for folder in Path("/proc").glob("[0-9]*/fd"):
        if inodes & set(_opened(folder)):
            return int(folder.parent.name)
    return None


def another_answers(port: int, variable: str) -> PortTaken:
    """The error for a port where another server answers than Jaga's, so it must not be used."""
    owner = holder(port) or "another program"
    return PortTaken(
        port=port, owner=f"{owner}: it answers there, and belongs to no part of this installation", variable=variable
    )


def _opened(folder: Path) -> list[str]:
    """A process's open files; empty if it belongs to another user or has just exited."""
    found = []
    with suppress(OSError):
        for entry in folder.iterdir():
            with suppress(FileNotFoundError):  # Closed in the meantime.
                found.append(str(entry.readlink()))
    return found


def _listeners(table: Path, port: int) -> list[str]:
    if not table.exists():
        return []
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port]
