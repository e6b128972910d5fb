"""Periodic tasks that file accepted reports into their cases."""

from jaga.casework.reporting.filing import file_waiting
from jaga.core.terms.reports import FilingPriority

_AT_ONCE = 500
_ROUNDS = 20  # then the worker checks whether it should stop


def file_urgent() -> int:
    """File urgent reports. Separate, so that they never wait for a large portion of ordinary ones."""
    return file_waiting(_AT_ONCE, priority=FilingPriority.URGENT)


def file_others() -> int:
    """File ordinary reports by priority, leaving urgent ones to `file_urgent`."""
    filed = 0
    for _ in range(_ROUNDS):
        last = file_waiting(_AT_ONCE, but=FilingPriority.URGENT)
        filed += last
        if last < _AT_ONCE:
            break
    return filed
