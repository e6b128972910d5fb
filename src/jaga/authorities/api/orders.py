"""Orders on several accounts, and the clarifications about each account. Each officer sees only their own.

Parses the bodies of orders, answers and withdrawals that officers send by the API.
"""

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from jaga.authorities.api.requests import OrganisationOut, OutcomeOut, StateOut, outcome_out
from jaga.authorities.reads.orders import (
    OrderAccountView,
    OrderView,
    WholeOrder,
    access_account,
    access_order,
    list_orders,
)
from jaga.authorities.verbs.orders import answer_clarification, check_order, file_order, withdraw_order
from jaga.authorities.verbs.validation import MAX_ACCOUNTS, MAX_ANALYSIS, MAX_SCREENSHOTS, NewAccount, NewOrder
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.people import Language
from jaga.people.verbs.api_keys import NotProven, proof_of
from jaga.store.kernel.validation import MAX_TEXT
from jaga.web.api.auth import HeldOut, OfficerOrHeld, held_answer, officer_of
from jaga.web.api.bodies import HASH, Day, File, Text, at_most, parse_object, read_as, read_raw, up_to, upload, uploads
from jaga.web.api.guard import spend
from jaga.web.api.problems import Cursor, Limit, Page, Problem, cut, state_words


class AccountIn(BaseModel):
    """One account of an order."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "required": [
                "platform",
                "account",
                "category",
                "locator",
                "screenshots",
            ]
        },
    )

    platform: Text = Field("", description="A name of GET /platforms.", json_schema_extra=at_most(60))
    account: Text = Field(
        "", description="The account's id, handle or link on that platform.", json_schema_extra=at_most(MAX_TEXT)
    )
    category: Text = Field("", description="A key of GET /categories.", json_schema_extra=at_most(60))
    locator: Text = Field(
        "", description="Exactly where the content is: link, room, message id.", json_schema_extra=at_most(500)
    )
    screenshots: list[File] = Field(
        [],
        description="One to three pictures (PNG, JPEG, WebP) or PDF, in base64.",
        json_schema_extra=up_to(MAX_SCREENSHOTS, 1),
    )
    text: Text = Field("", description="What was seen, described or quoted.", json_schema_extra=at_most(MAX_TEXT))
    conduct_on: Day | None = Field(None, description="The day of the conduct. Default: today.")


class OrderIn(BaseModel):
    """An authority's letter on several accounts (MR5 art. 16(4)). Either all accounts are filed, or none."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "required": [
                "letter_number",
                "letter_date",
                "legal_basis",
                "legal_analysis",
                "letter",
                "accounts",
            ]
        },
    )

    letter_number: Text = Field(
        "", description="The official letter's number. A number can be used only once.", json_schema_extra=at_most(120)
    )
    letter_date: Day | None = Field(None, description="The letter's day, not in the future.")
    legal_basis: Text = Field(
        "", description="A key of GET /legal-bases, in force on the day of the conduct.", json_schema_extra=at_most(60)
    )
    legal_analysis: Text = Field(
        "", description="Why the conduct falls under the legal basis.", json_schema_extra=at_most(MAX_ANALYSIS)
    )
    letter: File | None = Field(None, description="The official letter itself as PDF or picture, in base64.")
    letter_sha256: Text = Field(
        "", description="SHA-256 (hex) of the letter as your authority signed it.", json_schema_extra=HASH
    )
    accounts: list[AccountIn] = Field(
        [], description="One to a hundred accounts.", json_schema_extra=up_to(MAX_ACCOUNTS, 1)
    )
    urgent: bool = Field(False, description="Ask for a decision within 4 hours instead of 24, if the law allows it.")
    urgent_reason: Text = Field(
        "", description="Why it is urgent; needed if `urgent` is true.", json_schema_extra=at_most(MAX_TEXT)
    )
    wants_export: bool = Field(False, description="Police only: ask for a sealed export of the cases.")
    court_order: Text = Field(
        "",
        description="Number of the district court's order; needed to receive content.",
        json_schema_extra=at_most(120),
    )


class AnswerIn(BaseModel):
    """An officer's answer to a clarification. It repeats the report's number, since only the body is signed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    report_id: int = Field(0, description="The number of the request, the same as in the address.")
    text: Text = Field("", description="The answer.", json_schema_extra=at_most(MAX_TEXT))
    locator: Text = Field(
        "", description="A corrected locator, if the first one did not work.", json_schema_extra=at_most(500)
    )


class WithdrawalIn(BaseModel):
    """The withdrawal of an order. It repeats the order's number, since only the body is signed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    order_id: int = Field(0, description="The number of the order, the same as in the address.")
    why: Text = Field("", description="The reason, in a few words.", json_schema_extra=at_most(2000))


