"""Periodic tasks that file accepted reports into their cases, and triage these cases right afterwards.

Each case has its job for triage from the commit that files its report. A worker that fetched them one by one would
spend more on fetching than on triage, so the jobs are put off for some seconds, and this task ends them. If it is
killed before, they are fetched as any other.
"""

from jaga.casework.kernel.jobs import ORDINARY, URGENT
from jaga.casework.reporting.filing import file_waiting
from jaga.core.terms.reports import FilingPriority
from jaga.jobs.screening.triage import triage_waiting

_AT_ONCE = 500
_ROUNDS = 20  # then the worker checks whether it should stop
_PUT_OFF = {URGENT: 1.0, ORDINARY: 5.0}
"""Seconds until others fetch the jobs of this task's cases: more than triage takes, little for a case that waits."""


def file_urgent() -> int:
    """File urgent reports. Separate, so that they never wait for a large portion of ordinary ones."""
    filed = file_waiting(_AT_ONCE, priority=FilingPriority.URGENT, put_off=_PUT_OFF[URGENT])
    if filed:
        triage_waiting(queue=URGENT)
    return filed


def file_others() -> int:
    """File ordinary reports by priority, leaving urgent ones to `file_urgent`."""
    filed = 0
    for _ in range(_ROUNDS):
        last = file_waiting(_AT_ONCE, but=FilingPriority.URGENT, put_off=_PUT_OFF[ORDINARY])
        while last and triage_waiting():
            pass
        filed += last
        if last < _AT_ONCE:
            break
    return filed
