"""Periodic tasks that file accepted reports into their cases, and triage these in the same transaction (ADR 0108)."""

from jaga.casework.reporting.filing import file_waiting
from jaga.core.terms.reports import FilingPriority
from jaga.jobs.screening.triage import triage_filed

AT_ONCE = 400
"""Reports filed by one transaction, at most: fewer than one triage reads."""
_ROUNDS = 20  # then the worker checks whether it should stop
SHARES = 2
"""Tasks that file ordinary reports at the same time, each those of its accounts: Python works while PostgreSQL does."""


def file_urgent() -> int:
    """File urgent reports. Separate, so that they never wait for a large portion of ordinary ones."""
    return file_waiting(AT_ONCE, priority=FilingPriority.URGENT, triage=triage_filed)


def file_others(share: int | None = None) -> int:
    """File ordinary reports by priority, leaving urgent ones to `file_urgent`: of all accounts, or of one of `SHARES`.

    An account has one share, since two transactions would wait for each other's cases.
    """
    filed = 0
    for _ in range(_ROUNDS):
        last = file_waiting(
            AT_ONCE, but=FilingPriority.URGENT, triage=triage_filed, accounts=None if share is None else (share, SHARES)
        )
        filed += last
        if last < AT_ONCE:
            break
    return filed
