"""The officers' pages, signing keys, and the supervisors' view of held requests."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count, Q
from django.test import Client
from tests.factories import CATEGORY, PLATFORM, PNG, World, carry_through, new_request, vote
from tests.web.console.conftest import Staff
from tests.web.console.factors import show_factor, with_app

from jaga.authorities.console.orders import as_body
from jaga.authorities.models import HeldRequest, Order, SigningKey
from jaga.authorities.verbs import held_requests
from jaga.authorities.verbs import orders as clarifications
from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.held_requests import Arrived
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.core.actors import PUBLIC, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import HeldReason
from jaga.core.terms.reports import MessageKind
from jaga.policy.local_time import today
from jaga.signals.verbs import triage
from jaga.web.frame.confirmation import FRESH_FOR

Open = Callable[[Actor], Client]
PDF = b"%PDF-1.7 invented letter"


def letter(**changes: object) -> dict[str, object]:
    """The form as an officer sends it."""
    form: dict[str, object] = {
        "letter_number": "B/21/2026",
        "letter_date": today().isoformat(),
        "legal_basis": "kuhp_407",
        "legal_analysis": "Menawarkan jasa di ruang umum.",
        "platform": PLATFORM,
        "category": CATEGORY,
        "accounts": "@satu:localhost | https://matrix.to/#/@satu:localhost | open BO\n@dua:localhost\n",
        "letter": SimpleUploadedFile("surat.pdf", PDF),
        "screenshots": [SimpleUploadedFile("semua.png", PNG)],
    }
    return {**form, **changes}


def test_an_officer_files_several_accounts_and_follows_them(world: World, browser_of: Open) -> None:
    """From the form to the verified outcome, with CSV; a colleague of another authority sees nothing."""
    officer = browser_of(world.officer)
    assert officer.get("/console/orders/new/").status_code == 200
    answer = officer.post("/console/orders/new/", letter())
    order = Order.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/console/orders/{order.pk}/")
    assert order.proof == "step_up"
    assert {row.locator for row in AuthorityRequest.objects.all()} == {
        "https://matrix.to/#/@satu:localhost",
        "@dua:localhost",
    }
    case_id = Case.objects.get(subject__account_id="@satu:localhost").pk
    triage.triage_case(case_id, actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    carry_through(case_id)
    page = officer.get(f"/console/orders/{order.pk}/").content.decode()
    assert "1 of 2 decided" in page
    assert "seen to be so" in page
    table = officer.get(f"/console/orders/{order.pk}/csv/").content.decode().splitlines()
    assert len(table) == 3
    assert sum('"close"' in row for row in table) == 1
    assert "B/21/2026" in officer.get("/console/orders/").content.decode()
    minister = browser_of(world.minister)
    for path in ("", "csv/"):
        assert minister.get(f"/console/orders/{order.pk}/{path}").status_code == 404
    assert "B/21/2026" not in minister.get("/console/orders/").content.decode()


def test_what_is_wrong_is_told_line_by_line_and_the_form_is_kept(world: World, browser_of: Open) -> None:
    """Nothing is filed, and the form keeps every word."""
    answer = browser_of(world.officer).post(
        "/console/orders/new/",
        letter(
            accounts="@satu:localhost\nbukan akun\n", screenshots=[SimpleUploadedFile("1-a.png", PNG)], legal_basis=""
        ),
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert re.search(r"Line 2, Account: This does not look like an account", page)
    assert "Line 2, Screenshots" in page
    assert "Line 1" not in page
    assert "bukan akun" in page
    assert not Order.objects.exists()


def test_rows_carry_their_own_pictures_and_errors_name_their_field(world: World, browser_of: Open) -> None:
    """Nothing is chosen beforehand; a row is added without scripts; an empty row is no account."""
    officer = browser_of(world.officer)
    page = officer.get("/console/orders/new/").content.decode()
    assert " selected" not in page
    assert today().isoformat() not in page
    rows: dict[str, object] = {
        "accounts.1.account": "@satu:localhost",
        "accounts.3.account": "bukan akun",
        "accounts.2.account": " ",
        "accounts.3.text": "open BO",
    }
    more = officer.post(
        "/console/orders/new/", {**letter(accounts="", screenshots=[], platform=""), **rows, "add": "yes"}
    )
    assert (more.status_code, more.content.decode().count("<legend>Account")) == (200, 5)  # four, and the blank one
    refused = officer.post(
        "/console/orders/new/", {**letter(accounts="", screenshots=[], platform="", legal_basis=""), **rows}
    ).content.decode()
    for said in (
        '<a href="#platform">Chat app: ',
        '<a href="#legal_basis">Legal basis: This field is required',
        '<a href="#accounts.2.screenshots">Account 2, Screenshots: ',
        'value="bukan akun"',
    ):
        assert said in refused, said
    assert refused.count('<a href="#platform">') == 1
    own = {f"accounts.{number}.screenshots": [SimpleUploadedFile("a.png", PNG + number.encode())] for number in "13"}
    answer = officer.post(
        "/console/orders/new/",
        {
            **letter(accounts="@tiga:localhost", screenshots=[SimpleUploadedFile("1-x.png", PNG)]),
            **rows,
            "accounts.3.account": "@dua:localhost",
            **own,
        },
    )
    assert answer.status_code == 302
    pictures = dict(
        Report.objects.filter(form="request")
        .values_list("subject__account_id")
        .annotate(many=Count("evidence", filter=Q(evidence__kind="screenshot")))
    )
    assert pictures == {"@satu:localhost": 1, "@dua:localhost": 1, "@tiga:localhost": 1}


def test_without_a_fresh_factor_nothing_is_asked(world: World, browser_of: Open) -> None:
    """A session from half an hour ago cannot file, withdraw or answer."""
    officer = browser_of(world.officer)
    requests.file_request(new_request(), actor=world.officer)
    order = Order.objects.get()
    show_factor(officer, world.officer.person_id, now() - timedelta(minutes=30))
    assert officer.post("/console/orders/new/", letter()).status_code == 403
    assert officer.post(f"/console/orders/{order.pk}/withdraw/", {"why": "Keliru."}).status_code == 403
    assert officer.post("/console/signing-keys/", {"public_key": "whpk_x"}).status_code == 403
    assert Order.objects.get().withdrawn_at is None


def test_a_used_number_is_held_in_the_console_too(world: World, browser_of: Open) -> None:
    """It can be released from there as if it came by the API: the body is stored in the API's form."""
    requests.file_request(new_request(letter_number="b/21/2026"), actor=world.officer)
    answer = browser_of(world.officer).post("/console/orders/new/", letter())
    held = HeldRequest.objects.get()
    assert answer.status_code == 202
    assert held.number in answer.content.decode()
    assert held.reason == HeldReason.REPLAYED_NUMBER
    held_requests.record_held_call(held.pk, "Kantor: benar, dua surat.", actor=world.supervisor)
    supervisor = browser_of(world.supervisor)
    answer = supervisor.post(f"/console/held-requests/{held.pk}/release/", {"officer": "budi"})
    assert answer.status_code == 302
    assert Report.objects.filter(organisation=world.officer.organisation_id).count() == 3


