"""Runs a backtest that was started on a page, and writes its progress and result into the run's file."""

from dataclasses import replace
from time import monotonic

import structlog

from jaga.casework.people.people import actor_for
from jaga.casework.screening.backtest import backtest
from jaga.casework.screening.backtest_runs import BacktestRun, RunState, changed_release, load, store
from jaga.core.errors import JagaError, NotFound
from jaga.records.models import Person

_EVERY = 1.0  # seconds between two saves of the progress
log = structlog.get_logger("jaga.backtest")


def run_backtest(run_id: str) -> None:
    """Try the run's file as the person who started it, with their roles of now. Does nothing if the run is gone."""
    try:
        run = load(run_id)
    except NotFound:
        return
    try:
        result = backtest(
            changed_release(run.name, run.content),
            days=run.days,
            progress=_Progress(run).note,
            actor=actor_for(Person.objects.get(pk=run.started_by)),
        )
    except JagaError as refused:
        log.warning("backtest_refused", run=run_id, code=refused.code)
        store(replace(run, state=RunState.FAILED))
        return
    store(replace(run, state=RunState.DONE, done=result.texts, whole=result.texts, result=result.without_words()))


class _Progress:
    def __init__(self, run: BacktestRun) -> None:
        self._run, self._noted = run, 0.0

    def note(self, done: int, whole: int) -> None:
        """Write how far it is, once a second at most."""
        if not done or monotonic() - self._noted >= _EVERY:
            self._noted = monotonic()
            store(replace(self._run, state=RunState.RUNNING, done=done, whole=whole))
