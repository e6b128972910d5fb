"""Stuck actions and held letters: a supervisor retries them, ends what cannot be carried out, or has letters sent."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.actions.reads import access_stuck_action, list_contradicted, list_stuck, list_stuck_platforms
from jaga.actions.verbs.attempts import end_stuck, retry_stuck
from jaga.actions.verbs.circuit_breaker import retry_platform
from jaga.cases.verbs.letters_again import acknowledge_held_letters
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.reporting.reads.mailbox import list_held_letters, list_refusals
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Text
from jaga.web.frame.pages import page, signed_in


class EndActionForm(ConsoleForm):
    """Why an action is ended without effect."""

    reason = Text()


def _lists(actor: Actor) -> dict[str, object]:
    return {
        "stuck": list_stuck(actor=actor),
        "contradicted": list_contradicted(actor=actor),
        "platforms": list_stuck_platforms(actor=actor),
        "held": list_held_letters(actor=actor),
        "refusals": list_refusals(actor=actor),
    }


@require_safe
@signed_in
def stuck(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every stuck action, oldest first."""
    return page(request, actor, "actions/stuck.html", _lists(actor), open_link="stuck")


@require_POST
@signed_in
def retry(request: HttpRequest, actor: Actor, action_id: int) -> HttpResponse:
    """Retry it and go to its case. Raises IllegalTransition if it is no longer stuck."""
    case_id = access_stuck_action(action_id, actor=actor)
    retry_stuck(action_id, actor=actor)
    return redirect("console:case", case_id)


@require_POST
@signed_in
def retry_all(request: HttpRequest, actor: Actor, platform: str) -> HttpResponse:
    """Retry everything stuck on one platform, e.g. after a long outage, and stay on the page."""
    retry_platform(platform, actor=actor)
    return redirect("console:stuck")


@require_POST
@signed_in
def end(request: HttpRequest, actor: Actor, action_id: int) -> HttpResponse:
    """End it without effect, with the reason given, and go to its case."""
    case_id, reason = access_stuck_action(action_id, actor=actor), EndActionForm.sent(request).text_of("reason")
    try:
        end_stuck(action_id, reason, actor=actor)
    except InvalidInput as refused:
        wrong = {"errors": say_fields(refused), "refused_id": action_id, "reason": reason}
        return page(
            request, actor, "actions/stuck.html", {**_lists(actor), **wrong}, open_link="stuck", status=refused.status
        )
    return redirect("console:case", case_id)


@require_POST
@signed_in
def send_held(request: HttpRequest, actor: Actor, hold_id: int) -> HttpResponse:
    """Have the worker send letters although a row differs, and stay on the page."""
    acknowledge_held_letters(hold_id, actor=actor)
    return redirect("console:stuck")
