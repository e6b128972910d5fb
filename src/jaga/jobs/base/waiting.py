"""The jobs that wait or run, as Procrastinate keeps them: asked here and nowhere else."""

from datetime import timedelta

from django.db import connection
from django.db.models import Q

from jaga.casework.kernel.jobs import COMPARE_LIST
from jaga.core.clock import now
from jaga.core.terms import ActionState
from jaga.records.models import Action, LedgerEntry

_APART = timedelta(minutes=1)  # less is the ordinary correction of a clock
_AFTER_A_FAILURE = timedelta(minutes=10)


def has_job(task: str, number: int, *, running: bool = True, lock: str = "case") -> bool:
    """Whether the case (or what else such jobs lock) has such a job that waits, or (with `running`) is at work."""
    states = ["todo", "doing"] if running else ["todo"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = %s AND lock = %s"
            " AND status = ANY(%s::procrastinate_job_status[]))",
            [task, f"{lock}:{number}", states],
        )
        return bool(cursor.fetchone()[0])


def jobs_waiting(task: str) -> int:
    """How many jobs of this kind wait, also for their moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [task])
        return int(cursor.fetchone()[0])


def lists_being_compared() -> frozenset[int]:
    """The lists of hashes (by number) with a job that waits, is at work, or failed a moment ago: one that always fails
    begins anew now and then, and not all the time. All such jobs share one lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT (args->>'list_id')::bigint FROM procrastinate_jobs j WHERE task_name = %s"
                       " AND (status IN ('todo', 'doing') OR status = 'failed' AND EXISTS ("
                       "SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id"
                       " AND e.at > now() - make_interval(secs => %s)))",
                       [COMPARE_LIST, _AFTER_A_FAILURE.total_seconds()])
        return frozenset(number for (number,) in cursor.fetchall())


def heartbeats_mean_something(patience: timedelta) -> bool:
    """Whether a heartbeat that is older than `patience` tells that its worker is gone.

    Not right after the database came up: nobody could beat while it was down. And a heartbeat from the future tells
    that the clock was set back, not that the worker lives: it is taken as of now, and must be followed by another.
    """
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now()"
                       " WHERE last_heartbeat > now() + make_interval(secs => %s)", [_APART.total_seconds()])
        cursor.execute("SELECT now() - pg_postmaster_start_time() BETWEEN interval '0' AND make_interval(secs => %s)",
                       [patience.total_seconds()])
        return not cursor.fetchone()[0]


class ClockWatch:
    """Notices a clock that was set back: what was promised for later would then wait for that much longer.

    A clock set forward needs no answer: promises come due early, and looking before acting makes that harmless.
    """

    def __init__(self, monotonic: float) -> None:
        self._offset = now().timestamp() - monotonic
        newest = LedgerEntry.objects.order_by("-pk").values_list("at", flat=True).first()
        self._behind = newest is not None and newest > now() + _APART  # set back while no worker ran

    def look(self, monotonic: float) -> int:
        """Bring forward what waits, once for each time that the clock was set back; returns how much it was."""
        offset = now().timestamp() - monotonic
        behind = self._behind or offset < self._offset - _APART.total_seconds()
        self._offset, self._behind = offset, False
        return bring_all_forward() if behind else 0


def bring_all_forward() -> int:
    """Let everything that waits for a later moment be tried now. It costs an attempt where a platform is silent."""
    later = Q(state=ActionState.PENDING, next_attempt_at__gt=now())
    Action.objects.filter(later).update(next_attempt_at=now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()"
                       " WHERE status = 'todo' AND scheduled_at > now()")
        return int(cursor.rowcount)
