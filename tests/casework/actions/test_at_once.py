"""Concurrent reports, votes, leases and sequencers, with real threads on real connections."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Event, Thread
from time import sleep
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.casework.screening.test_model_registry import START, second
from tests.casework.screening.test_near_duplicates import OTHERS, TEXT
from tests.factories import CATEGORY, World, ballot, in_review, make_world, new_report, report, vote

from jaga.cases.models.cases import Case, Lease, Subject
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.errors import JagaError
from jaga.core.terms.cases import DecisionKind, PendingEnd
from jaga.core.terms.reports import ModelState
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import undo_window, voting
from jaga.queue.verbs import leases
from jaga.reporting.verbs import intake
from jaga.reporting.verbs.filing import file_waiting
from jaga.screening.models.measures import measured, without_model
from jaga.signals.models import Cluster, LearntModel
from jaga.signals.verbs import model_registry, triage
from jaga.store.codes import receipt_hash
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry


@pytest.fixture
def world(transactional_db: None, settings: Any, tmp_path: Path) -> Iterator[World]:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    yield make_world()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at once; returns the results in order, with refusals as exceptions."""
    results: list[Any] = [None] * len(calls)
    start = Barrier(len(calls))

    def run(index: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[index] = call()
        except JagaError as refused:
            results[index] = refused
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_reports_at_the_same_moment_make_one_case(world: World) -> None:
    """Six reports from three sources in six threads give one subject and one case with correct counts."""
    filed = at_once(*(lambda source=source: report(source=f"s{source % 3}") for source in range(6)))
    assert len({one.case_id for one in filed}) == 1
    case = Case.objects.get()
    assert (case.reports_count, case.sources_count, Report.objects.count(), Subject.objects.count()) == (6, 3, 6, 1)


def test_reports_accepted_at_the_same_moment_share_their_commit_and_make_one_case(world: World) -> None:
    """Twelve threads each get a working receipt; filed by two workers at once, the reports are one case."""
    accepted = at_once(
        *(
            lambda source=source: intake.accept_report(
                new_report(source=f"s{source}", text=f"kata {source}"), actor=PUBLIC
            )
            for source in range(12)
        )
    )
    assert len({receipt_hash(one.receipt) for one in accepted}) == len({one.report_id for one in accepted}) == 12
    assert Report.objects.filter(receipt_hash__in=[receipt_hash(one.receipt) for one in accepted]).count() == 12
    while Report.objects.filter(case__isnull=True).exists():
        at_once(*[lambda: file_waiting(3)] * 2)
    case = Case.objects.get()
    assert (case.reports_count, Report.objects.count(), Subject.objects.count()) == (12, 12, 1)
    link_entries()
    assert verify_ledger().ok


def test_one_report_that_the_database_refuses_fails_none_of_those_that_came_with_it(world: World) -> None:
    """A report with an unknown officer's number fails alone among reports of the public."""
    bad = new_report(officer_id=999_999_999)
    outcomes = at_once(*(lambda new=new: _accepted(new) for new in (new_report(), bad, new_report(account="melati"))))
    assert [isinstance(one, IntegrityError) for one in outcomes] == [False, True, False]
    assert Report.objects.count() == 2


def _accepted(new: intake.NewReport) -> object:
    try:
        return intake.accept_report(new, actor=PUBLIC)
    except IntegrityError as refused:
        return refused


def test_one_lease_is_given_to_one_of_two(world: World) -> None:
    """If two people take a case at once, one holds it and the other is told who does."""
    case_id = in_review()
    got = at_once(*(lambda actor=actor: leases.take_lease(case_id, actor=actor) for actor in world.reviewers))
    assert sum(isinstance(one, leases.LeaseHeld) for one in got) == 1
    assert sum(isinstance(one, leases.LeaseTaken) for one in got) == 2
    assert Lease.objects.filter(released_at__isnull=True).count() == 1


def test_one_person_in_two_windows_votes_once(world: World) -> None:
    """The same vote sent twice at once gives one vote and one refusal."""
    case_id = in_review()
    fence = leases.take_lease(case_id, actor=world.reviewers[0]).fence
    cast = ballot(case_id, DecisionKind.CLOSE)
    got = at_once(*[lambda: voting.cast_vote(case_id, fence, cast, actor=world.reviewers[0])] * 2)
    assert sum(isinstance(one, voting.Voted) for one in got) == 1
    assert Vote.objects.count() == 1


def test_a_report_during_a_decision_is_not_lost(world: World) -> None:
    """A report that arrives during the last vote ends in that case or in a new one; every report has a case."""
    case_id = in_review()
    got = at_once(lambda: vote(case_id, DecisionKind.DISMISS, world.reviewers[0]), lambda: report(source="other"))
    assert not any(isinstance(one, JagaError) for one in got)
    assert Decision.objects.get().case_id == case_id
    for case in Case.objects.all():
        assert case.reports_count == case.reports.count()
    assert Report.objects.count() == 2


def test_two_sequencers_at_once_link_every_entry_once(world: World) -> None:
    """Two sequencers and verbs at the same time leave one unbroken chain."""
    at_once(
        *[lambda: [link_entries() for _ in range(5)]] * 3,
        *(lambda name=name: report(account=name) for name in ("a", "b", "c")),
    )
    link_entries()
    assert not LedgerEntry.objects.filter(seq__isnull=True).exists()
    seqs = list(LedgerEntry.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, len(seqs) + 1))
    assert verify_ledger().ok


