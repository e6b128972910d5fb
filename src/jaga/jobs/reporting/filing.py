"""Periodic tasks that file accepted reports into their cases, and triage these in the same transaction (ADR 0108)."""

from jaga.casework.reporting.filing import file_waiting
from jaga.core.terms.reports import FilingPriority
from jaga.jobs.screening.triage import triage_filed

AT_ONCE = 400
"""Reports filed by one transaction, at most: fewer than one triage reads."""
_ROUNDS = 20  # then the worker checks whether it should stop


def file_urgent() -> int:
    """File urgent reports. Separate, so that they never wait for a large portion of ordinary ones."""
    return file_waiting(AT_ONCE, priority=FilingPriority.URGENT, triage=triage_filed)


def file_others() -> int:
    """File ordinary reports by priority, leaving urgent ones to `file_urgent`."""
    filed = 0
    for _ in range(_ROUNDS):
        last = file_waiting(AT_ONCE, but=FilingPriority.URGENT, triage=triage_filed)
        filed += last
        if last < AT_ONCE:
            break
    return filed
