"""An officer's own orders: the outcome per account, the dialogue, and the form for a new letter.

Every submission needs a fresh second factor, which in the console takes the place of the officer's signature.

The form for a new order: rows of accounts, each with its pictures, and for long letters a pasted list as well.

Rows are numbered from 1 and named like the fields of the API, `accounts.2.locator`, so an error names its field.
Accounts of the list come after the rows.

An order's outcome as a table for the officer's files. For paper, print the order's page.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.authorities.reads.orders import WholeOrder, access_account, access_order, kind_of, list_orders
from jaga.authorities.verbs.held_requests import Arrived, hold_request
from jaga.authorities.verbs.orders import RequestRepeated, answer_clarification, file_order, withdraw_order
from jaga.authorities.verbs.validation import MAX_ACCOUNTS, NewAccount, NewOrder
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import OrganisationKind, Role
from jaga.exchange.csv_out import csv_rows
from jaga.people.verbs.api_keys import STEPPED_UP, NotProven
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.store.reads import is_an_authoritys, listed_platforms
from jaga.web.api.auth import claimed_in
from jaga.web.errors import field_name, language, say, say_fields
from jaga.web.frame.forms import ConsoleForm, Text, Ticked, calendar_day
from jaga.web.frame.pages import page, refusal, run_or_rerender, signed_in
from jaga.web.frame.step_up import asks_first, needs_step_up
from jaga.web.frame.words import basis_choice

MAX_ROWS = 30
"""More accounts go into the list: a form may have 200 fields and 100 files (`settings`)."""
_OF_ONE = re.compile(r"0*([1-9][0-9]{0,2})[-_ .]")
_ROW_FIELD = re.compile(r"accounts\.([1-9][0-9]?)\.(?:account|locator|text|screenshots)")
_ORDER = (
    "letter_number",
    "letter_date",
    "letter",
    "legal_basis",
    "legal_analysis",
    "platform",
    "category",
    "conduct_on",
    "accounts.",
    "accounts",
    "screenshots",
    "urgent",
    "urgent_reason",
    "wants_export",
    "court_order",
)
_ROW = ("account", "locator", "text", "screenshots")
_ASKED_ONCE = ("platform", "category", "conduct_on")
Files: TypeAlias = "MultiValueDict[str, UploadedFile[Any]]"


@dataclass(frozen=True)
class OrderRow:
    """One account as typed. `number` is its place in the form; `pictures` are kept for this request only."""

    number: int = 1
    account: str = ""
    locator: str = ""
    text: str = ""
    pictures: tuple[Upload, ...] = field(default=(), repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return not (self.account.strip() or self.locator.strip() or self.text.strip() or self.pictures)


@dataclass(frozen=True)
class OrderFormData:
    """The input, kept unchanged on errors; files cannot be kept."""

    letter_number: str = ""
    letter_date: str = ""
    legal_basis: str = ""
    legal_analysis: str = ""
    platform: str = ""
    category: str = ""
    conduct_on: str = ""
    accounts: str = ""
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""
    rows: tuple[OrderRow, ...] = (OrderRow(),)

    @property
    def lines(self) -> list[str]:
        """The lines of the pasted list that name something."""
        return [line for line in self.accounts.split("\n") if line.strip()]

    def with_one_more(self) -> "OrderFormData":
        """The same with an empty row at its end, as long as the form takes one."""
        more = (OrderRow(len(self.rows) + 1),) if len(self.rows) < MAX_ROWS else ()
        return replace(self, rows=(*self.rows, *more))


class OrderRowForm(ConsoleForm):
    """One row of accounts, without its files. The prefix is `accounts.` and its number."""

    account = Text()
    locator = Text()
    text = Text()

    def add_prefix(self, field_name: str) -> str:
        """As the API names it."""
        return f"{self.prefix}.{field_name}"


class OrderForm(ConsoleForm):
    """One letter and its accounts, without the files."""

    letter_number = Text()
    letter_date = Text()
    legal_basis = Text()
    legal_analysis = Text()
    platform = Text()
    category = Text()
    conduct_on = Text()
    accounts = Text()
    urgent = Ticked(None)
    urgent_reason = Text()
    wants_export = Ticked(None)
    court_order = Text()
    add = Ticked(None)  # another account, without scripts

    def entered(self) -> OrderFormData:
        """The submitted form."""
        return OrderFormData(
            **self.kept(), urgent=self.is_ticked("urgent"), wants_export=self.is_ticked("wants_export"), rows=()
        )


def entered_in(request: HttpRequest) -> OrderFormData:
    """The submitted form with its rows. Empty rows are left out and the others counted anew, unless one is added."""
    form = OrderForm.sent(request)
    names = (_ROW_FIELD.fullmatch(name) for name in (*request.POST, *request.FILES))
    numbers = sorted({int(found[1]) for found in names if found})
    rows = [
        row for number in numbers[:MAX_ROWS] if not (row := _row(request, number)).is_empty or form.is_ticked("add")
    ]
    return replace(form.entered(), rows=tuple(replace(row, number=place) for place, row in enumerate(rows, 1)))


def _row(request: HttpRequest, number: int) -> OrderRow:
    typed = OrderRowForm.sent(request, prefix=f"accounts.{number}")
    files = request.FILES.getlist(f"accounts.{number}.screenshots")
    return OrderRow(number, **typed.kept(), pictures=tuple(Upload(file.read()) for file in files))


def new_order_of(entered: OrderFormData, files: Files) -> NewOrder:
    """The order as entered; invalid days and accounts are left for the action to reject."""
    shared, own = _pictures(files.getlist("screenshots"))
    accounts = [_of_row(entered, row, shared) for row in entered.rows]
    accounts += [
        _account(entered, line, (*own.get(place, ()), *shared))
        for place, line in enumerate(entered.lines[: MAX_ACCOUNTS + 1], 1)
    ]
    letter = files.get("letter")
    return NewOrder(
        entered.letter_number,
        calendar_day(entered.letter_date),
        entered.legal_basis,
        entered.legal_analysis,
        tuple(accounts),
        Upload(letter.read()) if letter is not None else None,
        urgent=entered.urgent,
        urgent_reason=entered.urgent_reason,
        wants_export=entered.wants_export,
        court_order=entered.court_order,
    )


def _of_row(entered: OrderFormData, row: OrderRow, shared: list[Upload]) -> NewAccount:
    account = row.account.strip()
    return NewAccount(
        entered.platform,
        account,
        entered.category,
        row.locator.strip() or account,
        (*row.pictures, *shared),
        row.text.strip(),
        calendar_day(entered.conduct_on),
    )


def by_field(errors: Mapping[str, list[str]], entered: OrderFormData) -> dict[str, list[str]]:
    """The errors under the names of the form's fields.

    What is asked once for all accounts is reported once. An account's name and place are one field in the list, whose
    errors name their line.
    """
    found: dict[str, list[str]] = {}
    for name, sentences in errors.items():
        _, _, rest = name.partition("accounts.")
        number, _, own = rest.partition(".")
        place = int(number) if number.isdigit() else 0
        if own in _ASKED_ONCE:
            found[own] = list(dict.fromkeys([*found.get(own, []), *sentences]))
        elif place > len(entered.rows):
            line = gettext("Line %(number)s") % {"number": place - len(entered.rows)}
            of_line = [f"{line}, {field_name(own)}: {sentence}" for sentence in sentences]
            found["accounts"] = [*found.get("accounts", []), *of_line]
        else:
            found[name] = list(sentences)
    return {name: found[name] for name in sorted(found, key=_place_on_page)}


def _place_on_page(name: str) -> tuple[int, int]:
    """Sorts errors as their fields stand on the page."""
    _, _, rest = name.partition("accounts.")
    number, _, own = rest.partition(".")
    if number.isdigit():
        return _ORDER.index("accounts.") + int(number), _ROW.index(own) if own in _ROW else 0
    place = _ORDER.index(name) if name in _ORDER else len(_ORDER)
    return place if place < _ORDER.index("accounts.") else place + MAX_ROWS, 0


def _account(entered: OrderFormData, row: str, pictures: tuple[Upload, ...]) -> NewAccount:
    """Parse `account | where it is | what was seen`; without a location the account's name or link is used."""
    account, _, rest = row.partition("|")
    locator, _, text = rest.partition("|")
    return NewAccount(
        entered.platform,
        account.strip(),
        entered.category,
        locator.strip() or account.strip(),
        pictures,
        text.strip(),
        calendar_day(entered.conduct_on),
    )


