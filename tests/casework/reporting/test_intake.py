"""Intake of public reports: what is accepted or refused, how reports merge, and what the reporter gets."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from tests.factories import CATEGORY, PNG, World, new_report, report, resolved_closure, rows

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.reports import Evidence, Report, ReporterIdentity
from jaga.cases.verbs.evidence import MAX_UPLOAD_BYTES, Upload
from jaga.core.actors import PUBLIC
from jaga.core.clock import frozen
from jaga.core.errors import InvalidInput
from jaga.core.terms.reports import ReportForm
from jaga.policy.release import load_release
from jaga.reporting.verbs import intake
from jaga.store.codes import receipt_hash, unseal_identity
from jaga.store.models import LedgerEntry


def refused_fields(**changes: object) -> dict[str, str]:
    """The refused fields with their codes; asserts that nothing was stored."""
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        intake.file_report(new_report(**changes), actor=PUBLIC)
    assert rows() == before
    return {error.field: error.code for error in refusal.value.errors}


def test_reports_on_one_account_and_category_meet_in_one_case(world: World) -> None:
    """However the account is written; another category or account opens another case."""
    first = report(account="@mawar:localhost")
    assert report(account="mawar").case_id == first.case_id
    assert report(account="https://matrix.to/#/@mawar:localhost").case_id == first.case_id
    assert report(category="gambling").case_id != first.case_id
    assert report(account="kenanga").case_id != first.case_id
    assert Subject.objects.count() == 2


def test_independent_sources_are_counted_not_reports(world: World) -> None:
    """Five reports from two sources count as two sources."""
    for source in ("a", "a", "a", "b", "b"):
        case_id = report(source=source).case_id
    case = Case.objects.get(pk=case_id)
    assert (case.reports_count, case.sources_count) == (5, 2)


def test_a_report_after_the_end_opens_a_new_case(world: World) -> None:
    """A resolved case accepts no more reports."""
    case_id = resolved_closure(world)
    assert report().case_id != case_id


@pytest.mark.parametrize(("category", "hours", "urgent"), [(CATEGORY, 24, False), ("child_protection", 4, True)])
@pytest.mark.parametrize(
    "received",
    [
        datetime(2026, 11, 1, 16, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, 17, 0, tzinfo=UTC),
    ],
)
def test_the_clock_runs_from_the_receipt_across_midnight_in_jakarta(
    world: World,
    category: str,
    hours: int,
    urgent: bool,
    received: datetime,
) -> None:
    """24 hours, or 4 if urgent, to the second, on both sides of the Indonesian midnight (MR5)."""
    with frozen(received):
        filed = report(category=category)
    case = Case.objects.get(pk=filed.case_id)
    assert filed.due_at == case.due_at == received + timedelta(hours=hours)
    assert case.urgent is urgent


def test_the_earliest_deadline_of_the_reports_is_the_cases(world: World) -> None:
    """A later report never moves the deadline back."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    with frozen(start):
        case_id = report().case_id
    with frozen(start + timedelta(hours=5)):
        report()
    assert Case.objects.get(pk=case_id).due_at == start + timedelta(hours=24)


@pytest.mark.parametrize(("conduct_on", "basis"), [(date(2026, 1, 1), "uu_ite_27_1"), (date(2026, 1, 2), "kuhp_407")])
def test_the_day_of_the_conduct_chooses_the_law(world: World, conduct_on: date, basis: str) -> None:
    """Conduct before 2 January 2026 falls under UU ITE 27(1), later conduct under KUHP 407."""
    case = Case.objects.get(pk=report(conduct_on=conduct_on).case_id)
    keys = {base.key for base in load_release().legal_bases_for(case.category, case.conduct_on)}
    assert keys & {"uu_ite_27_1", "kuhp_407"} == {basis}


@pytest.mark.parametrize(("hour", "day"), [(16, date(2026, 1, 1)), (17, date(2026, 1, 2))])
def test_without_a_day_it_is_today_in_indonesia(world: World, hour: int, day: date) -> None:
    """At half past midnight in Jakarta the new law is in force, although it is yesterday in UTC."""
    with frozen(datetime(2026, 1, 1, hour, 30, tzinfo=UTC)):
        assert Case.objects.get(pk=report().case_id).conduct_on == day


def test_a_day_that_has_begun_in_indonesia_is_taken(world: World) -> None:
    """Tomorrow is refused; today by the Indonesian calendar is not."""
    with frozen(datetime(2026, 11, 1, 17, 30, tzinfo=UTC)):
        report(conduct_on=date(2026, 11, 2))
        assert refused_fields(conduct_on=date(2026, 11, 3)) == {"conduct_on": "in_the_future"}


COMPLETE = {"name": "Ani", "contact": "ani@example.invalid", "screenshots": (Upload(PNG),), "good_faith": True}


