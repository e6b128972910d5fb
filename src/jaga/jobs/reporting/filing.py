"""Periodic tasks that file accepted reports into their cases, and triage these cases right afterwards (ADR 0107).

Each case has its job for triage from the commit that files its report. A worker that fetched them one by one would
spend more on fetching than on triage, so the jobs are put off for some seconds, and these tasks end them. If the worker
is killed before, they are fetched as any other.
"""

from threading import Lock

from jaga.casework.kernel.jobs import ORDINARY, URGENT
from jaga.casework.reporting.filing import file_waiting
from jaga.core.terms.reports import FilingPriority
from jaga.jobs.screening.triage import triage_waiting

AT_ONCE = 500
"""Reports filed by one transaction, at most."""
_ROUNDS = 20  # then the worker checks whether it should stop
PUT_OFF = {URGENT: 1.0, ORDINARY: 10.0}
"""Seconds until others fetch the jobs of these cases: more than triage takes, little for a case that waits."""
_FARTHEST_AHEAD = 1500  # reports; triage must come to a case before its job is fetched


class _Ahead:
    """How many reports this process has filed whose cases it has not triaged yet, at most."""

    def __init__(self) -> None:
        self._reports, self._lock = 0, Lock()

    @property
    def reports(self) -> int:
        return self._reports

    def filed(self, reports: int) -> None:
        with self._lock:
            self._reports += reports

    def triaged(self, reports: int) -> None:
        with self._lock:
            self._reports -= reports


_ahead = _Ahead()


def file_urgent() -> int:
    """File urgent reports. Separate, so that they never wait for a large portion of ordinary ones."""
    filed = file_waiting(AT_ONCE, priority=FilingPriority.URGENT, put_off=PUT_OFF[URGENT])
    if filed:
        triage_waiting(queue=URGENT)
    return filed


def file_others() -> int:
    """File ordinary reports by priority, leaving urgent ones to `file_urgent`, and not too far ahead of triage."""
    filed = 0
    for _ in range(_ROUNDS):
        if _ahead.reports > _FARTHEST_AHEAD:
            break
        last = file_waiting(AT_ONCE, but=FilingPriority.URGENT, put_off=PUT_OFF[ORDINARY])
        _ahead.filed(last)
        filed += last
        if last < AT_ONCE:
            break
    return filed


def triage_others() -> int:
    """Triage the cases of what `file_others` filed, beside it; returns how many.

    What it cannot triage, such as a case that somebody holds, is left to its job.
    """
    triaged, begun = 0, _ahead.reports
    if begun:  # otherwise the database is not asked
        while some := triage_waiting():
            triaged += some
        _ahead.triaged(begun)
    return triaged