def as_new_order(body: dict[str, Any]) -> tuple[NewOrder, tuple[FieldError, ...]]:
    """The readable parts of the order, and an error for each unreadable field of each account."""
    read, errors = read_as(OrderIn, body)
    accounts = tuple(
        NewAccount(
            one.platform, one.account, one.category, one.locator, uploads(one.screenshots), one.text, one.conduct_on
        )
        for one in read.accounts
    )
    fields = read.model_dump(exclude={"accounts", "letter"})
    return NewOrder(**fields, accounts=accounts, letter=upload(read.letter)), errors


router = Router(tags=["orders"])


def _body(model: Any) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model}}}}


_ORDER = OrderIn.model_json_schema()
_ACCOUNT = _ORDER.pop("$defs")["AccountIn"]
_ORDER["properties"]["accounts"]["items"] = _ACCOUNT
_REFUSALS = {
    400: Problem,
    401: Problem,
    403: Problem,
    409: Problem,
    413: Problem,
    415: Problem,
    422: Problem,
    429: Problem,
}


class FiledAccount(Schema):
    """The acknowledgement for one account.

    `receipt` is shown only once. `ledger_promise` is a signed promise that the ledger will contain the request.
    """

    report_id: int = Field(description="The number of the request about this account, e.g. 1042.")
    case_reference: str = Field(description="The case that handles it, e.g. K000017.")
    due_at: datetime = Field(description="The legal deadline for a decision.")
    receipt: str = Field(description="The code of 16 digits that follows the request without a key. Shown only once.")
    ledger_promise: str = Field(description="A signed note that the ledger will contain the request.")


class FiledOut(Schema):
    """The acknowledgement of an order, with its accounts in the order in which you named them."""

    order_id: int = Field(description="The number of the order in the API, e.g. 12.")
    number: str = Field(description="The number of the order for people and letters.")
    form: str = Field(description="The legal form: request, or order if the ministry sent it.")
    accounts: list[FiledAccount] = Field(
        description="One acknowledgement for each account, in the order in which you named them."
    )


class MessageOut(Schema):
    """One message. If `from_us` is true, the operator asked, and `kind` says what is unclear."""

    message_id: int = Field(description="The number of the message, e.g. 5.")
    from_us: bool = Field(description="True if the operator wrote it, false if you did.")
    kind: str = Field(
        description="What the message is, e.g. question, answer, or invalid_locator if the account cannot be found."
    )
    text: str = Field(description="The message itself.")
    at: datetime = Field(description="When it was written.")


class AccountOut(Schema):
    """One account of an order.

    `waits_for_you` is true while the operator waits for your answer. `closes_at` is when a pending closure is carried
    out.
    """

    report_id: int = Field(description="The number of the request about this account, e.g. 1042.")
    case_reference: str = Field(description="The case that handles it, e.g. K000017.")
    platform: str = Field(description="The platform's name, as in GET /platforms.")
    account: str = Field(description="The account as you named it.")
    category: str = Field(description="The category's key, as in GET /categories.")
    locator: str = Field(description="Where the content is; the corrected place if you sent one.")
    state: StateOut = Field(description="The state of the case.")
    due_at: datetime = Field(description="The legal deadline for a decision.")
    overdue: bool = Field(description="True if the deadline has passed without a decision.")
    withdrawn: bool = Field(description="True if you withdrew it before it was decided.")
    waits_for_you: bool = Field(description="True while the operator waits for your answer to a question.")
    closes_at: datetime | None = Field(description="When a pending closure is carried out; null if none is pending.")
    outcome: OutcomeOut | None = Field(description="What was decided; null before the decision.")


