"""Named points between two commits or calls, at which a process dies, or takes the database with it.

Nothing of this is in Jaga: the processes of these tests wrap Jaga's functions (`in_worker`, `in_web`). A point is armed
by a file of its name in `armed/`; whoever comes by first takes the file away and strikes, so each strikes once. The
file says what dies: `self`, `group` (the whole web server), or `postgres`, if it lives at that moment; `pause` stops a
process without ending it.
"""

import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

_STEPS = ("restrict", "deliver", "close")  # each with a commit of its own; what changes nothing comes with the next
_WORKER = (
    "triage_case", "job", "may_ask", "start_attempt", "observe", "preserve", "record_material", "restrict",
    "order hold", "deliver", "order notice", "close", "order close", "observe again", "record_answer",
    "record_verification", "finish_job", "link_entries", *(f"record_step {step}" for step in _STEPS),
)
WORKER_POINTS = tuple(f"{side} {what}" for what in _WORKER for side in ("before", "after"))
COMMITS = ("triage_case", "start_attempt", "record_material", "record_verification", "finish_job", "link_entries",
           *(f"record_step {step}" for step in _STEPS))
COMMIT_POINTS = tuple(f"{side} {what}" for what in COMMITS for side in ("before", "after"))
FAILURE_POINTS = tuple(f"{side} {what}" for what in ("record_silence", "attempt_failed", "put_off")
                       for side in ("before", "after"))
WAITING_POINTS = ("before commit_decision", "after commit_decision")
FILING_POINTS = ("before file_reports", "after file_reports")
WEB_POINTS = tuple(f"{side} {what}" for what in ("accept_report", "cast_vote") for side in ("before", "after"))

_job = threading.local()


def postgres_processes(first: int) -> list[int]:
    """The server's first process and its children, to be killed together: as a power cut would."""
    children = [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == first]
    return [first, *children]


def kill_postgres(first: int) -> None:
    """Kill -9 all of it."""
    for pid in postgres_processes(first):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _reached(name: str) -> None:
    folder = Path(os.environ["FAULTS"])
    armed, mine = folder / "armed" / name, folder / "struck" / name
    try:
        what = armed.read_text()
        server = int((folder / "postgres").read_text())
        if what == "postgres" and not Path(f"/proc/{server}").exists():
            return  # it is down already; this point waits for its own blow
        armed.rename(mine)
    except FileNotFoundError:
        return
    match what:
        case "self":
            os.kill(os.getpid(), signal.SIGKILL)
        case "pause":
            mine.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        case "group":
            os.killpg(os.getpgrp(), signal.SIGKILL)
        case _:
            kill_postgres(server)


@contextmanager
def _around(name: str) -> Iterator[None]:
    _reached(f"before {name}")
    yield
    _reached(f"after {name}")


def _wrap(place: Any, attribute: str, name: Callable[..., str]) -> None:
    real = getattr(place, attribute)

    @wraps(real)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        with _around(name(*arguments, **named)):
            return real(*arguments, **named)

    setattr(place, attribute, wrapped)


def _wrap_async(place: Any, attribute: str) -> None:
    real: Callable[..., Awaitable[Any]] = getattr(place, attribute)

    @wraps(real)
    async def wrapped(*arguments: Any, **named: Any) -> Any:
        with _around(attribute):
            return await real(*arguments, **named)

    setattr(place, attribute, wrapped)


def _look_number(*arguments: Any, **named: Any) -> str:
    _job.looks = getattr(_job, "looks", 0) + 1
    return "observe" if _job.looks == 1 else "observe again"


def _job_name(*arguments: Any, **named: Any) -> str:
    _job.looks = 0
    (Path(os.environ["FAULTS"]) / "had-a-job" / str(os.getpid())).touch()
    return "job"


def in_worker() -> None:
    """Wrap what the worker calls."""
    from jaga.platforms.toy import ToyAdapter  # type: ignore[import-not-found]
    from procrastinate.manager import JobManager

    from jaga.casework import act, filing, health, verification
    from jaga.jobs import tasks, worker

    for place, attribute in ((act, "start_attempt"), (act, "record_material"), (health, "may_ask"),
                             (health, "record_answer"), (health, "record_silence"), (health, "put_off"),
                             (act, "attempt_failed"), (verification, "record_verification"),
                             (tasks, "triage_case"), (tasks, "commit_decision"), (worker, "link_entries"),
                             (filing, "file_reports")):
        _wrap(place, attribute, lambda *_, _name=attribute, **__: _name)
    _wrap(act, "record_step", lambda action, step, *_, **__: f"record_step {step}")
    _wrap(tasks, "carry_out", _job_name)
    _wrap_async(JobManager, "finish_job")
    for step in ("preserve", "restrict", "deliver", "close"):
        _wrap(ToyAdapter, step, lambda *_, _name=step, **__: _name)
    _wrap(ToyAdapter, "observe", _look_number)
    _wrap(ToyAdapter, "order", lambda self, account, order, *_: f"order {order}")


def in_web() -> None:
    """Wrap the two verbs whose answer is a promise: after the commit, before the response."""
    from jaga.web.console import decide
    from jaga.web.public import report

    _wrap(report, "accept_report", lambda *_, **__: "accept_report")
    _wrap(decide, "cast_vote", lambda *_, **__: "cast_vote")
