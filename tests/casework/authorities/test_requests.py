"""Requests of authorities (MR5 art. 14-16): validated field by field, and decided by people."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.factories import World, in_review, new_request, report, rows, vote

from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.orders import RequestRepeated
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import PUBLIC, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import HeldReason
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import ReportForm
from jaga.people.verbs.api_keys import NotProven
from jaga.policy.local_time import today
from jaga.queue.verbs.leases import release_lease
from jaga.store.models import LedgerEntry

LABELS = (
    "pornography",
    "violence",
    "violence_against_children",
    "defamation",
    "intellectual_property",
    "regulated_products",
    "sara",
    "false_news",
    "terrorism",
    "other",
)


def refused_fields(world: World, **changes: Any) -> dict[str, str]:
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        requests.file_request(new_request(**changes), actor=world.officer)
    assert rows() == before
    return {error.field: error.code for error in refusal.value.errors}


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("letter_number", ""),
        ("letter_number", "  "),
        ("letter_date", None),
        ("legal_basis", ""),
        ("legal_analysis", ""),
        ("legal_analysis", "\n\t "),
        ("locator", ""),
        ("screenshots", ()),
    ],
)
def test_each_missing_field_is_refused_by_name(world: World, field: str, empty: object) -> None:
    """Each field of MR5 art. 16(4) is required; the complete request is accepted."""
    assert refused_fields(world, **{field: empty}) == {field: "missing"}
    requests.file_request(new_request(), actor=world.officer)


def test_all_missing_fields_are_named_at_once(world: World) -> None:
    """One answer covers the whole letter."""
    faults = refused_fields(
        world, letter_number="", letter_date=None, legal_basis="", legal_analysis="", locator="", screenshots=()
    )
    assert set(faults) == {"letter_number", "letter_date", "legal_basis", "legal_analysis", "locator", "screenshots"}


@pytest.mark.parametrize(
    "hostile", ["a\x00", "\ud800", "x" * (10 * 1024 * 1024)], ids=["nul", "surrogate", "ten megabytes"]
)
@pytest.mark.parametrize(
    "field",
    [
        "letter_number",
        "legal_basis",
        "legal_analysis",
        "locator",
        "text",
        "court_order",
        "urgent_reason",
        "account",
        "platform",
    ],
)
def test_hostile_text_is_refused_by_field(world: World, field: str, hostile: str) -> None:
    """NUL, lone surrogates and ten megabytes never reach the database."""
    assert field in refused_fields(world, **{field: hostile})


def test_a_letter_number_is_used_once(world: World) -> None:
    """The same letter again is refused; other accounts under its number are held; nothing is stored."""
    requests.file_request(new_request(), actor=world.officer)
    before = rows()
    with pytest.raises(RequestRepeated):
        requests.file_request(new_request(letter_number=" b / 17/2026 "), actor=world.officer)
    for changed in ({"account": "@kenanga:localhost"}, {"letter": Upload(b"%PDF-1.4 another")}, {"text": "lain"}):
        with pytest.raises(NotProven) as refused:
            requests.file_request(new_request(**changed), actor=world.officer)
        assert refused.value.reason is HeldReason.REPLAYED_NUMBER
    assert rows() == before
    requests.file_request(new_request(letter_number="B/18/2026"), actor=world.officer)
    requests.file_request(new_request(), actor=world.minister)


def test_only_a_registered_officer_of_an_authority_may_ask(world: World) -> None:
    """The public, a program and a reviewer are refused."""
    for actor in (PUBLIC, SYSTEM, world.reviewers[0], world.supervisor):
        with pytest.raises(NotPermitted):
            requests.file_request(new_request(), actor=actor)


def test_the_ministrys_request_is_an_order_and_both_are_only_reports(world: World) -> None:
    """An order alone has no effect on the account: people decide on it as on any other report."""
    asked = requests.file_request(new_request(), actor=world.officer)
    ordered = requests.file_request(new_request(OrganisationKind.MINISTRY), actor=world.minister)
    assert (asked.form, ordered.form) == (ReportForm.REQUEST, ReportForm.ORDER)
    assert asked.case_id == ordered.case_id
    assert Case.objects.get().state == CaseState.RECEIVED


def test_a_request_joins_the_publics_case(world: World) -> None:
    """Reports and requests on one account and category share a case, as two sources."""
    case_id = report().case_id
    assert requests.file_request(new_request(), actor=world.officer).case_id == case_id
    assert Case.objects.get().sources_count == 2


def test_two_officers_of_one_authority_are_one_source(world: World) -> None:
    """An authority is one source, however many letters it writes."""
    for number in ("1", "2", "3"):
        requests.file_request(new_request(letter_number=number), actor=world.officer)
    assert Case.objects.get().sources_count == 1


@pytest.mark.parametrize("category", LABELS)
def test_a_label_can_never_be_restricted_or_closed_whoever_asks(world: World, category: str) -> None:
    """An order in a category without actions is counted, and no vote can affect the account."""
    requests.file_request(
        new_request(OrganisationKind.MINISTRY, category=category, legal_basis="mr5_9_4_a"), actor=world.minister
    )
    case_id = in_review(category=category)
    for actor in (world.reviewers[0], world.supervisor):
        for kind in (DecisionKind.RESTRICT, DecisionKind.CLOSE, DecisionKind.REDACT, DecisionKind.PRESERVE):
            before = rows()
            with pytest.raises(InvalidInput) as refusal:
                _cast(case_id, kind, actor)
            assert [error.field for error in refusal.value.errors] == ["kind"]
            assert rows()["records_vote"] == before["records_vote"]
    assert vote(case_id, DecisionKind.DISMISS, world.reviewers[0]).state is CaseState.RESOLVED


def _cast(case_id: int, kind: DecisionKind, actor: Actor) -> None:
    try:
        vote(case_id, kind, actor)
    finally:
        release_lease(case_id, actor=actor)


def test_a_legal_basis_must_fit_the_day_of_the_conduct_and_the_authority(world: World) -> None:
    """KUHP 407 did not exist in 2025; a basis of another category does not fit."""
    assert refused_fields(world, legal_basis="kuhp_407", conduct_on=date(2025, 6, 1)) == {"legal_basis": "does_not_fit"}
    assert refused_fields(world, legal_basis="kuhp_426_427") == {"legal_basis": "does_not_fit"}
    requests.file_request(new_request(legal_basis="uu_ite_27_1", conduct_on=date(2025, 6, 1)), actor=world.officer)


def test_urgent_needs_a_reason_and_a_category_that_the_law_calls_urgent(world: World) -> None:
    """Four hours are not granted on demand (MR5 art. 14(3))."""
    assert refused_fields(world, urgent=True) == {"urgent_reason": "missing", "urgent": "not_urgent"}
    filed = requests.file_request(
        new_request(category="trafficking", legal_basis="kuhp_455", urgent=True, urgent_reason="Orang ditahan."),
        actor=world.officer,
    )
    assert filed.due_at - Report.objects.get().received_at == timedelta(hours=4)


def test_a_letter_written_after_midnight_in_papua_is_not_in_the_future(world: World) -> None:
    """Today in Jayapura is accepted while it is still yesterday in UTC; tomorrow is refused."""
    with frozen(datetime(2026, 11, 1, 15, 30, tzinfo=UTC)):
        assert refused_fields(world, letter_date=date(2026, 11, 3)) == {"letter_date": "in_the_future"}
        requests.file_request(new_request(letter_date=date(2026, 11, 2)), actor=world.officer)
    assert today() <= now().date() + timedelta(days=1)


def test_a_letter_may_be_a_pdf_and_a_program_may_not(world: World) -> None:
    """The letter's type is recognised by its content, like that of pictures."""
    assert refused_fields(world, letter=Upload(b"MZ\x90")) == {"letter": "wrong_type"}
    requests.file_request(new_request(letter=Upload(b"%PDF-1.7 surat")), actor=world.officer)


def test_the_ledger_names_the_authority_by_number_only(world: World) -> None:
    """One entry with the organisation and the legal basis; neither letter nor analysis."""
    filed = requests.file_request(new_request(), actor=world.officer)
    entry = LedgerEntry.objects.get(case_ref=filed.case_id)
    assert entry.verb == "file_request"
    assert set(entry.payload) == {
        "report",
        "channel",
        "form",
        "organisation",
        "order",
        "category",
        "legal_basis",
        "urgent",
    }
    assert AuthorityRequest.objects.get().organisation_id == entry.payload["organisation"]