class OrderOut(Schema):
    """One order.

    `proof` is how your identity was proved: `signature`, `step_up`, `call_back`, or `earlier` for orders from before
    signatures existed. `decided`, `overdue` and `asked_back` count accounts.
    """

    order_id: int = Field(description="The number of the order in the API, e.g. 12.")
    number: str = Field(description="The number of the order for people and letters.")
    form: str = Field(description="The legal form: request, or order if the ministry sent it.")
    organisation: OrganisationOut = Field(description="The organisation that sent the order.")
    letter_number: str = Field(description="The number of the official letter.")
    letter_date: date = Field(description="The day of the official letter.")
    legal_basis: str = Field(description="The key of the legal basis that you named, as in GET /legal-bases.")
    urgent: bool = Field(description="True if it must be decided within 4 hours instead of 24.")
    proof: str = Field(description="How your identity was proved: signature, step_up, call_back or earlier.")
    filed_at: datetime = Field(description="When the order was filed.")
    withdrawn_at: datetime | None = Field(description="When you withdrew it; null if you did not.")
    accounts_total: int = Field(description="The number of its accounts.")
    decided: int = Field(description="How many of them are decided.")
    overdue: int = Field(description="For how many of them the deadline has passed without a decision.")
    asked_back: int = Field(description="For how many of them the operator waits for your answer.")
    due_at: datetime | None = Field(
        description="The earliest deadline of an account that is not decided; null if all are."
    )


class OrderWholeOut(OrderOut):
    """One order with its accounts."""

    letter_sha256: str = Field(description="The SHA-256 of the letter's file, in hex.")
    accounts: list[AccountOut] = Field(description="The accounts of the order with their states.")


class OrdersOut(Page):
    """A page of orders."""

    items: list[OrderOut] = Field(description="The orders of this page, newest first.")


class ClarificationsOut(Schema):
    """The questions and answers about one account, oldest first."""

    waits_for_you: bool = Field(description="True while the operator waits for your answer.")
    locator: str = Field(description="Where the content is; the corrected place if you sent one.")
    items: list[MessageOut] = Field(description="The questions and answers, oldest first.")


class AnsweredOut(Schema):
    """The number of the answer."""

    message_id: int = Field(description="The number of your answer, e.g. 5.")


class WithdrawnOut(Schema):
    """How many accounts were withdrawn. Decided accounts are not withdrawn."""

    accounts: int = Field(description="How many accounts were withdrawn.")


@router.post(
    "/orders",
    openapi_extra=_body(_ORDER),
    summary="File an order on several accounts",
    auth=OfficerOrHeld(),
    response={201: FiledOut, 202: HeldOut, **_REFUSALS},
)
def file(request: HttpRequest, response: HttpResponse) -> Status[FiledOut] | Status[HeldOut]:
    """An order is one letter on up to a hundred accounts. Either all accounts are filed, or none.

    The officer signs the exact bytes of the body. An order without a valid signature is held for a supervisor and not
    filed (202). An order with errors is refused (422); the answer names every invalid field with the account's
    position, for example `accounts.2.locator`.
    """
    officer = officer_of(request)
    raw = read_raw(request)
    body = parse_object(raw)
    new, unreadable = as_new_order(body)
    try:
        proof = proof_of(officer.person_id, request.headers, raw)
        if unreadable:
            raise _with_others(unreadable, lambda: check_order(new, actor=officer.actor))
        spend(officer, max(1, len(new.accounts)))
        filed = file_order(new, actor=officer.actor, proof=proof)
    except NotProven as refused:
        return Status(202, held_answer(request, raw, body, refused, officer))
    response["Location"] = f"{request.path}/{filed.order_id}"
    return Status(
        201,
        FiledOut(
            order_id=filed.order_id,
            number=filed.number,
            form=filed.form,
            accounts=[
                FiledAccount(
                    report_id=one.report_id,
                    case_reference=one.case_reference,
                    due_at=one.due_at,
                    receipt=one.receipt,
                    ledger_promise=one.ledger_promise,
                )
                for one in filed.reports
            ],
        ),
    )


def _with_others(unreadable: tuple[FieldError, ...], check: Any) -> InvalidInput:
    named = {error.field for error in unreadable}
    try:
        check()
    except InvalidInput as refused:
        return InvalidInput(*unreadable, *(error for error in refused.errors if error.field not in named))
    except NotProven:  # said once it can be read
        pass
    return InvalidInput(*unreadable)


