"""Queries on Procrastinate's jobs table. No other module reads it directly."""

from datetime import timedelta

from django.db import connection
from django.db.models import Q

from jaga.casework.kernel.jobs import COMPARE_LIST
from jaga.core.clock import now
from jaga.core.terms import ActionState
from jaga.records.models import Action, LedgerEntry

_APART = timedelta(minutes=1)  # less is an ordinary clock correction
_AFTER_A_FAILURE = timedelta(minutes=10)


def has_job(task: str, number: int, *, running: bool = True, lock: str = "case") -> bool:
    """Whether a job of this task waits or, with `running`, runs for this case (or other object of `lock`)."""
    states = ["todo", "doing"] if running else ["todo"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = %s AND lock = %s"
            " AND status = ANY(%s::procrastinate_job_status[]))",
            [task, f"{lock}:{number}", states],
        )
        return bool(cursor.fetchone()[0])


def jobs_waiting(task: str) -> int:
    """How many jobs of this task wait, including scheduled ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [task])
        return int(cursor.fetchone()[0])


def lists_being_compared() -> frozenset[int]:
    """Ids of hash lists with a job that waits, runs, or failed recently.

    All such jobs share one lock.

    Recent failures count, so that a job which always fails is restarted only now and then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT (args->>'list_id')::bigint FROM procrastinate_jobs j WHERE task_name = %s"
                       " AND (status IN ('todo', 'doing') OR status = 'failed' AND EXISTS ("
                       "SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id"
                       " AND e.at > now() - make_interval(secs => %s)))",
                       [COMPARE_LIST, _AFTER_A_FAILURE.total_seconds()])
        return frozenset(number for (number,) in cursor.fetchall())


def heartbeats_mean_something(patience: timedelta) -> bool:
    """Whether a heartbeat older than `patience` shows that its worker is dead.

    False right after the database started, since no worker could send one while it was down. A heartbeat from the
    future means that the clock was set back; it is reset to now and must be followed by another.
    """
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now()"
                       " WHERE last_heartbeat > now() + make_interval(secs => %s)", [_APART.total_seconds()])
        cursor.execute("SELECT now() - pg_postmaster_start_time() BETWEEN interval '0' AND make_interval(secs => %s)",
                       [patience.total_seconds()])
        return not cursor.fetchone()[0]


class ClockWatch:
    """Detects a clock that was set back, which would delay scheduled jobs by that much.

    A clock set forward needs no action: jobs run early, which is harmless since adapters observe before they act.
    """

    def __init__(self, monotonic: float) -> None:
        self._offset = now().timestamp() - monotonic
        newest = LedgerEntry.objects.order_by("-pk").values_list("at", flat=True).first()
        self._behind = newest is not None and newest > now() + _APART  # set back while no worker ran

    def look(self, monotonic: float) -> int:
        """Bring waiting jobs forward, once each time the clock was set back; returns how many."""
        offset = now().timestamp() - monotonic
        behind = self._behind or offset < self._offset - _APART.total_seconds()
        self._offset, self._behind = offset, False
        return bring_all_forward() if behind else 0


def bring_all_forward() -> int:
    """Schedule all waiting jobs and actions for now; returns how many jobs.

    Costs an attempt on unavailable platforms.
    """
    later = Q(state=ActionState.PENDING, next_attempt_at__gt=now())
    Action.objects.filter(later).update(next_attempt_at=now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now()"
                       " WHERE status = 'todo' AND scheduled_at > now()")
        return int(cursor.rowcount)
