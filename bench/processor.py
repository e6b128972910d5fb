"""The processor time that the benchmark's own child processes have used so far, by kind."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_used(kinds: Mapping[str, str]) -> dict[str, float]:
    """CPU seconds of all descendants of this process by kind: the first kind whose word is in the command line.

    A process includes the children that it waited for. Descendants of no kind are left out.
    """
    used = dict.fromkeys(kinds, 0.0)
    parents = {pid: int(fields[1]) for pid, fields in _all().items()}
    for pid, fields in _all().items():
        if not _descends(pid, parents):
            continue
        kind = next((kind for kind, word in kinds.items() if word in _command(pid)), None)
        if kind is not None:
            used[kind] += sum(map(int, fields[11:15])) / _TICKS
    return used


def postmaster_in(home: Path) -> int:
    """The process number of the PostgreSQL server of an installation."""
    return int(next(home.rglob("postmaster.pid")).read_text().split("\n")[0])


def of_server(postmaster: int) -> float:
    """CPU seconds of a PostgreSQL server: of all its processes, with those that have ended."""
    spent = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == postmaster:
                spent += sum(map(int, fields[11:15]))
            elif int(fields[1]) == postmaster:
                spent += sum(map(int, fields[11:13]))
    return spent / _TICKS


def _all() -> dict[int, list[str]]:
    """The fields of /proc/PID/stat after the name, beginning with the state."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                found[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):  # ended meanwhile
                continue
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _descends(pid: int, parents: Mapping[int, int]) -> bool:
    while pid in parents:
        if pid == os.getpid():
            return True
        pid = parents[pid]
    return False