@router.get("/orders", response={200: OrdersOut, 401: Problem, 422: Problem}, summary="List your orders")
def index(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> OrdersOut:
    """The newest order comes first."""
    rows = list_orders(actor=officer_of(request).actor, before=cursor, most=limit + 1)
    shown, following = cut(rows, limit, lambda order: order.order_id)
    return OrdersOut(items=[OrderOut(**_response(order)) for order in shown], next=following)


@router.get(
    "/orders/{int:order_id}",
    summary="Get one of your orders",
    response={200: OrderWholeOut, 401: Problem, 404: Problem},
)
def show(request: HttpRequest, order_id: int) -> OrderWholeOut:
    """Shows the state, the deadline and the outcome of each account."""
    whole: WholeOrder = access_order(order_id, actor=officer_of(request).actor)
    return OrderWholeOut(
        **_response(whole.order), letter_sha256=whole.letter_sha256, accounts=[_account(one) for one in whole.accounts]
    )


@router.post(
    "/orders/{int:order_id}/withdrawal",
    openapi_extra=_body(WithdrawalIn.model_json_schema()),
    summary="Withdraw one of your orders",
    response={200: WithdrawnOut, 404: Problem, **_REFUSALS},
)
def withdraw(request: HttpRequest, order_id: int) -> WithdrawnOut:
    """Withdraws the accounts that are not decided yet.

    Sign it like an order. Without a valid signature it is refused (409), not held.
    """
    officer = officer_of(request)
    raw = read_raw(request)
    read, unreadable = read_as(WithdrawalIn, parse_object(raw))
    _refuse(unreadable, "order_id", read.order_id == order_id)
    proof = proof_of(officer.person_id, request.headers, raw)
    return WithdrawnOut(accounts=withdraw_order(order_id, read.why, actor=officer.actor, proof=proof))


@router.get(
    "/requests/{int:report_id}/clarifications",
    summary="List the clarifications about one account",
    response={200: ClarificationsOut, 401: Problem, 404: Problem},
)
def clarifications(request: HttpRequest, report_id: int) -> ClarificationsOut:
    """What the operator asked, and what you answered."""
    account = access_account(report_id, actor=officer_of(request).actor)
    return ClarificationsOut(
        waits_for_you=account.waits_for_officer,
        locator=account.locator,
        items=[
            MessageOut(message_id=one.message_id, from_us=one.from_us, kind=one.kind, text=one.text, at=one.at)
            for one in account.messages
        ],
    )


@router.post(
    "/requests/{int:report_id}/clarifications",
    openapi_extra=_body(AnswerIn.model_json_schema()),
    summary="Answer a clarification",
    response={201: AnsweredOut, 404: Problem, **_REFUSALS},
)
def answer(request: HttpRequest, report_id: int) -> Status[AnsweredOut]:
    """You can also correct the locator; the earlier one stays on record.

    Sign the answer like an order. Without a valid signature it is refused (409), not held.
    """
    officer = officer_of(request)
    raw = read_raw(request)
    read, unreadable = read_as(AnswerIn, parse_object(raw))
    _refuse(unreadable, "report_id", read.report_id == report_id)
    proof = proof_of(officer.person_id, request.headers, raw)
    number = answer_clarification(report_id, read.text, read.locator, actor=officer.actor, proof=proof)
    return Status(201, AnsweredOut(message_id=number))


def _refuse(unreadable: tuple[FieldError, ...], field: str, fits: bool) -> None:
    """Refuse a body that names another number than the address: the signature covers only the body."""
    wrong = list(unreadable)
    if not fits and field not in {error.field for error in wrong}:
        wrong.append(FieldError(field, "another_address", N_("The number in the body is not the one in the address.")))
    if wrong:
        raise InvalidInput(*wrong)


def _response(order: OrderView) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "number": order.number,
        "form": order.form,
        "organisation": OrganisationOut(name=order.organisation, practice=order.practice),
        "letter_number": order.letter_number,
        "letter_date": order.letter_date,
        "legal_basis": order.legal_basis,
        "urgent": order.urgent,
        "proof": order.proof,
        "filed_at": order.filed_at,
        "withdrawn_at": order.withdrawn_at,
        "accounts_total": order.accounts,
        "decided": order.decided,
        "overdue": order.overdue,
        "asked_back": order.asked,
        "due_at": order.due_at,
    }


def _account(account: OrderAccountView) -> AccountOut:
    words: dict[Language, str] = state_words(account.state)
    return AccountOut(
        report_id=account.report_id,
        case_reference=account.case_reference,
        platform=account.platform,
        account=account.account,
        category=account.category,
        locator=account.locator,
        state=StateOut(term=account.state, words=words),
        due_at=account.due_at,
        overdue=account.overdue,
        withdrawn=account.withdrawn,
        waits_for_you=account.waits_for_officer,
        closes_at=account.closes_at,
        outcome=outcome_out(account.outcome),
    )
