"""Process information from /proc, so that only processes Jaga started are ever stopped."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from jaga.app.services.files import write_private

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
