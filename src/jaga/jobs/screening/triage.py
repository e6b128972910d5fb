"""Triages waiting cases together: one case takes as many statements as a hundred."""

from collections.abc import Sequence
from itertools import accumulate

import structlog
from django.db import connection, transaction

from jaga.casework.cases.accounts import share_platforms
from jaga.casework.kernel.job_tables import finish, lock_waiting_cases
from jaga.casework.kernel.jobs import FEW_REPORTS, ORDINARY, TRIAGE
from jaga.casework.reporting.handle_resolution import without_names
from jaga.casework.screening.triage import MOST_AT_ONCE, triage_case, triage_cases
from jaga.core.actors import SYSTEM
from jaga.records.models import Case, Report

log = structlog.get_logger("jaga.triage")
TOGETHER = 400


def triage_with_waiting(case_id: int, *, queue: str) -> None:
    """Triage this case, whose job runs, and waiting ones of this queue. One with many reports, or one that is locked or
    would fail the others, is triaged by itself. Raises NotFound."""
    if not triage_waiting(queue=queue, own=case_id):
        triage_case(case_id, actor=SYSTEM)
        triage_waiting(queue=queue)


def triage_waiting(most: int = TOGETHER, *, queue: str = ORDINARY, own: int | None = None) -> int:
    """Triage waiting cases with few reports of this queue and finish their jobs, in one transaction; returns how many.

    `own` is a case whose job the caller runs and ends: it is triaged with them, else none is.

    Several workers may run it. If one case fails, all are rolled back and keep their jobs.
    """
    try:
        with transaction.atomic():
            return _triage(most, queue, own)
    except Exception as refused:  # the failing case's own job will report it
        if connection.connection is None or not connection.is_usable():
            raise
        log.warning("triaged_one_by_one", why=type(refused).__name__)
        return 0


def triage_filed(cases: Sequence[Case], reports: Sequence[Report]) -> set[int]:
    """Triage cases in the transaction that files these reports into them, and holds their locks; returns which.

    The others need their jobs: those with many reports or with a handle to look up, and all of them if one fails.
    """
    try:
        with transaction.atomic():
            mine = _as_many_as_one_reads(without_names([case for case in cases if case.reports_count <= FEW_REPORTS]))
            triage_cases(mine, actor=SYSTEM, filed=reports)
    except Exception as refused:  # the failing case's own job will report it
        if connection.connection is None or not connection.is_usable():
            raise
        log.warning("triaged_one_by_one", why=type(refused).__name__)
        return set()
    return {case.pk for case in mine}


def _as_many_as_one_reads(cases: Sequence[Case]) -> list[Case]:
    """Not more reports than one triage reads, so that no case is ranked half-read."""
    read = accumulate(case.reports_count for case in cases)
    return [case for case, reports in zip(cases, read, strict=True) if reports <= MOST_AT_ONCE]


def _triage(most: int, queue: str, own: int | None) -> int:
    jobs = lock_waiting_cases(TRIAGE, queue, most_reports=FEW_REPORTS, most=most)
    wanted = {case_id for _, case_id in jobs} | (set() if own is None else {own})
    if not wanted:
        return 0
    locked = list(
        Case.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("subject")
        .filter(pk__in=wanted, reports_count__lte=FEW_REPORTS)
        .order_by("pk")
    )
    mine = [case for case in locked if case.pk == own]
    if own is not None and not mine:
        return 0
    share_platforms(case.subject for case in locked)
    cases = _as_many_as_one_reads([*mine, *without_names([case for case in locked if case.pk != own])])
    triage_cases(cases, actor=SYSTEM)
    done = {case.pk for case in cases}
    finish([job for job, case_id in jobs if case_id in done])
    return len(cases)