def test_a_question_is_asked_and_answered(world: World, browser_of: Open) -> None:
    """The officer sees what is unclear and corrects the locator; the earlier one remains visible."""
    filed = requests.file_request(new_request(), actor=world.officer)
    clarifications.ask_officer(
        filed.report_id, MessageKind.INVALID_LOCATOR, "Tautan ini kosong.", actor=world.reviewers[0]
    )
    officer, order = browser_of(world.officer), Order.objects.get()
    assert "You are asked something" in officer.get("/console/orders/").content.decode()
    assert "the account cannot be found" in officer.get(f"/console/orders/{order.pk}/").content.decode()
    address = f"/console/orders/{order.pk}/accounts/{filed.report_id}/answer/"
    assert officer.post(address, {"text": " ", "locator": ""}).status_code == 422
    assert officer.post(address, {"text": "Maaf.", "locator": "https://matrix.to/#/x"}).status_code == 302
    page = officer.get(f"/console/orders/{order.pk}/").content.decode()
    assert "https://matrix.to/#/x" in page
    assert AuthorityRequest.objects.get().locator in page
    assert browser_of(world.minister).post(address, {"text": "Saya."}).status_code == 404


def test_an_officer_withdraws_and_registers_a_key(world: World, browser_of: Open) -> None:
    """An officer withdraws a request and registers a key; after the withdrawal people still decide the case."""
    requests.file_request(new_request(), actor=world.officer)
    officer, order = browser_of(world.officer), Order.objects.get()
    assert officer.post(f"/console/orders/{order.pk}/withdraw/", {"why": ""}).status_code == 422
    assert officer.post(f"/console/orders/{order.pk}/withdraw/", {"why": "Keliru."}).status_code == 302
    assert Report.objects.get().withdrawn_at is not None
    assert Case.objects.get().state == "received"
    key = PrivateKey.generate()
    assert officer.post("/console/signing-keys/", {"public_key": key.text()}).status_code == 422
    assert officer.post("/console/signing-keys/", {"public_key": key.public.text()}).status_code == 302
    number = SigningKey.objects.get().pk
    assert officer.post(f"/console/signing-keys/{number}/revoke/").status_code == 302
    assert "taken back" in officer.get("/console/signing-keys/").content.decode()


