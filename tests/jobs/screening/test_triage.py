"""Waiting triages are combined: each exactly once, urgent ones first, and without those that need their own job."""

from collections import Counter

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import World, new_report, report
from tests.jobs.conftest import run_triage

from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC
from jaga.core.cases import CaseState
from jaga.reporting import jobs as filing
from jaga.reporting.verbs.filing import file_waiting
from jaga.reporting.verbs.intake import accept_report
from jaga.signals import jobs as together
from jaga.signals.jobs import triage_waiting
from jaga.signals.models import AccountIndicator, IndicatorScan
from jaga.signals.verbs import triage
from jaga.store.kernel.jobs import FEW_REPORTS, ORDINARY, URGENT, defer_triage
from jaga.store.kernel.row_verification import verify_rows
from jaga.store.models import LedgerEntry, RowBinding


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jaga.app.tasks.close_old_connections", lambda: None)  # the test's transaction is in it


def jobs() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock FROM procrastinate_jobs WHERE status = 'todo'")
        return {lock for (lock,) in cursor.fetchall()}


def many(number: int) -> list[int]:
    return [report(account=f"@banyak{place}:localhost").case_id for place in range(number)]


def test_one_job_takes_the_others_along(world: World) -> None:
    """All are triaged, each once, and their jobs end with them."""
    cases = many(6)
    run_triage(cases[0])
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.IN_REVIEW}
    assert jobs() == set()
    assert LedgerEntry.objects.filter(verb="triage_case").count() == len(cases)


def test_what_is_at_work_or_must_be_asked_about_is_left(world: World) -> None:
    """A case whose job runs, one with many reports, and one with a name to look up."""
    running, crowded, free = many(3)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE lock = %s", [f"case:{running}"])
    Case.objects.filter(pk=crowded).update(reports_count=50)
    assert triage_waiting() == 1
    assert Case.objects.get(pk=free).state == CaseState.IN_REVIEW
    assert {Case.objects.get(pk=one).state for one in (running, crowded)} == {CaseState.RECEIVED}
    assert jobs() == {f"case:{crowded}"}


def test_one_that_fails_fails_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is then triaged by its own job, which still exists."""
    cases = many(3)

    def refuse(*_: object, **__: object) -> None:
        raise IntegrityError("no")

    monkeypatch.setattr(together, "triage_cases", refuse)
    run_triage(cases[0])
    assert Case.objects.get(pk=cases[0]).state == CaseState.IN_REVIEW
    assert jobs() == {f"case:{case}" for case in cases}
    monkeypatch.setattr(together, "triage_cases", triage.triage_cases)
    assert triage_waiting() == len(cases)
    assert jobs() == set()


def test_the_urgent_first(world: World) -> None:
    """In the order in which jobs are fetched."""
    first, second = many(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET priority = 10 WHERE lock = %s", [f"case:{second}"])
    assert triage_waiting(most=1) == 1
    assert Case.objects.get(pk=second).state == CaseState.IN_REVIEW
    assert Case.objects.get(pk=first).state == CaseState.RECEIVED


def test_each_queue_by_itself(world: World) -> None:
    """The urgent queue takes only urgent cases along, and no other queue takes those."""
    urgent, _ = many(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET queue_name = %s WHERE lock = %s", [URGENT, f"case:{urgent}"])
    assert triage_waiting() == 1
    assert jobs() == {f"case:{urgent}"}
    another = report(account="@lain:localhost").case_id
    run_triage(urgent, URGENT)
    assert Case.objects.get(pk=urgent).state == CaseState.IN_REVIEW
    assert jobs() == {f"case:{another}"}


@pytest.mark.parametrize("change", [{"urgent": True}, {"victim_first": True, "victim_state": "proposed"}])
def test_one_more_triage_keeps_the_way_of_what_is_urgent(world: World, change: dict[str, bool]) -> None:
    """Whatever it is deferred for: before the others, and in the queue that ordinary cases do not block."""
    first, other = many(2)
    Case.objects.filter(pk=first).update(**change)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        defer_triage(first)
        defer_triage(other)
        cursor.execute("SELECT lock, queue_name, priority, args FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [
            (f"case:{first}", URGENT, 10, f'{{"case_id": {first}}}'),
            (f"case:{other}", ORDINARY, 0, f'{{"case_id": {other}}}'),
        ]


def test_no_case_comes_to_people_half_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case with more reports than one triage reads keeps its job."""
    cases = many(3)
    monkeypatch.setattr(together, "MOST_AT_ONCE", 2)
    assert triage_waiting() == 2
    assert jobs() == {f"case:{cases[2]}"}
    assert Case.objects.get(pk=cases[2]).state == CaseState.RECEIVED
    assert triage_waiting() == 1


def accept_some() -> None:
    for number in range(FEW_REPORTS + 1):
        accept_report(new_report(account="@ramai:localhost", source=str(number)), actor=PUBLIC)
    for number in range(2):
        accept_report(new_report(account="@dua:localhost", source=f"other {number}"), actor=PUBLIC)
    accept_report(new_report(account="@sepi:localhost"), actor=PUBLIC)


def found() -> list[tuple[object, ...]]:
    """All that filing and triage leave, but for numbers and moments."""
    cases = Case.objects.order_by("subject__account_id").values_list(
        "subject__account_id", "state", "score", "severity", "queue", "routed_by", "reports_count", "sources_count"
    )
    reports = Report.objects.order_by("pk").values_list(
        "case__subject__account_id", "source_weight", "source_reason", "screened_by", "text"
    )
    signals = Signal.objects.order_by("pk").values_list("case__subject__account_id", "source", "params", "start", "end")
    verbs = dict(LedgerEntry.objects.values_list("pk", "verb"))
    bound = Counter((verbs[entry], part) for entry, part in RowBinding.objects.values_list("entry", "part"))
    scans = IndicatorScan.objects.count(), AccountIndicator.objects.count()
    return [*cases, *reports, *signals, *sorted(Counter(verbs.values()).items()), *sorted(bound.items()), scans]


def test_what_is_filed_is_triaged_in_the_same_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the same as triage by a job of its own, which a case has that has many reports. If a case cannot be
    triaged, all are filed, and have their jobs."""
    accept_some()
    with transaction.atomic():
        assert file_waiting() == FEW_REPORTS + 4
        assert len(jobs()) == 3
        while case := Case.objects.filter(state=CaseState.RECEIVED).first():
            run_triage(case.pk)
        by_jobs = found()
        transaction.set_rollback(True)
    with transaction.atomic(), monkeypatch.context() as patch:
        patch.setattr(together, "triage_cases", lambda *_, **__: Case.objects.get(pk=0))
        assert filing.file_others() == FEW_REPORTS + 4
        assert len(jobs()) == Case.objects.filter(state=CaseState.RECEIVED).count() == 3
        assert set(Report.objects.values_list("screened_by", flat=True)) == {""}
        transaction.set_rollback(True)
    assert filing.file_others() == FEW_REPORTS + 4
    crowded = Case.objects.get(state=CaseState.RECEIVED)
    assert (crowded.subject.account_id, jobs()) == ("@ramai:localhost", {f"case:{crowded.pk}"})
    run_triage(crowded.pk)
    assert found() == by_jobs
    assert not verify_rows().faults
