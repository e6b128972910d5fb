"""Backtests in the background: started and read on a page of the console, run by a worker.

A run is one file in `backtests/` of the home folder, which web server and worker share. It is not a record: it holds
the
tried file, counts, scores and case references, no text of anybody, and is deleted after a month. The ledger keeps that
a file was tried.

What a backtest found. Without the screening engine, so that the web server can read it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.statistics import Share
from jaga.core.terms.people import Role
from jaga.policy.release import PolicyRelease
from jaga.policy.trial import release_with
from jaga.store.kernel.jobs import BACKTEST, defer, has_job_with_lock


@dataclass(frozen=True)
class ChangedCase:
    """A case whose flag changes. `words` are the matches; empty if its texts are restricted.

    `closed`: only people with a clearance may know of it.
    """

    reference: str
    before: float
    after: float
    judged: bool | None
    words: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True)
class FlagQuality:
    """How the flags of one release agree with people's decisions. None if nothing was flagged or judged."""

    flagged: int
    precision: Share | None
    recall: Share | None


@dataclass(frozen=True)
class Backtest:
    """The effect of a change on the cases of a period."""

    cases: int
    texts: int
    judged_for: int
    judged_against: int
    before: FlagQuality
    after: FlagQuality
    newly_flagged: int
    no_longer_flagged: int
    newly: tuple[ChangedCase, ...]
    no_longer: tuple[ChangedCase, ...]

    def without_words(self) -> "Backtest":
        """The same without matched words and without closed cases among the examples, to be stored."""
        return replace(self, newly=_without_words(self.newly), no_longer=_without_words(self.no_longer))


def _without_words(cases: tuple[ChangedCase, ...]) -> tuple[ChangedCase, ...]:
    return tuple(replace(one, words=()) for one in cases if not one.closed)


LOCK = "backtest"
KEPT = timedelta(days=30)
MOST_SHOWN = 20
LARGEST = 256 * 1024  # bytes of a tried file
MOST_DAYS = 3660
_ODD = re.compile(r"[^A-Za-z0-9._-]")
_NAME = re.compile(r"[0-9a-f]{16}")


class RunState(StrEnum):
    """WAITING → RUNNING → DONE or FAILED."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BacktestRuns(Conflict):
    """One backtest at a time: each reads all texts of its period."""

    code = "backtest_runs"
    sentence = N_("A backtest is running.")
    remedy = N_("Wait until it is done, then start yours.")


@dataclass(frozen=True)
class BacktestRun:
    """A backtest of the file `name` with its `content`. `done` of `whole` texts are screened; `result` once done."""

    run_id: str
    name: str
    content: str
    days: int
    started_by: int
    started_at: datetime
    state: RunState = RunState.WAITING
    done: int = 0
    whole: int = 0
    result: Backtest | None = None

    @property
    def working(self) -> bool:
        """Whether a result is still to come."""
        return self.state in (RunState.WAITING, RunState.RUNNING)


_RUN = TypeAdapter(BacktestRun)


@transaction.atomic
def start_run(name: str, content: bytes, days: int, *, actor: Actor) -> str:
    """Check the changed file and have it tried on the cases of the last `days`; returns the run's id.

    For administrators. Raises NotPermitted, InvalidInput, BacktestRuns, PolicyError if the release would be invalid.
    """
    _administrators_only(actor)
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(FieldError("days", "out_of_range", N_("From 1 to %(most)s days."), {"most": MOST_DAYS}))
    if len(content) > LARGEST:
        raise InvalidInput(FieldError("file", "too_large", N_("At most %(most)s kB."), {"most": LARGEST >> 10}))
    name = _ODD.sub("_", name.replace("\\", "/").rpartition("/")[2]).lstrip(".")[:100] or "change.yaml"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise InvalidInput(FieldError("file", "not_text", N_("This is not UTF-8 text."))) from None
    changed_release(name, text)
    if has_job_with_lock(LOCK):
        raise BacktestRuns
    _delete_old()
    run = BacktestRun(token_hex(8), name, text, days, actor.person_id or 0, now())
    store(run)
    defer(BACKTEST, lock=LOCK, run_id=run.run_id)
    return run.run_id


def list_runs(*, actor: Actor) -> tuple[BacktestRun, ...]:
    """The newest runs first. Raises NotPermitted."""
    _administrators_only(actor)
    runs = sorted(_stored(), key=lambda run: run.started_at, reverse=True)[:MOST_SHOWN]
    return _without_lost(runs)


def access_run(run_id: str, *, actor: Actor) -> BacktestRun:
    """One run. Raises NotPermitted, NotFound."""
    _administrators_only(actor)
    return _without_lost([load(run_id)])[0]


def _without_lost(runs: list[BacktestRun]) -> tuple[BacktestRun, ...]:
    """Runs whose job is gone have failed, whatever their file says."""
    alive = any(run.working for run in runs) and has_job_with_lock(LOCK)
    return tuple(replace(run, state=RunState.FAILED) if run.working and not alive else run for run in runs)


def changed_release(name: str, text: str) -> PolicyRelease:
    """The release in force with this file in the place of the one of its name. Raises PolicyError."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(text, encoding="utf-8")
        return release_with(file)


def load(run_id: str) -> BacktestRun:
    """The stored run. Raises NotFound, also for a file of another version."""
    if not _NAME.fullmatch(run_id):
        raise NotFound
    try:
        return _RUN.validate_json(_place(run_id).read_bytes())
    except (FileNotFoundError, ValidationError):
        raise NotFound from None


def store(run: BacktestRun) -> None:
    """Write the run's file, whole or not at all."""
    place = _place(run.run_id)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = place.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(_RUN.dump_json(run))
    draft.replace(place)


def _stored() -> Iterator[BacktestRun]:
    for place in _folder().glob("*.json"):
        try:
            yield load(place.stem)
        except NotFound:
            continue


def _delete_old() -> None:
    for run in _stored():
        if run.started_at < now() - KEPT:
            _place(run.run_id).unlink(missing_ok=True)


def _place(run_id: str) -> Path:
    return _folder() / f"{run_id}.json"


def _folder() -> Path:
    return Path(settings.HOME) / "backtests"


def _administrators_only(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
