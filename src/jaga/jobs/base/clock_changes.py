"""What a clock that was set back does to jobs that wait and to the heartbeats of workers."""

from datetime import timedelta

from django.db import connection
from django.db.models import Q

from jaga.casework.kernel.job_tables import bring_all_jobs_forward, correct_future_heartbeats
from jaga.core.clock import now
from jaga.core.terms import ActionState
from jaga.records.models import Action, LedgerEntry

_APART = timedelta(minutes=1)  # less is the ordinary correction of a clock


def heartbeats_mean_something(patience: timedelta) -> bool:
    """Whether a heartbeat that is older than `patience` tells that its worker is gone.

    Not right after the database came up: nobody could beat while it was down. And a heartbeat from the future tells
    that the clock was set back, not that the worker lives: it is taken as of now, and must be followed by another.
    """
    correct_future_heartbeats(_APART)
    with connection.cursor() as cursor:
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
    return bring_all_jobs_forward()
