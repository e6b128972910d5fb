"""Plays story parts in the past: the same pages and forms, with the clock frozen at an earlier moment.

Nobody can wait a day for a deadline. These visits reach the pages within this process, and the worker's jobs are called
directly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx

from jaga.actions.jobs import carry_out
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs.undo_window import make_pending_decision
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.verbs.triage import triage_case
from jaga_practice.visitor import within


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run the block at that moment."""
    from jaga.app.wsgi import application

    with frozen(moment), within(httpx.WSGITransport(app=application)):
        yield


def file() -> None:
    """File accepted reports, as the worker would."""
    while file_waiting():
        pass


def sort(case_id: int) -> None:
    """Triage a case, as the worker would."""
    triage_case(case_id, actor=SYSTEM)


def act(case_id: int) -> None:
    """Commit the case's pending decision at its time and carry out its actions, as the worker would."""
    pending = PendingDecision.objects.filter(case=case_id, ended_at__isnull=True).first()
    with frozen(pending.undo_until if pending else now()):
        if pending:
            make_pending_decision(pending.pk, actor=SYSTEM)
        carry_out(case_id)
