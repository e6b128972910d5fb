"""Accepted reports: what their sender gets, and how the worker files them into cases."""

from dataclasses import replace

from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from tests.examples import example_count
from tests.factories import CATEGORY, PNG, World, new_report

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import PUBLIC
from jaga.core.errors import InvalidInput
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import Channel, FilingPriority, ReportRoute
from jaga.reporting.verbs import intake
from jaga.reporting.verbs.filing import file_waiting
from jaga.store.codes import receipt_hash
from jaga.store.kernel.ledger import check_receipt
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry


def accept(**changes: object) -> intake.AcceptedReport:
    return intake.accept_report(new_report(**changes), actor=PUBLIC)


def jobs() -> list[tuple[str, int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, priority, lock FROM procrastinate_jobs ORDER BY priority DESC, id")
        return list(cursor.fetchall())


def test_an_accepted_report_waits_until_it_is_filed(world: World) -> None:
    """Its receipt works at once; the case, its triage and the sealing of links follow with the filing."""
    accepted = accept(links=("https://example.invalid/1",))
    report = Report.objects.get(receipt_hash=receipt_hash(accepted.receipt))
    assert (report.pk, report.case, report.filed_at, report.due_at) == (accepted.report_id, None, None, accepted.due_at)
    assert (Case.objects.count(), Evidence.objects.count(), jobs()) == (0, 0, [])
    assert file_waiting() == 1
    report.refresh_from_db()
    assert report.case is not None
    assert report.filed_at is not None
    assert (report.case.reports_count, report.case.sources_count, report.case.due_at) == (1, 1, accepted.due_at)
    assert jobs() == [("jaga.triage_case", 0, f"case:{report.case_id}")]
    assert Evidence.objects.get().name == f"report-{report.pk}-links.txt"
    assert file_waiting() == 0


def test_the_promise_of_an_accepted_report_is_kept(world: World) -> None:
    """The receipt's signed promise names the corresponding entry."""
    accepted = accept()
    assert link_entries() > 0
    check_receipt(accepted.ledger_promise)
    entry = LedgerEntry.objects.get(pk=accepted.entry_id)
    assert (entry.verb, entry.actor, entry.payload["report"]) == ("accept_report", "public", accepted.report_id)


def test_a_report_with_files_is_filed_in_the_same_commit(world: World) -> None:
    """Pictures, selected messages and hashes have no column, so they are sealed at once."""
    for files in ({"screenshots": (Upload(PNG),)}, {"picked": ("12.00 Ani: halo",)}, {"device_hashes": ("ab" * 32,)}):
        assert Report.objects.get(pk=accept(**files).report_id).case is not None
    assert set(Evidence.objects.values_list("kind", flat=True)) == {
        EvidenceKind.SCREENSHOT,
        EvidenceKind.MESSAGES,
        EvidenceKind.MEDIA,
    }
    assert file_waiting() == 0


def test_one_bad_report_of_many_is_told_and_the_others_are_taken(world: World) -> None:
    """Each has its own answer, in order."""
    news = [new_report(account="mawar"), new_report(account=""), new_report(account="melati", text="a\x00b")]
    first, second, third = intake.accept_reports(news, actor=PUBLIC)
    assert isinstance(first, intake.AcceptedReport)
    assert isinstance(second, InvalidInput)
    assert [error.field for error in second.errors] == ["account"]
    assert isinstance(third, InvalidInput)
    assert [error.field for error in third.errors] == ["text"]
    assert Report.objects.count() == 1


def test_a_batch_takes_few_statements(world: World, django_assert_max_num_queries: object) -> None:
    """A hundred reports need no more statements than ten."""
    news = [new_report(account=f"akun{number}", source=str(number)) for number in range(100)]
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        intake.accept_reports(news, actor=PUBLIC)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        assert file_waiting() == 100
    assert Case.objects.count() == 100


def test_lanes(world: World) -> None:
    """Urgent reports, and those of or about victims, are filed first; our own imports come last unless they contain
    such reports.
    """
    expected = {
        "slow": accept(account="satu", lets_pass=True),
        "ordinary": accept(account="dua"),
        "victim": accept(account="tiga", route=ReportRoute.VICTIM),
        "urgent": accept(account="empat", category="trafficking", lets_pass=True),
    }
    priorities = {name: Report.objects.get(pk=one.report_id).priority for name, one in expected.items()}
    assert priorities == {
        "slow": FilingPriority.SLOW,
        "ordinary": FilingPriority.ORDINARY,
        "victim": FilingPriority.URGENT,
        "urgent": FilingPriority.URGENT,
    }
    assert file_waiting(priority=FilingPriority.URGENT) == 2
    assert file_waiting(1) == 1
    assert Report.objects.get(pk=expected["slow"].report_id).case is None
    assert file_waiting() == 1
    assert [priority for _, priority, _ in jobs()] == [10, 10, 0, -10]


def test_a_report_that_cannot_be_filed_stops_no_other(world: World) -> None:
    """It waits and is filed once it can be: here its category leaves the policy and comes back."""
    poison, others = accept(account="racun"), [accept(account=f"akun{number}") for number in range(5)]
    Report.objects.filter(pk=poison.report_id).update(category="category_of_yesterday")
    assert file_waiting() == 5
    assert Report.objects.filter(pk__in=[one.report_id for one in others], case__isnull=True).count() == 0
    report = Report.objects.get(pk=poison.report_id)
    assert report.case is None
    assert report.file_after is not None
    assert file_waiting() == 0
    Report.objects.filter(pk=report.pk).update(category=CATEGORY, file_after=report.received_at)
    assert file_waiting() == 1
    report.refresh_from_db()
    assert report.case is not None
    assert report.file_after is None


def test_what_the_sender_says_of_itself_is_kept_as_keys(world: World) -> None:
    """Network and contact are stored as keyed hashes; one contact has one key however it is written."""
    one = accept(network="192.0.2.0/24", contact="0812 3456 789", reference="B-17", channel=Channel.APP)
    two = accept(network="192.0.2.0/24", contact="+62 812-3456-789")
    first, second = (Report.objects.get(pk=accepted.report_id) for accepted in (one, two))
    assert (first.reference, first.channel) == ("B-17", "app")
    assert bytes(first.network_key or b"") == bytes(second.network_key or b"") != b""
    assert bytes(first.contact_key or b"") == bytes(second.contact_key or b"") != b""


_REPORTS = st.lists(
    st.tuples(
        st.sampled_from(["mawar", "melati", "kenanga"]),
        st.sampled_from([CATEGORY, "gambling", "trafficking"]),
        st.sampled_from("abc"),
    ),
    min_size=1,
    max_size=12,
)


@given(_REPORTS)
@bounds(max_examples=example_count(6), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_filing_many_equals_filing_each(world: World, reports: list[tuple[str, str, str]]) -> None:
    """The same cases with the same counts."""

    def cases(prefix: str) -> list[tuple[object, ...]]:
        return sorted(
            (
                case.subject.account_id.replace(prefix, ""),
                case.category,
                case.reports_count,
                case.sources_count,
                case.urgent,
                case.severity,
                case.victim_first,
                case.channel,
            )
            for case in Case.objects.select_related("subject").filter(subject__account_id__startswith=f"@{prefix}")
        )

    mark = f"n{Report.objects.count()}"
    news = [new_report(account=account, category=category, source=source) for account, category, source in reports]
    intake.accept_reports([replace(new, account=f"{mark}b{new.account}") for new in news], actor=PUBLIC)
    assert file_waiting() == len(news)
    for new in news:
        intake.file_report(replace(new, account=f"{mark}s{new.account}"), actor=PUBLIC)
    assert cases(f"{mark}b") == cases(f"{mark}s") != []
