"""An officer's own orders: the outcome per account, the dialogue, and the form for a new letter.

Every submission needs a fresh second factor, which in the console takes the place of the officer's signature.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.authorities.clarifications import answer_clarification
from jaga.casework.authorities.held_requests import Arrived, hold_request
from jaga.casework.authorities.orders import RequestRepeated, file_order, withdraw_order
from jaga.casework.authorities.validation import MAX_ACCOUNTS, NewOrder
from jaga.casework.people.request_signing import STEPPED_UP, NotProven
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import OrganisationKind, Role
from jaga.policy import load_release
from jaga.policy.local_time import today
from jaga.records.access.authorities.orders import access_account, access_order, kind_of, list_orders
from jaga.records.access.base.installation import is_an_authoritys, listed_platforms
from jaga.web.api.holding import claimed_in
from jaga.web.console.authorities.order_form import (
    MAX_ROWS,
    OrderForm,
    OrderFormData,
    OrderRow,
    as_body,
    by_field,
    entered_in,
    new_order_of,
)
from jaga.web.console.authorities.order_outcome import outcome_csv
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.frame.step_up import asks_first, needs_step_up
from jaga.web.console.frame.words import basis_choice
from jaga.web.errors import language, say, say_fields

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
