"""Backtests in the background: one at a time, for administrators, with progress and a result that holds no text."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.casework.screening.test_backtest import RULE, three_cases
from tests.factories import World

from jaga.cases.models.cases import Case
from jaga.core.actors import PUBLIC, SYSTEM, Actor
from jaga.core.cases import reference_of
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import Role
from jaga.people.models import Person, PersonRole
from jaga.people.verbs.people import actor_for
from jaga.policy.problems import PolicyError
from jaga.signals import jobs as job
from jaga.signals.verbs import backtest, backtest_runs
from jaga.signals.verbs.backtest_runs import LARGEST, LOCK, RunState, access_run, list_runs, load, start_run
from jaga.store.kernel.jobs import has_job_with_lock
from jaga.store.models import LedgerEntry

CONTENT = RULE.format(mode="live").encode()


@pytest.fixture
def administrator(world: World, settings: Any, tmp_path: Path) -> Actor:
    """An administrator, and a folder for the runs."""
    settings.HOME = tmp_path
    person = Person.objects.get(pk=world.supervisor.person_id)
    PersonRole.objects.create(person=person, role=Role.ADMINISTRATOR)
    return actor_for(person)


def test_a_run_waits_then_holds_what_it_found(world: World, administrator: Actor) -> None:
    """The numbers of the command, without the words; the ledger names the person who started it."""
    three_cases(world)
    run_id = start_run("mine.yaml", CONTENT, 1, actor=administrator)
    assert access_run(run_id, actor=administrator).state is RunState.WAITING
    assert has_job_with_lock(LOCK)
    job.run_backtest(run_id)
    run = access_run(run_id, actor=administrator)
    assert (run.state, run.done, run.whole, run.working) == (RunState.DONE, 3, 3, False)
    assert run.result is not None
    assert (run.result.newly_flagged, run.result.after.precision) == (3, backtest.share(1, 2))
    assert {one.words for one in run.result.newly} == {()}
    assert LedgerEntry.objects.get(verb="backtest_rules").payload["cases"] == 3
    assert [one.run_id for one in list_runs(actor=administrator)] == [run_id]


def test_a_closed_case_counts_and_is_not_named(world: World, administrator: Actor) -> None:
    """Whoever reads the result may have no clearance; the figures are right all the same."""
    closed = three_cases(world)[2]
    Case.objects.filter(pk=closed).update(clearance="child_safety")
    run_id = start_run("mine.yaml", CONTENT, 1, actor=administrator)
    job.run_backtest(run_id)
    result = access_run(run_id, actor=administrator).result
    assert result is not None
    assert (result.newly_flagged, len(result.newly)) == (3, 2)
    assert reference_of(closed) not in {one.reference for one in result.newly}


def test_progress_is_written_while_it_runs(world: World, administrator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each batch of texts, so that the page can say how far it is."""
    three_cases(world)
    monkeypatch.setattr(backtest, "_AT_ONCE", 1)
    monkeypatch.setattr(job, "_EVERY", 0.0)
    run_id = start_run("mine.yaml", CONTENT, 1, actor=administrator)
    seen: list[tuple[str, int, int]] = []
    stored = backtest_runs.store

    def watched(run: backtest_runs.BacktestRun) -> None:
        stored(run)
        noted = load(run.run_id)
        seen.append((noted.state, noted.done, noted.whole))

    monkeypatch.setattr(job, "store", watched)
    job.run_backtest(run_id)
    assert seen == [("running", 0, 3), ("running", 1, 3), ("running", 2, 3), ("done", 3, 3)]


def test_only_administrators_start_and_read_runs(world: World, administrator: Actor) -> None:
    """Nobody else, and nobody who lost the role meanwhile: then the run ends without a result."""
    run_id = start_run("mine.yaml", CONTENT, 1, actor=administrator)
    for actor in (PUBLIC, SYSTEM, world.reviewers[0], world.supervisor, world.officer):
        for act in (
            lambda one: start_run("mine.yaml", CONTENT, 1, actor=one),
            lambda one: list_runs(actor=one),
            lambda one: access_run(run_id, actor=one),
        ):
            with pytest.raises(NotPermitted):
                act(actor)
    PersonRole.objects.filter(role=Role.ADMINISTRATOR).delete()
    job.run_backtest(run_id)
    assert load(run_id).state is RunState.FAILED
    assert not LedgerEntry.objects.filter(verb="backtest_rules").exists()


def test_one_runs_at_a_time(administrator: Actor) -> None:
    """Each reads all texts of its period."""
    start_run("mine.yaml", CONTENT, 1, actor=administrator)
    with pytest.raises(backtest_runs.BacktestRuns):
        start_run("mine.yaml", CONTENT, 1, actor=administrator)


@pytest.mark.parametrize(
    ("content", "days", "field"),
    [(CONTENT, 0, "days"), (CONTENT, 3661, "days"), (b"\xff\xfe", 1, "file"), (b"#" * (LARGEST + 1), 1, "file")],
)
def test_what_cannot_be_tried_is_refused(administrator: Actor, content: bytes, days: int, field: str) -> None:
    """By field, and nothing is stored or deferred."""
    with pytest.raises(InvalidInput) as refused:
        start_run("mine.yaml", content, days, actor=administrator)
    assert [error.field for error in refused.value.errors] == [field]
    assert not has_job_with_lock(LOCK)
    assert list_runs(actor=administrator) == ()


def test_a_file_that_spoils_the_release_is_refused_with_its_lines(administrator: Actor) -> None:
    """As the check says it."""
    with pytest.raises(PolicyError) as refused:
        start_run("mine.yaml", CONTENT.replace(b"weight: 0.9", b"weight: yes"), 1, actor=administrator)
    assert [(one.file, one.line) for one in refused.value.problems] == [("rules/mine.yaml", 5)]


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "", "a\x00b.yaml", "C:\\x\\mine.yaml", "ä" * 300, ".json"])
def test_a_name_leads_nowhere(administrator: Actor, name: str, tmp_path: Path) -> None:
    """A file's name is a label: the run lies in its folder, whatever it is called."""
    start_run(name, CONTENT, 1, actor=administrator)
    assert len(os.listdir(tmp_path / "backtests")) == 1


@pytest.mark.parametrize("run_id", ["", "x", "0123456789abcdef", "../../secrets", "0" * 17])
def test_what_is_no_run_is_not_found(administrator: Actor, run_id: str) -> None:
    """Neither a file elsewhere nor one that was deleted."""
    with pytest.raises(NotFound):
        access_run(run_id, actor=administrator)
    job.run_backtest(run_id)


def test_a_run_without_its_job_was_interrupted(administrator: Actor) -> None:
    """A page does not wait for ever for a worker that died."""
    run = load(start_run("mine.yaml", CONTENT, 1, actor=administrator))
    other = replace(run, run_id="0123456789abcdef", started_at=now() - timedelta(days=31))
    backtest_runs.store(other)
    from procrastinate.contrib.django.models import ProcrastinateJob

    assert access_run(run.run_id, actor=administrator).working
    ProcrastinateJob.objects.filter(lock=LOCK).update(status="failed")
    assert access_run(run.run_id, actor=administrator).state is RunState.FAILED
    start_run("mine.yaml", CONTENT, 1, actor=administrator)
    assert other.run_id not in {one.run_id for one in list_runs(actor=administrator)}  # deleted after a month