def _pictures(files: Iterable["UploadedFile[Any]"]) -> tuple[list[Upload], dict[int, list[Upload]]]:
    """Pictures for every account, and those whose file name starts with the number of a line of the list."""
    shared: list[Upload] = []
    own: dict[int, list[Upload]] = {}
    for file in files:
        numbered = _OF_ONE.match(file.name or "")
        place = own.setdefault(int(numbered[1]), []) if numbered else shared
        place.append(Upload(file.read()))
    return shared, own


def as_body(new: NewOrder) -> tuple[dict[str, object], bytes]:
    """The order as the API would have received it, so that held requests have one format."""

    def coded(upload: Upload) -> str:
        return b64encode(upload.content).decode()

    body: dict[str, object] = {
        "letter_number": new.letter_number,
        "letter_date": new.letter_date.isoformat() if new.letter_date else None,
        "legal_basis": new.legal_basis,
        "legal_analysis": new.legal_analysis,
        "letter": coded(new.letter) if new.letter else None,
        "urgent": new.urgent,
        "urgent_reason": new.urgent_reason,
        "wants_export": new.wants_export,
        "court_order": new.court_order,
        "accounts": [
            {
                "platform": one.platform,
                "account": one.account,
                "category": one.category,
                "locator": one.locator,
                "screenshots": [coded(upload) for upload in one.screenshots],
                "text": one.text,
                "conduct_on": one.conduct_on.isoformat() if one.conduct_on else None,
            }
            for one in new.accounts
        ],
    }
    return body, json.dumps(body, ensure_ascii=False).encode()


