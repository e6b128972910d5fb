"""Unusable values from platforms: counts, and their bytes for a supervisor."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.kernel.unusable_values import read_anew, settle_set_aside
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.actions import PlatformTask
from jaga.core.terms.people import Role
from jaga.records.access.actions.platform_health import access_set_aside, list_faulty
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in


class ReadAnewForm(ConsoleForm):
    """What to read again."""

    task = Text()


READ = (PlatformTask.REPORTS,)


@require_safe
@signed_in
def faults(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every platform that sent unusable values, for supervisors and administrators."""
    return page(
        request,
        actor,
        "reporting/platform_faults.html",
        {
            "platforms": list_faulty(actor=actor),
            "supervises": Role.SUPERVISOR in actor.roles,
            "read": READ,
        },
        open_link="platform-faults",
    )


@require_safe
@signed_in
def value(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """The bytes of one value, escaped. Raises NotFound if it is settled."""
    return page(
        request,
        actor,
        "reporting/set_aside.html",
        {"value": access_set_aside(number, actor=actor)},
        open_link="platform-faults",
    )


@require_POST
@signed_in
def settle(request: HttpRequest, actor: Actor, platform: str) -> HttpResponse:
    """Erase the bytes of this platform's values, and stay on the page."""
    settle_set_aside(platform, actor=actor)
    return redirect("console:platform-faults")


@require_POST
@signed_in
def anew(request: HttpRequest, actor: Actor, platform: str) -> HttpResponse:
    """Read again from the start, and stay on the page."""
    task = ReadAnewForm.sent(request).term_of("task", PlatformTask)
    actor.require(Role.SUPERVISOR)
    if task is None or task not in READ:
        raise NotFound
    read_anew(platform, task, actor=actor)
    return redirect("console:platform-faults")
