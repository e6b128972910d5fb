"""Days that lie before the practice installation's first: the same pages and forms, with the clock set back.

Nobody can wait a day for a deadline. So these visits reach the pages in our own process, where the clock stands still
at the moment that is played; what the worker would have done in between is done by the same jobs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from jaga.casework.decisions.undo_window import commit_decision
from jaga.casework.reporting.filing import file_waiting
from jaga.casework.screening.triage import triage_case
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.jobs.actions.carry_out import carry_out
from jaga.records.models import PendingCommit
from jaga_practice.visitor import within


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Everything in the block happens at that moment."""
    from jaga.app.wsgi import application

    with frozen(moment), within(httpx.WSGITransport(app=application)):
        yield


def file() -> None:
    """The worker's filing of what was accepted, at the moment that is played."""
    while file_waiting():
        pass


def sort(case_id: int) -> None:
    """The worker's triage, at the moment that is played."""
    triage_case(case_id, actor=SYSTEM)


def act(case_id: int) -> None:
    """The worker's rounds on a judged case: the commit of what waits for it, at its moment, and what follows then."""
    pending = PendingCommit.objects.filter(case=case_id, ended_at__isnull=True).first()
    with frozen(pending.commit_at if pending else now()):
        if pending:
            commit_decision(pending.pk, actor=SYSTEM)
        carry_out(case_id)