_HEADER = (
    "order",
    "letter_number",
    "case",
    "platform",
    "account",
    "category",
    "locator",
    "due_at",
    "overdue",
    "state",
    "withdrawn",
    "decision",
    "decided_at",
    "verified",
    "verified_at",
)


def outcome_csv(whole: WholeOrder) -> Iterator[bytes]:
    """One row per account, with the API's terms."""
    return csv_rows(
        _HEADER,
        (
            (
                whole.order.number,
                whole.order.letter_number,
                one.case_reference,
                one.platform,
                one.account,
                one.category,
                one.locator,
                one.due_at,
                one.overdue,
                one.state.value,
                one.withdrawn,
                one.outcome.decision.value if one.outcome else None,
                one.outcome.decided_at if one.outcome else None,
                one.outcome.verified if one.outcome else None,
                one.outcome.verified_at if one.outcome else None,
            )
            for one in whole.accounts
        ),
    )


MOST_LISTED = 200


class OrderWithdrawalForm(ConsoleForm):
    """Why the order is withdrawn."""

    why = Text()


class OrderClarificationForm(ConsoleForm):
    """The answer to a question about one account."""

    text = Text()
    locator = Text()


@require_safe
@signed_in
def orders(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All of the officer's orders, by what they wait for."""
    rows = list_orders(actor=actor, most=MOST_LISTED)
    waiting = [row for row in rows if row.is_open]
    return page(
        request,
        actor,
        "authorities/orders.html",
        {
            "asked": [row for row in waiting if row.asked],
            "overdue": [row for row in waiting if row.overdue and not row.asked],
            "running": [row for row in waiting if not row.overdue and not row.asked],
            "answered": [row for row in rows if not row.is_open],
            "authoritys": is_an_authoritys(),
        },
        open_link="orders",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@asks_first
@needs_step_up
def new_order(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form for one letter and its accounts."""
    actor.require(Role.OFFICER)
    if request.method != "POST":
        return _form(request, actor, OrderFormData())
    entered = entered_in(request)
    if OrderForm.sent(request).is_ticked("add"):  # without scripts: files are lost, everything typed is kept
        return _form(request, actor, entered.with_one_more(), added=True)
    new = new_order_of(entered, request.FILES)
    try:
        filed = file_order(new, actor=actor, proof=STEPPED_UP)
    except NotProven as refused:
        return _held(request, actor, new, refused)
    except InvalidInput as refused:
        return _form(request, actor, entered, errors=by_field(say_fields(refused), entered), status=refused.status)
    except RequestRepeated as refused:
        return _form(request, actor, entered, refused=refusal(refused), status=refused.status)
    return redirect("console:order", filed.order_id)


def _held(request: HttpRequest, actor: Actor, new: NewOrder, refused: NotProven) -> HttpResponse:
    body, raw = as_body(new)
    number = hold_request(
        Arrived("orders", raw, claimed=claimed_in(body)), refused.reason, officer_id=actor.person_id, actor=actor
    )
    sentence, remedy = say(refused)
    return page(
        request,
        actor,
        "authorities/order_held.html",
        {"number": number, "sentence": sentence, "remedy": remedy},
        open_link="orders",
        status=202,
    )


def _form(
    request: HttpRequest, actor: Actor, entered: OrderFormData, *, status: int = 200, **more: object
) -> HttpResponse:
    release, kind = load_release(), OrganisationKind(kind_of(actor))
    categories = [one for one in release.categories if release.legal_bases_for(one.key, today(), kind)]
    bases = {
        basis.key: basis
        for one in categories
        for basis in release.legal_bases_of(one.key, kind)
        if basis.valid_from <= today()
    }  # also those that ended: the conduct may be older
    rows, platforms = entered.rows or (OrderRow(),), [(one.name, one.display_name) for one in listed_platforms()]
    return page(
        request,
        actor,
        "authorities/order_new.html",
        {
            "kept": entered,
            "rows": rows,
            "may_add": len(rows) < MAX_ROWS,
            "most_rows": MAX_ROWS,
            "platforms": platforms,
            "most": MAX_ACCOUNTS,
            "may_export": kind == "police",
            "categories": [(one.key, one.label.say(language())) for one in categories],
            "bases": [(basis.key, basis_choice(basis)) for basis in bases.values()],
            **more,
        },
        open_link="orders",
        status=status,
    )


@require_safe
@signed_in
def order(request: HttpRequest, actor: Actor, order_id: int) -> HttpResponse:
    """One order with the outcome of each account."""
    return _page(request, actor, order_id)


def _page(request: HttpRequest, actor: Actor, order_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    whole = access_order(order_id, actor=actor)
    return page(
        request,
        actor,
        "authorities/order.html",
        {"whole": whole, "order": whole.order, "at": now(), **more},
        open_link="orders",
        status=status,
    )


@require_POST
@signed_in
@needs_step_up
def withdraw(request: HttpRequest, actor: Actor, order_id: int) -> HttpResponse:
    """Withdraw the accounts that are not decided yet."""
    access_order(order_id, actor=actor)
    why = OrderWithdrawalForm.sent(request).text_of("why")
    return run_or_rerender(
        lambda: withdraw_order(order_id, why, actor=actor, proof=STEPPED_UP),
        lambda **more: _page(request, actor, order_id, kept_why=why, **more),
        redirect("console:order", order_id),
    )


@require_POST
@signed_in
@needs_step_up
def answer(request: HttpRequest, actor: Actor, order_id: int, report_id: int) -> HttpResponse:
    """The officer's answer to a question about one account; the locator may be corrected."""
    access_order(order_id, actor=actor)
    access_account(report_id, actor=actor)
    form = OrderClarificationForm.sent(request)
    text, locator = form.text_of("text"), form.text_of("locator")
    return run_or_rerender(
        lambda: answer_clarification(report_id, text, locator, actor=actor, proof=STEPPED_UP),
        lambda **more: _page(request, actor, order_id, answering=report_id, kept=form.kept(), **more),
        redirect("console:order", order_id),
    )


@require_safe
@signed_in
def csv(request: HttpRequest, actor: Actor, order_id: int) -> HttpResponse:
    """The order's outcome as a table."""
    whole = access_order(order_id, actor=actor)
    return HttpResponse(
        b"".join(outcome_csv(whole)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{whole.order.number}.csv"'},
    )
