"""Held requests for supervisors: content, reason, call-back and outcome.

Sealed exports for the police, made by a supervisor on a formal request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.authorities.api.orders import as_new_order
from jaga.authorities.reads.held_requests import (
    HeldRequestView,
    access_disclosure,
    access_held,
    held_body,
    list_export_requests,
    list_held,
)
from jaga.authorities.verbs import held_requests
from jaga.authorities.verbs.disclosures import CONTENT_WITHHELD, ERASED, make_export
from jaga.authorities.verbs.orders import as_order
from jaga.authorities.verbs.validation import MAX_ACCOUNTS, NewOrder
from jaga.core.actors import Actor
from jaga.core.errors import FieldError, InvalidInput, NotFound
from jaga.core.terms.outside import HeldReason, HeldState
from jaga.exchange.package import MANIFEST
from jaga.people.verbs.api_keys import reason_words
from jaga.people.verbs.second_factor import has_factor
from jaga.policy.release import cited
from jaga.store.reads import number_of
from jaga.store.vault import EvidenceDamaged
from jaga.web.api.bodies import NotJson, TooManyValues, as_new_request, parse_object
from jaga.web.errors import language
from jaga.web.frame.confirmation import is_fresh
from jaga.web.frame.forms import ConsoleForm, Line, Text, WholeNumber
from jaga.web.frame.pages import page, run_or_rerender, signed_in
from jaga.web.frame.step_up import needs_step_up, needs_step_up_if_any


@dataclass(frozen=True)
class ExportedOriginal:
    """One original, disclosed or withheld; `reason` says why it was withheld."""

    name: str
    media_type: str
    size: int
    sha256: str
    reason: str = ""


class ExportForm(ConsoleForm):
    """The request to export for."""

    request = WholeNumber()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@needs_step_up
def exports(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Requests that ask for an export; POST with a request's number creates one.

    Irreversible, so it needs a fresh second factor; anyone without one must set it up first.
    """
    if request.method != "POST":
        return page(
            request,
            actor,
            "authorities/exports.html",
            {
                "asked": list_export_requests(actor=actor),
                "may_confirm": is_fresh(request) or has_factor(number_of(actor)),
            },
            open_link="exports",
        )
    number = ExportForm.sent(request).number_of("request")
    if number is None:
        raise NotFound
    done = make_export(number, actor=actor)
    return redirect("console:export-made", done.disclosure_id)


@require_safe
@signed_in
def made(request: HttpRequest, actor: Actor, disclosure_id: int) -> HttpResponse:
    """An export: its location, its hash, and what was withheld and why."""
    disclosure = access_disclosure(disclosure_id, actor=actor)
    folder = Path(settings.HOME) / "exports" / disclosure.folder
    found = _read_of_disclosures(folder / MANIFEST)
    files, withheld = found or ((), ())
    return page(
        request,
        actor,
        "authorities/export_made.html",
        {
            "made": disclosure,
            "folder": folder,
            "there": found is not None,
            "files": files,
            "withheld": withheld,
        },
        open_link="exports",
    )


def _reason(written: str) -> str:
    """A manifest's reason in the reader's language."""
    if written.startswith(CONTENT_WITHHELD):
        return f"{gettext(CONTENT_WITHHELD)}{cited('content').say(language())}"
    if written.startswith(ERASED):
        return f"{gettext(ERASED)}{written.removeprefix(ERASED)}"
    return gettext(written)


def _read_of_disclosures(manifest: Path) -> tuple[tuple[ExportedOriginal, ...], tuple[ExportedOriginal, ...]] | None:
    """What the manifest lists, or None if the folder was moved away, as it should be after handing it over."""
    try:
        document = json.loads(manifest.read_bytes())
    except FileNotFoundError:
        return None
    files = tuple(
        ExportedOriginal(one["path"], one["media_type"], one["size"], one["sha256"]) for one in document["files"]
    )
    withheld = tuple(
        ExportedOriginal("", one["media_type"], one["size"], one["sha256"], _reason(one["reason"]))
        for one in document["withheld"]
    )
    return files, withheld


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
    new, unreadable = _read_of_held_requests(held, actor)
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


def _read_of_held_requests(held: HeldRequestView, actor: Actor) -> tuple[NewOrder, tuple[FieldError, ...]]:
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
        new, unreadable = _read_of_held_requests(held, actor)
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
    new, _ = _read_of_held_requests(held, actor)

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