def test_an_undo_and_the_commit_at_the_same_moment_end_once(world: World, settings: Any) -> None:
    """In five rounds, either the decision is made and the undo comes too late, or it is undone and nothing is made."""
    settings.UNDO_WINDOW_SECONDS = 60
    ends = set()
    for number in range(5):
        case_id = in_review(account=f"@lomba{number}:localhost")
        for reviewer in world.reviewers[:2]:
            vote(case_id, DecisionKind.CLOSE, reviewer)
        waits = PendingDecision.objects.get(case_id=case_id)

        def make(waits: PendingDecision = waits) -> bool:
            with frozen(waits.undo_until):
                return undo_window.make_pending_decision(waits.pk, actor=SYSTEM)

        def take_back(case_id: int = case_id) -> None:
            undo_window.undo_decision(case_id, actor=world.reviewers[0])

        made, undone = at_once(make, take_back)
        waits.refresh_from_db()
        assert made is (waits.end == PendingEnd.COMMITTED)
        assert made is isinstance(undone, undo_window.TooLateToUndo)
        assert Decision.objects.filter(case_id=case_id, kind=DecisionKind.CLOSE).exists() is made
        ends.add(waits.end)
    assert ends <= {PendingEnd.COMMITTED, PendingEnd.UNDONE}


@pytest.mark.parametrize("category", [CATEGORY, "gambling", "fraud"])
def test_of_two_models_that_are_approved_at_once_one_is_refused(world: World, category: str) -> None:
    """Also if no model was in use before, so that neither waits for the other's row; and if one model is approved
    twice.
    """
    learner = second(world)
    good = measured([0.9, 0.8, 0.2, 0.1], [True, True, False, False], 0.5)
    poor = without_model([True, True, False, False], 0.5, 0.5)
    one, other = (
        model_registry.propose_model(
            model_registry.NewModel(category, b"invented", digit * 64, "grams-1", START, 60, 60, good, poor, None),
            actor=learner,
        ).pk
        for digit in "01"
    )
    got = at_once(
        *(
            lambda number=number: model_registry.approve_model(number, actor=world.supervisor)
            for number in (one, other, one)
        )
    )
    refused = [error for error in got if isinstance(error, JagaError)]
    assert len(refused) == 2
    assert {type(error) for error in refused} <= {model_registry.Outdated, model_registry.AlreadyInUse}
    assert {error.status for error in refused} == {409}
    assert LearntModel.objects.filter(state=ModelState.APPROVED).count() == 1


def test_two_workers_with_nearly_one_text_make_one_cluster(world: World) -> None:
    """The second worker waits until the first has recorded its cluster, whichever begins."""
    first, late = (
        report(account=f"@salinan{number}:localhost", published=f"{TEXT} {word}", source=f"s{number}").case_id
        for number, word in enumerate(("", "ditunggu"))
    )
    spoken = Event()

    def triage_slowly() -> None:
        with transaction.atomic():
            triage.triage_case(first, actor=SYSTEM)
            spoken.set()
            sleep(0.5)

    def triage_late() -> None:
        spoken.wait(30)
        triage.triage_case(late, actor=SYSTEM)

    at_once(triage_slowly, triage_late)
    cluster = Cluster.objects.get()
    assert Case.objects.get(pk=late).cluster_id == cluster.pk
    triage.triage_case(first, actor=SYSTEM)
    assert Case.objects.get(pk=first).cluster_id == cluster.pk


def test_many_workers_with_copies_make_one_cluster_and_wait_for_no_circle(world: World) -> None:
    """Batches that share texts in different orders do not deadlock."""
    texts = (TEXT, *OTHERS)
    batches = [
        [
            report(
                account=f"@a{worker}x{place}:localhost", published=f"{text} {'ya ' * worker}", source=f"{worker}"
            ).case_id
            for place, text in enumerate(texts)
        ]
        for worker in range(4)
    ]

    def triage_batch(numbers: list[int]) -> None:
        with transaction.atomic():
            cases = Case.objects.select_for_update(of=("self",)).select_related("subject__platform")
            triage.triage_cases(list(cases.filter(pk__in=numbers).order_by("pk")), actor=SYSTEM)

    at_once(*(lambda numbers=numbers: triage_batch(numbers) for numbers in batches))
    assert not Case.objects.filter(state=CaseState.RECEIVED).exists()
    assert Cluster.objects.count() == len(texts)