@pytest.mark.parametrize("path", ["", "{held}/"])
def test_held_requests_say_why_and_show_no_picture(world: World, staff: Staff, browser_of: Open, path: str) -> None:
    """The page gives the reason in words and marks claims as claims; the letter's and pictures' contents are not
    shown.
    """
    body, raw = as_body(requests.as_order(new_request(text="open BO")))
    arrived = Arrived("orders", raw, claimed={"letter_number": str(body["letter_number"]), "accounts": []})
    number = int(
        held_requests.hold_request(
            arrived, HeldReason.NOT_SIGNED, officer_id=world.officer.person_id, actor=world.officer
        )[1:]
    )
    page = browser_of(world.supervisor).get(f"/console/held-requests/{path.format(held=number)}").content.decode()
    assert "This was not signed by the officer." in page
    assert "B/17/2026" in page
    assert "<img" not in page


def test_a_stolen_session_decides_nothing_on_held_requests(world: World, browser_of: Open) -> None:
    """Recording the call, releasing, rejecting and opening an emergency case need a second factor entered just
    before.
    """
    _, raw = as_body(requests.as_order(new_request()))
    number = int(
        held_requests.hold_request(
            Arrived("orders", raw), HeldReason.NOT_SIGNED, officer_id=world.officer.person_id, actor=world.officer
        )[1:]
    )
    with_app(world.supervisor)
    supervisor = browser_of(world.supervisor)
    show_factor(supervisor, world.supervisor.person_id, now() - FRESH_FOR)
    for step in ("call-back", "release", "reject", "accounts/1/preserve"):
        fields = {"call_back": "Kantor: benar.", "officer": "budi", "why": "Palsu.", "emergency-1": "Gawat."}
        assert supervisor.post(f"/console/held-requests/{number}/{step}/", fields).status_code == 403
    row = HeldRequest.objects.get()
    assert (row.state, row.called_back_at, Report.objects.count()) == ("held", None, 0)


def test_whoever_is_no_officer_is_told_so(world: World, browser_of: Open) -> None:
    """Whatever was typed as a name, also text that the database cannot look up."""
    _, raw = as_body(requests.as_order(new_request()))
    number = int(
        held_requests.hold_request(Arrived("orders", raw), HeldReason.UNKNOWN_SENDER, officer_id=None, actor=PUBLIC)[1:]
    )
    held_requests.record_held_call(number, "Kantor: benar.", actor=world.supervisor)
    for name in ("", "a\x00b", "x" * 5000, "sinta"):
        answer = browser_of(world.supervisor).post(f"/console/held-requests/{number}/release/", {"officer": name})
        assert answer.status_code == 409, name


def test_an_emergency_is_opened_from_a_held_request(world: World, browser_of: Open) -> None:
    """The emergency case is for preservation and is marked on its page; a rejection needs a reason."""
    _, raw = as_body(requests.as_order(new_request()))
    number = int(
        held_requests.hold_request(
            Arrived("orders", raw), HeldReason.NOT_SIGNED, officer_id=world.officer.person_id, actor=world.officer
        )[1:]
    )
    supervisor = browser_of(world.supervisor)
    address = f"/console/held-requests/{number}/"
    assert supervisor.post(f"{address}accounts/1/preserve/", {"emergency-1": ""}).status_code == 422
    assert supervisor.post(f"{address}accounts/9/preserve/", {"emergency-9": "x"}).status_code == 404
    assert supervisor.post(f"{address}accounts/1/preserve/", {"emergency-1": "Segera dihapus."}).status_code == 302
    case = Case.objects.get()
    assert "nothing but preserving" in supervisor.get(f"/console/cases/{case.reference}/").content.decode()
    assert supervisor.post(f"{address}release/", {"officer": "budi"}).status_code == 409
    assert supervisor.post(f"{address}reject/", {"why": ""}).status_code == 422
    assert supervisor.post(f"{address}call-back/", {"call_back": "Kantor: bukan surat kami."}).status_code == 302
    assert supervisor.post(f"{address}reject/", {"why": "Bukan surat mereka."}).status_code == 302
    assert "rejected" in supervisor.get(address).content.decode()
