"""Orders by the client: signed, filed, followed, clarified, withdrawn; without a signature nothing is filed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.client.conftest import Line, full, lost
from tests.web.api.conftest import PDF, PNG, World, fitting_basis

from jaga.authorities.models import HeldRequest
from jaga.authorities.models import Order as Stored
from jaga.authorities.verbs.orders import ask_officer
from jaga.cases.models.reports import Report
from jaga.client.calls import Jaga
from jaga.client.transport import ApiProblem
from jaga.client.values import Account, FiledOrder, Held, Order
from jaga.core.clock import now
from jaga.core.terms.reports import MessageKind


def account(name: str, **changes: Any) -> Account:
    return replace(
        Account("contoh", f"@{name}:localhost", "prostitution_advertising", f"https://contoh.example/{name}", [PNG]),
        **changes,
    )


@pytest.fixture
def order(world: World) -> Order:
    return Order(
        "B/18/2026",
        now().date(),
        fitting_basis(),
        "Kedua akun mengiklankan layanan.",
        PDF,
        [account("satu"), account("dua", text="open BO", conduct_on=now().date())],
    )


@pytest.fixture
def officer(world: World, line: Line, pauses: list[float]) -> Iterator[Jaga]:
    with Jaga(
        "http://testserver",
        world.police.secret,
        signing_key=world.police.signing.text(),
        language="en",
        http=line,
        sleep=pauses.append,
    ) as made:
        yield made


def test_an_order_is_filed_and_followed(officer: Jaga, order: Order) -> None:
    """One letter with a request for each account; lists in pages, newest first, and one order with its accounts."""
    filed = officer.file_order(order)
    assert isinstance(filed, FiledOrder)
    assert [len(one.receipt) for one in filed.accounts] == [16, 16]
    assert filed.accounts[0].receipt not in repr(filed)
    second = officer.file_order(replace(order, letter_number="B/19/2026", accounts=[account("tiga")]))
    assert isinstance(second, FiledOrder)
    listed = list(officer.orders())
    assert [(one.number, one.accounts) for one in listed] == [(second.number, ()), (filed.number, ())]
    whole = officer.order(filed.order_id)
    assert (whole.letter_number, whole.letter_date, whole.proof) == ("B/18/2026", order.letter_date, "signature")
    assert (whole.accounts_total, whole.decided, whole.withdrawn_at) == (2, 0, None)
    assert whole.due_at == min(one.due_at for one in filed.accounts)
    assert {one.account: one.report_id for one in whole.accounts} == {
        "@satu:localhost": filed.accounts[0].report_id,
        "@dua:localhost": filed.accounts[1].report_id,
    }
    assert (whole.accounts[0].state, whole.accounts[0].outcome) == ("received", None)


def test_more_orders_than_a_page_holds_are_all_listed(
    officer: Jaga, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next page is fetched when needed."""
    monkeypatch.setattr("jaga.client.calls.MOST_TOGETHER", 1)
    for number in range(3):
        officer.file_order(replace(order, letter_number=f"B/{number}/2026", accounts=[account(f"akun{number}")]))
    assert [one.letter_number for one in officer.orders()] == ["B/2/2026", "B/1/2026", "B/0/2026"]


@pytest.mark.parametrize("trouble", [lost, full])
def test_what_is_sent_again_is_done_once(officer: Jaga, line: Line, order: Order, trouble: Any) -> None:
    """An order, its withdrawal and an answer: signed again at each attempt, with one effect."""
    line.troubles = [trouble, trouble]
    filed = officer.file_order(order)
    assert isinstance(filed, FiledOrder)
    assert Stored.objects.get().pk == filed.order_id
    line.troubles = [trouble]
    officer.answer_clarification(filed.accounts[0].report_id, "Ini tempatnya.")
    assert len(officer.clarifications(filed.accounts[0].report_id).messages) == 1
    line.troubles = [trouble]
    assert officer.withdraw_order(filed.order_id, "Keliru.") == 2
    assert HeldRequest.objects.count() == 0


def test_refused_fields_are_named_account_by_account(officer: Jaga, order: Order) -> None:
    """Nothing is filed and nothing held, since the officer is proven."""
    wrong = replace(order, accounts=[account("satu"), account("dua", locator="", platform="nirgends")])
    with pytest.raises(ApiProblem) as refused:
        officer.file_order(wrong)
    assert {(one.field, one.code) for one in refused.value.errors} == {
        ("accounts.2.locator", "missing"),
        ("accounts.2.platform", "unknown"),
    }
    assert (Report.objects.count(), HeldRequest.objects.count()) == (0, 0)


def test_what_is_not_signed_is_held_or_refused(jaga: Jaga, officer: Jaga, order: Order) -> None:
    """An order gets a number and waits for a supervisor; calls about an order are refused and change nothing."""
    held = jaga.file_order(order)
    assert isinstance(held, Held)
    assert (held.reason, held.number) == ("not_signed", HeldRequest.objects.get().number)
    assert Stored.objects.count() == 0
    filed = officer.file_order(replace(order, letter_number="B/20/2026"))
    assert isinstance(filed, FiledOrder)
    with pytest.raises(ApiProblem, match="409 not_signed"):
        jaga.withdraw_order(filed.order_id, "Keliru.")
    with pytest.raises(ApiProblem, match="409 not_signed"):
        jaga.answer_clarification(filed.accounts[0].report_id, "Ini.")
    assert officer.order(filed.order_id).withdrawn_at is None
    assert officer.clarifications(filed.accounts[0].report_id).messages == ()


def test_a_question_is_answered_with_a_better_locator(world: World, officer: Jaga, order: Order) -> None:
    """Lists show the question; the answer replaces the locator, and the deadline continues."""
    filed = officer.file_order(order)
    assert isinstance(filed, FiledOrder)
    report_id = filed.accounts[1].report_id
    ask_officer(report_id, MessageKind.INVALID_LOCATOR, "Tautan ini kosong.", actor=world.reviewers[0])
    assert next(officer.orders()).asked_back == 1
    assert [one.report_id for one in officer.order(filed.order_id).accounts if one.waits_for_you] == [report_id]
    asked = officer.clarifications(report_id)
    assert (asked.waits_for_you, asked.messages[0].from_us, asked.messages[0].kind, asked.messages[0].text) == (
        True,
        True,
        "invalid_locator",
        "Tautan ini kosong.",
    )
    number = officer.answer_clarification(report_id, "Maaf.", "https://contoh.example/dua/2")
    told = officer.clarifications(report_id)
    assert (told.waits_for_you, told.locator) == (False, "https://contoh.example/dua/2")
    assert (told.messages[1].message_id, told.messages[1].from_us) == (number, False)
    assert told.locator in {one.locator for one in officer.order(filed.order_id).accounts}


def test_an_order_is_taken_back(officer: Jaga, order: Order) -> None:
    """Once; the second time is refused."""
    filed = officer.file_order(order)
    assert isinstance(filed, FiledOrder)
    assert officer.withdraw_order(filed.order_id, "Keliru.") == 2
    seen = officer.order(filed.order_id)
    assert (seen.withdrawn_at is not None, [one.withdrawn for one in seen.accounts]) == (True, [True, True])
    with pytest.raises(ApiProblem, match="already_withdrawn"):
        officer.withdraw_order(filed.order_id, "Keliru.")
