"""Named points between two commits or calls at which a process dies, or takes a database with it.

None of this is in Jaga: the processes of these tests wrap Jaga's functions (`in_worker`, `in_web`). A point is armed by
a file of its name in `armed/`; the first process that reaches it removes the file and strikes, so each strikes once.
The file says what dies: `self`, `group` (the whole web server), `postgres`, `platform` (the database of the operator's
app) or `receivers` (of mail and webhooks), if it is running; `pause` stops a process without ending it.

`before` a verb is before its first statement, `within` it between its last statement and the commit, `after` it between
the commit and the return to its caller. If a verb is part of a larger transaction (every form's answer is,
`jaga.store.kernel.once`), the commit is that one's. `POINTS` has them by operation.
"""

import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection
from tests.faults import broken

_CALL, _VERB = ("before", "after"), ("before", "within", "after")


@dataclass(frozen=True)
class Point:
    """One point, and what dies there."""

    operation: str
    name: str
    kills: tuple[str, ...]


def _at(operation: str, kills: tuple[str, ...], sides: tuple[str, ...], *names: str) -> tuple[Point, ...]:
    return tuple(Point(operation, f"{side} {name}", kills) for name in names for side in sides)


_IN_WEB, _IN_WORKER, _AT_PLATFORM = ("group", "postgres"), ("self", "postgres"), ("self", "platform")
POINTS: tuple[Point, ...] = (
    *_at("intake", _IN_WEB, _VERB, "accept_report"),
    *_at("intake", _IN_WORKER, _CALL, "file_reports"),
    *_at("intake", _IN_WORKER, _CALL, "triage_case"),
    *_at("closures", _IN_WEB, _VERB, "cast_vote"),
    *_at(
        "closures",
        _IN_WORKER,
        _VERB,
        "start_attempt",
        "record_material",
        "record_verification",
        "record_step restrict",
        "record_step close",
    ),
    *_at("closures", _IN_WORKER, _CALL, "job", "may_ask", "finish_job", "record_answer"),
    *_at("closures", _AT_PLATFORM, _CALL, "observe", "restrict", "close", "observe again"),
    *_at("closures", ("self",), _CALL, "order hold", "order close"),
    *_at("closures", _AT_PLATFORM, _CALL, "change"),
    *_at("letters", _AT_PLATFORM, _CALL, "deliver"),
    *_at("letters", ("self",), _CALL, "order notice"),
    *_at("letters", _IN_WORKER, _VERB, "record_step deliver"),
    *_at("appeals", _IN_WEB, _VERB, "file_appeal", "decide_appeal"),
    *_at("appeals", _IN_WORKER, _VERB, "news_delivered"),
    *_at("restorations", _AT_PLATFORM, _CALL, "restore"),
    *_at("restorations", ("self",), _CALL, "order reopen"),
    *_at("restorations", _IN_WORKER, _VERB, "record_step restore"),
    *_at("restorations", _IN_WEB, _CALL, "restoring"),  # within the appeal's answer
    *_at("mailbox", _IN_WEB, _VERB, "write_to_reporter", "write_back", "add_evidence"),
    *_at("orders", _IN_WEB, _VERB, "answer_once"),
    *_at("orders", _IN_WEB, _CALL, "file_order"),  # within its answer, which is kept in the same commit
    *_at("webhooks", _IN_WORKER, _VERB, "take_deliveries", "delivered"),
    *_at("webhooks", (*_IN_WORKER, "receivers"), _CALL, "post"),
    *_at("drafts", _IN_WEB, _VERB, "save_draft"),
    *_at("referral", _IN_WEB, _VERB, "address_referral", "acknowledge_by_link"),
    *_at("referral", _IN_WORKER, _VERB, "send_referral", "take_mail", "mail_sent", "note_sent"),
    *_at("referral", (*_IN_WORKER, "receivers"), _CALL, "hand_over"),
    *_at("ledger", _IN_WORKER, _CALL, "link_entries"),
)
_COMMITTED = frozenset(point.name.removeprefix("within ") for point in POINTS if point.name.startswith("within "))
AFTER_THE_UNDO = _at("closures", _IN_WORKER, _VERB, "make_pending_decision")
"""Where decisions wait before they are made (`rig`'s `undo`)."""
OPERATIONS = tuple(dict.fromkeys(point.operation for point in POINTS))

