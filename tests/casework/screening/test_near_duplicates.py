"""A thousand copies are one line of the queue; nobody who may be in danger is hidden behind another."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import World, in_review, new_report, report, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.terms.cases import DecisionKind, Severity
from jaga.queue.reads.queue import PAGE, list_queue, next_in_queue
from jaga.queue.reads.waiting import QueueFilter
from jaga.queue.verbs import assignment, leases
from jaga.reporting.verbs import intake
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.models import Cluster, ClusterKey
from jaga.signals.verbs import near_duplicates, triage
from jaga.signals.verbs.near_duplicates import cluster_sizes

TEXT = (
    "Malam kak, aku lagi di kota sebelah sampai hari minggu, bisa temani ngobrol dan makan malam, open BO nego, "
    "langsung kirim pesan saja ya, jangan lupa sebut nama dan jam berapa mau ketemu"
)
OTHERS = (
    "Dijual sepeda gunung bekas, kondisi masih bagus, rem baru diganti, harga bisa dibicarakan baik baik di rumah",
    "Rapat warga hari sabtu sore di balai desa membahas perbaikan jalan dan jadwal ronda malam, mohon datang semua",
)


def copy(number: int, text: str = TEXT, **changes: Any) -> int:
    """A triaged case of another account with nearly this text."""
    varied = text.replace("malam", ("malam", "sore", "siang")[number % 3], 1) + f" {number}"
    return in_review(
        account=f"@salinan{number}:localhost",
        published=varied,
        source=f"198.51.{number // 250}.{number % 250}",
        **changes,
    )


def lines(world: World, reviewer: int = 0, **wanted: Any) -> list[tuple[int, int]]:
    """Case and accounts of each line of a reviewer's queue."""
    page = list_queue(QueueFilter(**wanted), actor=world.reviewers[reviewer])
    return [(row.case_id, row.copies.number) for row in page.rows]


def again(case_id: int) -> None:
    triage.triage_case(case_id, actor=SYSTEM)


def test_copies_on_other_accounts_are_one_line(world: World) -> None:
    """The most pressing case represents all; other texts have their own lines."""
    first, second, third = copy(1), copy(2), copy(3)
    other = in_review(account="@lain:localhost", published=OTHERS[0], source="192.0.2.9")
    again(first)  # as promised when the second came
    assert Cluster.objects.count() == 2
    assert set(Case.objects.filter(cluster__isnull=False).values_list("pk", flat=True)) == {first, second, third}
    assert sorted(lines(world)) == sorted([(first, 3), (other, 1)])
    Case.objects.filter(pk=third).update(rank_at=Case.objects.get(pk=first).rank_at - timedelta(hours=1))
    assert sorted(lines(world)) == sorted([(third, 3), (other, 1)])


def test_the_first_ones_triage_is_promised_when_the_second_comes(world: World) -> None:
    """Only its own triage may change another case."""
    first = copy(1)
    before = jobs()
    copy(2)
    assert jobs() - before == {f"case:{first}"}
    assert Case.objects.get(pk=first).cluster_id is None
    again(first)
    assert Case.objects.get(pk=first).cluster_id is not None