def test_a_notice_has_all_that_the_law_asks(world: World) -> None:
    """Identity, screenshot, reason and good faith make a notice (MR5 art. 15(2))."""
    assert report(**COMPLETE).form is ReportForm.NOTICE


@pytest.mark.parametrize("missing", [*COMPLETE, "text"])
def test_a_report_that_lacks_something_is_handled_all_the_same(world: World, missing: str) -> None:
    """Without one of them it is a report, accepted with the same deadline."""
    empty = {"screenshots": (), "good_faith": False}.get(missing, "")
    filed = report(**{**COMPLETE, missing: empty})
    assert filed.form is ReportForm.REPORT
    assert Report.objects.filter(pk=filed.report_id).exists()


@pytest.mark.parametrize("category", ["child_protection", "trafficking"])
def test_pictures_of_possible_victims_are_refused(world: World, category: str) -> None:
    """Victim-first categories accept only words; the same picture is accepted elsewhere."""
    assert refused_fields(category=category, screenshots=(Upload(PNG),)) == {"screenshots": "not_here"}
    assert Evidence.objects.count() == 0
    report(screenshots=(Upload(PNG),))
    assert Evidence.objects.count() == 1


def test_a_receipt_finds_its_report_and_is_stored_nowhere(world: World) -> None:
    """Only the keyed hash is in the database; the code is in no column of any table."""
    filed = report()
    assert Report.objects.get(receipt_hash=receipt_hash(filed.receipt)).pk == filed.report_id
    assert not Report.objects.filter(receipt_hash=receipt_hash("0" * 16)).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{filed.receipt}%"])
            assert cursor.fetchone()[0] == 0, table
    assert filed.receipt not in repr(filed)


def test_who_reported_stands_apart_and_never_in_the_ledger(world: World) -> None:
    """Name and contact are only in their own table, and only if they were given."""
    report()
    assert ReporterIdentity.objects.count() == 0
    report(name="Ani Kenari", contact="kenari@example.invalid", source="kenari@example.invalid")
    assert unseal_identity(bytes(ReporterIdentity.objects.get().sealed))[1] == "kenari@example.invalid"
    with connection.cursor() as cursor:
        for table in ("records_report", "records_ledgerentry", "records_case", "procrastinate_jobs"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ILIKE '%%kenari%%'")
            assert cursor.fetchone()[0] == 0, table
    assert {entry.actor for entry in LedgerEntry.objects.filter(verb="file_report")} == {"public"}


@pytest.mark.parametrize(
    "hostile",
    ["a\x00b", "a\ud800b", "\udfff", "x" * (10 * 1024 * 1024)],
    ids=["nul", "high surrogate", "low surrogate", "ten megabytes"],
)
@pytest.mark.parametrize("field", ["text", "name", "contact", "links", "platform", "account", "category"])
def test_hostile_text_is_refused_by_field(world: World, field: str, hostile: str) -> None:
    """NUL, lone surrogates and ten megabytes are refused in every field, and nothing is stored."""
    assert field in refused_fields(**{field: (hostile,) if field == "links" else hostile})


def test_hostile_text_behind_a_link_to_an_account_is_refused(world: World) -> None:
    """The parts of a link after the account are checked too."""
    assert refused_fields(account="https://matrix.to/#/@mawar:localhost?via=\ud800") == {"account": "not_an_account"}


@pytest.mark.parametrize(
    ("uploads", "code"),
    [
        ((Upload(b"<svg onload=alert(1)>"),), "wrong_type"),
        ((Upload(b"%PDF-1.7"),), "wrong_type"),
        ((Upload(b""),), "wrong_type"),
        ((Upload(PNG),) * 6, "too_many"),
        ((Upload(PNG + b"x" * MAX_UPLOAD_BYTES),), "too_large"),
    ],
)
def test_an_upload_is_judged_by_its_content(world: World, uploads: tuple[Upload, ...], code: str) -> None:
    """Too many, too large, or no picture by its first bytes."""
    assert refused_fields(screenshots=uploads) == {"screenshots": code}


def test_all_faults_are_told_at_once(world: World) -> None:
    """One refusal names every field."""
    assert set(refused_fields(platform="x", category="x", text="\x00", links=("a",) * 6)) == {
        "platform",
        "category",
        "text",
        "links",
    }


def test_links_and_pictures_are_sealed_with_their_custody(world: World) -> None:
    """Each original has a row that says what it is and who brought it."""
    filed = report(screenshots=(Upload(PNG),), links=("https://example.invalid/1",))
    kinds = set(Evidence.objects.filter(report_id=filed.report_id).values_list("kind", "sealed_by"))
    assert kinds == {("screenshot", "public"), ("link", "public")}