# What is wrapped, by the module that has it.
_WEB_VERBS: Mapping[str, tuple[str, ...]] = {
    "jaga.reporting.verbs.intake": ("accept_report",),
    "jaga.decisions.verbs.voting": ("cast_vote",),
    "jaga.appeals.verbs.appeals": ("file_appeal", "decide_appeal"),
    "jaga.decisions.verbs.consequences": ("restore",),
    "jaga.reporting.verbs.mailbox": ("write_to_reporter", "write_back", "add_evidence"),
    "jaga.authorities.verbs.orders": ("file_order",),
    "jaga.store.kernel.once": ("answer_once",),
    "jaga.queue.verbs.leases": ("save_draft",),
    "jaga.referrals.verbs.referrals": ("address_referral",),
    "jaga.referrals.verbs.replies": ("acknowledge_by_link",),
}
_WORKER_VERBS: Mapping[str, tuple[str, ...]] = {
    "jaga.actions.verbs.attempts": ("start_attempt", "record_material", "attempt_failed"),
    "jaga.actions.verbs.circuit_breaker": ("may_ask", "record_answer", "record_silence", "put_off"),
    "jaga.actions.verbs.verification": ("record_verification",),
    "jaga.signals.verbs.triage": ("triage_case",),
    "jaga.decisions.verbs.undo_window": ("make_pending_decision",),
    "jaga.store.kernel.sequencer": ("link_entries",),
    "jaga.reporting.verbs.filing": ("file_reports",),
    "jaga.appeals.verbs.suspension": ("news_delivered",),
    "jaga.webhooks.verbs": ("take_deliveries", "delivered"),
    "jaga.webhooks.jobs": ("post",),
    "jaga.referrals.verbs.replies": ("send_referral", "note_sent"),
    "jaga.store.kernel.notification_mail": ("take_mail", "mail_sent"),
    "jaga.work.mail": ("_send",),
}
_CALLED = {"_send": "hand_over", "restore": "restoring"}  # where the point is not called as the function is

_job = threading.local()
_verbs = threading.local()


def postgres_processes(first: int) -> list[int]:
    """The server's main process and its children, to be killed together like in a power cut."""
    children = [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat") if _parent(stat) == first]
    return [first, *children]


def kill_postgres(first: int) -> None:
    """Kill -9 all of it. It is stopped first: a child created afterwards would survive, wait for ever for a killed
    one's lock, and block the next server.
    """
    with suppress(ProcessLookupError):
        os.kill(first, signal.SIGSTOP)
    for pid in postgres_processes(first):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


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
        server = int((folder / what).read_text()) if what in ("postgres", "platform", "receivers") else 0
        if server and not Path(f"/proc/{server}").exists():
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
    within = _names()
    within.append(name)
    try:
        yield
    finally:
        within.pop()
    if name in _COMMITTED and connection.in_atomic_block:
        _ended().append(name)
    else:
        _reached(f"after {name}")


def _names() -> list[str]:
    """The verbs that this thread is in, the innermost last."""
    if not hasattr(_verbs, "names"):
        _verbs.names = []
    found: list[str] = _verbs.names
    return found


def _ended() -> list[str]:
    """The verbs that ended in this thread's uncommitted transaction."""
    if not hasattr(_verbs, "ended"):
        _verbs.ended = []
    found: list[str] = _verbs.ended
    return found


def _wrap_commits() -> None:
    """Wrap Django's commit: the statements of all its verbs have been sent by then."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    pending_decisions, begins = BaseDatabaseWrapper._commit, BaseDatabaseWrapper.set_autocommit

    def commit(self: Any) -> Any:
        for name in (*_ended(), *_names()[-1:]):
            _reached(f"within {name}")
        done = pending_decisions(self)
        ended = list(_ended())
        _ended().clear()
        for name in ended:
            _reached(f"after {name}")
        return done

    def begin(self: Any, autocommit: bool, *arguments: Any, **named: Any) -> Any:
        _ended().clear()  # of a transaction that was rolled back or lost
        return begins(self, autocommit, *arguments, **named)

    setattr(BaseDatabaseWrapper, "_commit", commit)  # noqa: B010
    setattr(BaseDatabaseWrapper, "set_autocommit", begin)  # noqa: B010


def _wrap_everywhere(module: str, attribute: str) -> None:
    """Wrap a function in every module of Jaga's that has it, whoever calls it."""
    place = import_module(module)
    real = getattr(place, attribute)
    name = _CALLED.get(attribute, attribute)
    _wrap(place, attribute, lambda *_, **__: name)
    wrapped = getattr(place, attribute)
    for other in [one for key, one in sys.modules.items() if key.startswith("jaga.")]:
        for known, value in list(vars(other).items()):
            if value is real:
                setattr(other, known, wrapped)


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

    from jaga.actions.verbs import attempts
    from jaga.app import tasks, worker  # noqa: F401 - whoever calls a verb must know it before it is wrapped
    from jaga.platforms.sql.adapter import SqlAdapter
    from jaga.platforms.sql.database import Database

    _wrap_commits()
    for module, attributes in _WORKER_VERBS.items():
        for attribute in attributes:
            _wrap_everywhere(module, attribute)
    _wrap(attempts, "record_step", lambda action, step, *_, **__: f"record_step {step}")
    _wrap(tasks, "carry_out", _job_name)
    _wrap_async(JobManager, "finish_job")
    for adapter in (ToyAdapter, SqlAdapter):
        for step in ("preserve", "restrict", "deliver", "close", "restore"):
            _wrap(adapter, step, lambda *_, _name=step, **__: _name)
        _wrap(adapter, "observe", _look_number)
    _wrap(ToyAdapter, "order", lambda self, account, order, *_: f"order {order}")
    _wrap(Database, "change", lambda *_, **__: "change")
    broken.in_worker(ToyAdapter)


def in_web() -> None:
    """Wrap the verbs whose answer is a promise: before and within the commit, and after it, before the response."""
    from django.conf import settings

    import_module(settings.ROOT_URLCONF)  # whoever calls a verb must know it before it is wrapped
    _wrap_commits()
    for module, attributes in _WEB_VERBS.items():
        for attribute in attributes:
            _wrap_everywhere(module, attribute)