def jobs() -> set[str]:
    """The deferred triages beyond the one of each report."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lock FROM procrastinate_jobs WHERE task_name = 'jaga.triage_case' AND status = 'todo'"
            " GROUP BY lock HAVING count(*) > 1"
        )
        return {row[0] for row in cursor.fetchall()}


def test_hundreds_of_copies_are_one_line_in_few_statements(world: World) -> None:
    """Triaged in batches like in the worker; the page needs no more statements than one with three rows."""
    few = [copy(number) for number in range(3)]
    again(few[0])
    with CaptureQueriesContext(connection) as asked:
        assert [number for _, number in lines(world)] == [3]
    intake.accept_reports(
        [
            new_report(
                account=f"@salinan{number}:localhost",
                published=f"{TEXT} {number}",
                source=f"198.51.{number // 250}.{number % 250}",
            )
            for number in range(3, 250)
        ],
        actor=PUBLIC,
    )
    while file_waiting():
        pass
    filed = list(Case.objects.filter(state=CaseState.RECEIVED).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(filed), 100):
        cases = list(Case.objects.select_related("subject__platform").filter(pk__in=filed[start : start + 100]))
        triage.triage_cases(cases, actor=SYSTEM)
    assert Case.objects.filter(cluster__isnull=False).count() == 250
    assert Cluster.objects.count() == 1
    with CaptureQueriesContext(connection) as asked_again:
        ((_, number),) = lines(world)
    assert number == 250
    assert len(asked_again) == len(asked)
    assert list_queue(QueueFilter(), actor=world.reviewers[0]).after is None


def test_whoever_may_be_in_danger_stands_apart(world: World) -> None:
    """An urgent and a victim-first case with the same text have their own lines, whatever came first."""
    first = copy(1)
    copy(2)
    again(first)
    urgent, victim = copy(3), copy(4)
    assert len(lines(world)) == 1
    Case.objects.filter(pk=urgent).update(urgent=True)
    Case.objects.filter(pk=victim).update(victim_first=True, victim_state="proposed", severity=Severity.HIGH)
    assert {case_id for case_id, _ in lines(world)} == {first, urgent, victim}
    assert not Case.objects.filter(pk__in=[urgent, victim], cluster__isnull=False).exists()
    again(urgent)
    Case.objects.filter(pk=urgent).update(cluster=Case.objects.get(pk=first).cluster_id)  # past every verb
    assert Case.objects.get(pk=urgent).cluster_id is None


def test_the_line_is_what_waits_for_this_person(world: World) -> None:
    """Somebody who voted on the first case sees the next; other people's lines do not change and do not reveal the
    vote.
    """
    cases = [copy(number) for number in range(3)]
    again(cases[0])
    before = lines(world, 1)
    vote(cases[0], DecisionKind.CLOSE, world.reviewers[0])
    assert lines(world, 0) == [(cases[1], 2)]
    assert lines(world, 1) == before == [(cases[0], 3)]
    vote(cases[0], DecisionKind.CLOSE, world.reviewers[1])
    assert lines(world, 2) == [(cases[1], 2)]
    assert next_in_queue(but=cases[1], actor=world.reviewers[0]) == cases[2]
    leases.take_lease(cases[1], actor=world.reviewers[1])
    assert next_in_queue(actor=world.reviewers[0]) == cases[2]


def test_pages_go_on_behind_a_line(world: World) -> None:
    """No copy appears on a later page, and nothing is left out."""
    copies = [copy(number) for number in range(4)]
    again(copies[0])
    others = [
        in_review(account=f"@a{number}:localhost", published="", source=f"203.0.113.{number}")
        for number in range(PAGE + 3)
    ]
    Case.objects.filter(pk=copies[3]).update(rank_at=Case.objects.get(pk=others[-1]).rank_at + timedelta(hours=1))
    seen, place = list[int](), None
    while True:
        page = list_queue(QueueFilter(), after=place, actor=world.reviewers[0])
        seen += [row.case_id for row in page.rows]
        place = page.after
        if place is None:
            break
    assert sorted(seen) == sorted([copies[0], *others])


def test_who_skips_a_copy_skips_its_line(world: World) -> None:
    """Otherwise the next of a thousand copies would appear."""
    copies = [copy(number) for number in range(3)]
    again(copies[0])
    other = in_review(account="@lain:localhost", published=OTHERS[0], source="192.0.2.9")
    assignment.skip_case(copies[0], actor=world.reviewers[0])
    assert lines(world) == [(other, 1)]
    assert len(lines(world, 1)) == 2


def test_one_account_is_no_cluster(world: World) -> None:
    """Two cases on one account, or the same words reported twice, belong to one account."""
    report(published=TEXT)
    first = in_review(published=TEXT, source="198.51.100.1")
    second = in_review(published=TEXT, category="fraud", source="198.51.100.2")
    again(first)
    assert not Case.objects.filter(pk__in=[first, second], cluster__isnull=False).exists()
    assert Cluster.objects.count() == 1


def test_a_later_copy_of_a_decided_text_finds_its_line(world: World) -> None:
    """The first case was closed long ago: the next two are one line, and the closed case is not changed."""
    first = copy(1)
    for reviewer in world.reviewers[:2]:
        vote(first, DecisionKind.CLOSE, reviewer)
    second, third = copy(2), copy(3)
    assert lines(world) == [(second, 2)]
    assert Case.objects.get(pk=third).cluster.report.case_id == first
    again(first)
    assert Case.objects.get(pk=first).cluster_id is None


def test_triage_again_changes_nothing(world: World) -> None:
    """Neither clusters nor keys grow when another release triages the same reports."""
    first, second = copy(1), copy(2)
    again(first)
    before = (Cluster.objects.count(), ClusterKey.objects.count())
    Case.objects.get(pk=first).reports.update(screened_by="")
    Case.objects.get(pk=second).reports.update(screened_by="")
    again(first)
    again(second)
    assert (Cluster.objects.count(), ClusterKey.objects.count()) == before


def test_another_workers_cluster_of_an_equal_text_is_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both found none; when the second writes, it finds the first one's."""
    first = copy(1)
    monkeypatch.setattr(near_duplicates, "_known", lambda marks: {})
    text = Case.objects.get(pk=first).reports.get().published
    second = in_review(account="@kembar:localhost", published=text.upper(), source="192.0.2.77")
    assert Cluster.objects.count() == 1
    assert Case.objects.get(pk=second).cluster_id == Cluster.objects.get().pk


def test_sizes_count_accounts(world: World) -> None:
    """The reporting account is included, known or not; short and new texts count one account."""
    first = copy(1)
    copy(2)
    again(first)
    known = Case.objects.get(pk=first).subject_id
    assert cluster_sizes(
        [(TEXT, known), (TEXT, None), (TEXT, 10**9), (OTHERS[0], None), ("halo", None), ("", None)]
    ) == [2, 3, 3, 1, 1, 1]
    assert cluster_sizes([]) == []
