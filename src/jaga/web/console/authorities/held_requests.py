"""Held requests for supervisors: content, reason, call-back and outcome."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.authorities import held_requests
from jaga.casework.authorities.requests import as_order
from jaga.casework.authorities.validation import MAX_ACCOUNTS, NewOrder
from jaga.casework.people.request_signing import reason_words
from jaga.core.actors import Actor
from jaga.core.errors import FieldError, InvalidInput
from jaga.core.terms.authorities import HeldReason, HeldState
from jaga.records.access.authorities.held_requests import HeldRequestView, access_held, held_body, list_held
from jaga.records.vault import EvidenceDamaged
from jaga.web.api.bodies import as_new_request, parse_object
from jaga.web.api.bounded_json import NotJson, TooManyValues
from jaga.web.api.order_bodies import as_new_order
from jaga.web.console.frame.forms import ConsoleForm, Line, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.step_up import needs_step_up_if_any

WORDS = {reason: reason_words(reason)[0] for reason in HeldReason}


class HeldCallBackForm(ConsoleForm):
    """Who was called, and what they said."""

    call_back = Text()


class HeldReleaseForm(ConsoleForm):
    """The officer whose request it is, by user name."""

    officer = Line()


class HeldRejectionForm(ConsoleForm):
    """Why it is rejected."""

    why = Text()


class EmergencyForm(ConsoleForm):
    """Why keeping evidence of one account cannot wait. The prefix is the account's place in the request."""

    emergency = Text()

    def add_prefix(self, field_name: str) -> str:
        """The name of the field on the page, such as `emergency-2`."""
        return f"{field_name}-{self.prefix}"


@require_safe
@signed_in
def held_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Requests waiting for a call-back, and the latest decided ones."""
    waiting, decided = list_held(actor=actor)
    return page(
        request,
        actor,
        "authorities/held_requests.html",
        {
            "waiting": waiting,
            "decided": decided,
            "words": WORDS,
        },
        open_link="held-requests",
    )


@require_safe
@signed_in
def held(request: HttpRequest, actor: Actor, held_id: int) -> HttpResponse:
    """One held request with its claims."""
    return _page(request, actor, held_id)


def _page(request: HttpRequest, actor: Actor, held_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    held = access_held(held_id, actor=actor)
    new, unreadable = _read(held, actor)
    return page(
        request,
        actor,
        "authorities/held.html",
        {
            "held": held,
            "reason": WORDS[held.reason],
            "new": new,
            "unreadable": unreadable,
            "accounts": new.accounts[:MAX_ACCOUNTS],
            "not_shown": len(new.accounts[MAX_ACCOUNTS:]),
            "undecided": held.state is HeldState.HELD,
            **more,
        },
        open_link="held-requests",
        status=status,
    )


def _read(held: HeldRequestView, actor: Actor) -> tuple[NewOrder, tuple[FieldError, ...]]:
    """The readable parts of the sealed body, and the errors in the rest.

    The bytes come from a stranger: neither content nor damage may prevent the page from opening.
    """
    try:
        body = parse_object(held_body(held.held_id, actor=actor))
    except (NotJson, TooManyValues, EvidenceDamaged) as why:
        return NewOrder("", None, "", "", ()), (FieldError("body", why.code, why.sentence),)
    if held.address == "orders":
        return as_new_order(body)
    request, unreadable = as_new_request(body)
    return as_order(request), unreadable


@require_POST
@signed_in
@needs_step_up_if_any
def call_back(request: HttpRequest, actor: Actor, held_id: int) -> HttpResponse:
    """Record the call-back."""
    access_held(held_id, actor=actor)
    call = HeldCallBackForm.sent(request).text_of("call_back")
    return run_or_rerender(
        lambda: held_requests.record_held_call(held_id, call, actor=actor),
        lambda **more: _page(request, actor, held_id, kept={"call_back": call}, **more),
        redirect("console:held", held_id),
    )


@require_POST
@signed_in
@needs_step_up_if_any
def release(request: HttpRequest, actor: Actor, held_id: int) -> HttpResponse:
    """File it as the officer's own."""
    held = access_held(held_id, actor=actor)
    officer = HeldReleaseForm.sent(request).text_of("officer")

    def file() -> None:
        new, unreadable = _read(held, actor)
        if unreadable:
            raise InvalidInput(*unreadable)
        held_requests.release(held_id, new, officer, actor=actor)

    def again(**more: object) -> HttpResponse:
        return _page(request, actor, held_id, kept={"officer": officer}, **more)  # type: ignore[arg-type]

    return run_or_rerender(file, again, redirect("console:held", held_id))


@require_POST
@signed_in
@needs_step_up_if_any
def reject(request: HttpRequest, actor: Actor, held_id: int) -> HttpResponse:
    """Reject it."""
    access_held(held_id, actor=actor)
    why = HeldRejectionForm.sent(request).text_of("why")
    return run_or_rerender(
        lambda: held_requests.reject(held_id, why, actor=actor),
        lambda **more: _page(request, actor, held_id, kept={"why": why}, **more),
        redirect("console:held", held_id),
    )


@require_POST
@signed_in
@needs_step_up_if_any
def preserve(request: HttpRequest, actor: Actor, held_id: int, place: int) -> HttpResponse:
    """An emergency: open a case in which only preservation can be decided."""
    held = access_held(held_id, actor=actor)
    why = EmergencyForm.sent(request, prefix=str(place)).text_of("emergency")
    new, _ = _read(held, actor)

    def again(*, errors: Mapping[str, list[str]] | None = None, **more: object) -> HttpResponse:
        listed = [sentence for sentences in (errors or {}).values() for sentence in sentences]
        return _page(
            request,
            actor,
            held_id,
            kept={f"emergency-{place}": why},
            place=place,
            emergency_errors=listed,
            **more,  # type: ignore[arg-type]
        )

    return run_or_rerender(
        lambda: held_requests.preserve_only(held_id, place, new, why, actor=actor),
        again,
        redirect("console:held", held_id),
    )
