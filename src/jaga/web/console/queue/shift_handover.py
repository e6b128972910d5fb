"""Shift handover: one's own card, and those waiting to be taken over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.queue.shift_handover import handed_cases, make_handover, take_handover
from jaga.core.actors import Actor
from jaga.records.access.base.clearance import READERS
from jaga.records.access.queue.shift_handover import list_cards
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender


class HandoverForm(ConsoleForm):
    """What the next shift should know."""

    text = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def cards(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The latest cards, and the form for one's own."""
    actor.require(*READERS)
    if request.method != "POST":
        return _page(request, actor)
    text = HandoverForm.sent(request).text_of("text")
    return run_or_rerender(
        lambda: make_handover(text, actor=actor),
        lambda **more: _page(request, actor, kept=text, **more),
        redirect("console:handover"),
    )


def _page(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    return page(
        request,
        actor,
        "queue/handover.html",
        {
            "cards": list_cards(actor=actor),
            "own": len(handed_cases(actor.require(*READERS))),
            **more,
        },
        open_link="handover",
        status=status,
    )


@require_POST
@signed_in
def take(request: HttpRequest, actor: Actor, handover_id: int) -> HttpResponse:
    """Take a card over."""
    return run_or_rerender(
        lambda: take_handover(handover_id, actor=actor),
        lambda **more: _page(request, actor, **more),
        redirect("console:queue"),
    )
