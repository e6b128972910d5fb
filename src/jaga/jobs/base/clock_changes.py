"""Effects of a clock that was set back, on waiting jobs and on workers' heartbeats."""

from datetime import timedelta

from django.db import connection
from django.db.models import Q

from jaga.casework.kernel.job_tables import bring_all_jobs_forward, correct_future_heartbeats
from jaga.core.clock import now
from jaga.core.terms.actions import ActionState
from jaga.records.models import Action, LedgerEntry

_APART = timedelta(minutes=1)  # less is the ordinary correction of a clock


def heartbeats_mean_something(patience: timedelta) -> bool:
    """Whether a heartbeat older than `patience` shows that its worker is dead.

    False right after the database started, since no worker could send one while it was down. A heartbeat from the
    future means that the clock was set back; it is reset to now and must be followed by another.
    """
    correct_future_heartbeats(_APART)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT now() - pg_postmaster_start_time() BETWEEN interval '0' AND make_interval(secs => %s)",
            [patience.total_seconds()],
        )
        return not cursor.fetchone()[0]


class ClockWatch:
    """Detects a clock that was set back, which would delay scheduled jobs by that much.

    A clock set forward needs no action: jobs run early, which is harmless since adapters observe before they act.
    """

    def __init__(self, monotonic: float) -> None:
        self._offset = now().timestamp() - monotonic
        newest = LedgerEntry.objects.order_by("-pk").values_list("at", flat=True).first()
        self._behind = newest is not None and newest > now() + _APART  # set back while no worker ran

    def check(self, monotonic: float) -> int:
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
    return bring_all_jobs_forward()
