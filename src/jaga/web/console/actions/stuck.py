"""Stuck actions: a supervisor looks, and lets them be tried again or ends what can never be done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.actions.attempts import end_stuck, retry_stuck
from jaga.casework.actions.circuit_breaker import retry_platform
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.records.access.actions.platform_health import list_stuck_platforms
from jaga.records.access.actions.stuck import access_stuck_action, list_contradicted, list_stuck
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say_fields


class EndActionForm(ConsoleForm):
    """Why an action is ended without its effect."""

    reason = Text()


def _lists(actor: Actor) -> dict[str, object]:
    return {"stuck": list_stuck(actor=actor), "contradicted": list_contradicted(actor=actor),
            "platforms": list_stuck_platforms(actor=actor)}


@require_safe
@signed_in
def stuck(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every action that cannot go on without a person, the oldest first."""
    return page(request, actor, "actions/stuck.html", _lists(actor), open_link="stuck")


@require_POST
@signed_in
def retry(request: HttpRequest, actor: Actor, action_id: int) -> HttpResponse:
    """Try it again, and go to its case. Raises IllegalTransition where it is not stuck any more."""
    case_id = access_stuck_action(action_id, actor=actor)
    retry_stuck(action_id, actor=actor)
    return redirect("console:case", case_id)


@require_POST
@signed_in
def retry_all(request: HttpRequest, actor: Actor, platform: str) -> HttpResponse:
    """Try everything again that is stuck on one platform, as after a long outage, and stay on the page."""
    retry_platform(platform, actor=actor)
    return redirect("console:stuck")


@require_POST
@signed_in
def end(request: HttpRequest, actor: Actor, action_id: int) -> HttpResponse:
    """End it without its effect, with the reason that was written, and go to its case."""
    case_id, reason = access_stuck_action(action_id, actor=actor), EndActionForm.sent(request).text_of("reason")
    try:
        end_stuck(action_id, reason, actor=actor)
    except InvalidInput as refused:
        wrong = {"errors": say_fields(refused), "refused_id": action_id, "reason": reason}
        return page(
            request, actor, "actions/stuck.html", {**_lists(actor), **wrong}, open_link="stuck", status=refused.status
        )
    return redirect("console:case", case_id)
