"""Process information from /proc, so that only processes Jaga started are ever stopped.

How long each phase of a start takes, in `log/start.log`, to find out why a start is slow.

    2026-11-29 08:15:46 UTC [4711] tables: 4.2 s, processor 3.1 s

*Processor* is the time of `jaga run` itself and of the programs that it ran to their end. What else starts at the same
time (the web server, the chat server, the compilation) has processor time of its own, which is not in it.

Whether a loopback port is free, and who uses it.
"""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jaga.app.services.errors import PortTaken, open_log, write_private


class Phases:
    """The phases of one start, written as each ends; on a full disk they are not written."""

    def __init__(self, home: Path) -> None:
        self._log = home / "log" / "start.log"

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block, also if it fails."""
        began, used = time.monotonic(), _processor()
        try:
            yield
        finally:
            self._write(f"{name}: {time.monotonic() - began:.1f} s, processor {_processor() - used:.1f} s")

    def _write(self, line: str) -> None:
        try:
            with open_log(self._log) as log:
                log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC [{os.getpid()}] {line}\n".encode())
        except OSError:
            return


def _processor() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


_END_BYTES = 4096


@dataclass(frozen=True)
class Process:
    """One process, distinguished from a later one with the same pid by its start time (in kernel ticks)."""

    pid: int
    began: int

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The living process with this pid; a zombie counts as dead once its other threads, which hold its ports,
        are.
        """
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = text.rpartition(")")[2].split()  # The name before it may contain spaces and brackets.
        dead = fields[0] in "ZX" and int(fields[17]) <= 1
        return None if dead else cls(pid, int(fields[19]))

    def alive(self) -> bool:
        return Process.of(self.pid) == self

    def wait(self, seconds: float) -> bool:
        """Whether it exited within this time."""
        until = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def stop(self, *, first: signal.Signals = signal.SIGTERM, patience: float = 10, group: bool = False) -> None:
        """Terminate it, then kill it; with `group`, all its descendants too (it must lead its own group)."""
        send = os.killpg if group else os.kill
        for number, seconds in ((first, patience), (signal.SIGKILL, 5)):
            if not self.alive():
                return
            try:
                send(self.pid, number)
            except ProcessLookupError:
                return
            if self.wait(seconds):
                return

    def write(self, path: Path) -> None:
        """Store it for a later run (see `read`)."""
        write_private(path, f"{self.pid} {self.began}\n".encode())

    @classmethod
    def read(cls, path: Path) -> "Process | None":
        """The stored process, if that same one still lives."""
        try:
            words = path.read_text().split()
        except FileNotFoundError:
            return None
        if len(words) != 2 or not all(word.isdigit() for word in words):
            return None
        remembered = cls(int(words[0]), int(words[1]))
        return remembered if remembered.alive() else None


def command_of(pid: int) -> str:
    """A process's command line for display, or an empty string if not visible."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:120]
    except OSError:
        return ""


def working_folder(pid: int) -> Path | None:
    """A process's working directory, or None if it is gone or not visible."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def last_lines(log: Path, count: int = 3, since: int = 0) -> str:
    """The end of a log on one line, for an error message: of what follows its first `since` bytes."""
    try:
        with log.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _END_BYTES, since if since <= size else 0))  # A rotated log is shorter.
            end = file.read(_END_BYTES).decode(errors="replace")
    except OSError:
        return ""
    return " / ".join(end.strip().splitlines()[-count:])[-400:]


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
