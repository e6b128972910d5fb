"""Data requests of an authority: complete as the law requires, with a deadline in calendar days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.casework.operator_world import Operator, make_operator
from tests.factories import World, in_review, rows

from jaga.core.actors import CLI
from jaga.core.clock import frozen
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.core.terms.people import HostKind
from jaga.operators.models import Notice, OutgoingMail
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.escalation import DataRequest, NotAnAuthoritysInstallation, ask_for_data
from jaga.operators.verbs.notices import clarify_notice, message_of, open_notice
from jaga.people.verbs.people import claim_installation

WANTED = DataRequest("Kepolisian Contoh", "Mencari korban", "Data pelanggan, 1 sampai 5 November", "UU 21/2007 Pasal 2")


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


@pytest.fixture
def case_id(operator: Operator) -> int:
    return in_review(platform=operator.platform, account="tamu-91")


def test_an_operators_installation_asks_for_no_data(world: World, case_id: int) -> None:
    """Nobody in an operator's installation is an authority."""
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    before = rows()
    with pytest.raises(NotAnAuthoritysInstallation):
        ask_for_data(case_id, WANTED, actor=world.supervisor)
    assert rows() == before


def test_an_authority_asks_with_all_that_the_law_wants(world: World, operator: Operator, case_id: int) -> None:
    """Every field of MR5 art. 36(2); contents only with a court order; the same request is one notice."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    before = rows()
    for lacking in ("authority", "purpose", "description", "offence"):
        with pytest.raises(InvalidInput) as refused:
            ask_for_data(case_id, replace(WANTED, **{lacking: " "}), actor=world.supervisor)
        assert [error.field for error in refused.value.errors] == [lacking]
    with pytest.raises(InvalidInput) as refused:
        ask_for_data(case_id, replace(WANTED, content=True), actor=world.supervisor)
    assert [error.field for error in refused.value.errors] == ["court_order"]
    with pytest.raises(NotPermitted):
        ask_for_data(case_id, WANTED, actor=world.reviewers[0])
    assert rows() == before
    number = ask_for_data(case_id, WANTED, actor=world.supervisor)
    assert ask_for_data(case_id, WANTED, actor=world.supervisor) == number
    with_order = replace(WANTED, content=True, court_order="12/Pen/2026")
    assert ask_for_data(case_id, with_order, actor=world.supervisor) != number
    assert OutgoingMail.objects.filter(person_id=operator.contact.person_id).count() == 2
    with pytest.raises(NotFound):
        message_of(number)


def test_its_clock_counts_days_also_after_a_rest(world: World, operator: Operator, case_id: int) -> None:
    """Five days from receipt; after a clarification the rest, rounded up to the end of a day in Jakarta."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    start = datetime(2026, 11, 25, 2, tzinfo=UTC)
    with frozen(start):
        number = ask_for_data(case_id, WANTED, actor=world.supervisor)
        open_notice(number, actor=operator.contact)
        assert Notice.objects.get().due_at == datetime(2026, 11, 30, 16, 59, 59, 999999, tzinfo=UTC)
    with frozen(start + timedelta(days=2)):
        answer_notice(number, AnswerKind.INVALID_LOCATOR, "Akun mana?", actor=operator.contact)
        with pytest.raises(InvalidInput):
            answer_notice(number, AnswerKind.WRONG_SCREENSHOT, "Tidak ada gambar.", actor=operator.contact)
    with frozen(start + timedelta(days=4)):
        clarify_notice(number, "Akun tamu-91, dengan garis.", actor=world.reviewers[0])
        open_notice(number, actor=operator.contact)
        assert Notice.objects.get().due_at == datetime(2026, 12, 2, 16, 59, 59, 999999, tzinfo=UTC)
        answer_notice(number, AnswerKind.DONE, "Diserahkan dalam amplop hari ini.", actor=operator.contact)
    assert Notice.objects.get().state == NoticeState.ANSWERED
