"""Triage that waits is done together: by itself each case costs the same statements that a hundred do."""

from itertools import accumulate

import structlog
from django.db import connection, transaction

from jaga.casework.kernel.job_tables import finish, lock_waiting_cases
from jaga.casework.kernel.jobs import ORDINARY, TRIAGE
from jaga.casework.reporting.handle_resolution import without_names
from jaga.casework.screening.triage import MOST_AT_ONCE, triage_cases
from jaga.core.actors import SYSTEM
from jaga.records.models import Case

log = structlog.get_logger("jaga.triage")
TOGETHER = 200
_FEW = 5  # reports of a case; one with more is a job of its own


def triage_waiting(most: int = TOGETHER, *, queue: str = ORDINARY) -> int:
    """Triage cases of few reports whose jobs wait in that queue, in one transaction with the end of those jobs.

    Returns how many. Several workers may do it beside each other. Where one of the cases cannot be done, none is: each
    has its job still.
    """
    try:
        with transaction.atomic():
            return _triage(most, queue)
    except Exception as refused:  # whatever it is, the case's own job comes to it and shows it
        if connection.connection is None or not connection.is_usable():
            raise
        log.warning("triaged_one_by_one", why=type(refused).__name__)
        return 0


def _triage(most: int, queue: str) -> int:
    jobs = lock_waiting_cases(TRIAGE, queue, most_reports=_FEW, most=most)
    if not jobs:
        return 0
    locked = (Case.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
              .select_related("subject__platform").order_by("pk")
              .filter(pk__in={case_id for _, case_id in jobs}, reports_count__lte=_FEW))
    cases = without_names(list(locked))
    # No more than one triage reads: a case must not come to people half read.
    read = accumulate(case.reports_count for case in cases)
    cases = [case for case, reports in zip(cases, read, strict=True) if reports <= MOST_AT_ONCE]
    triage_cases(cases, actor=SYSTEM)
    done = {case.pk for case in cases}
    finish([job for job, case_id in jobs if case_id in done])
    return len(cases)
