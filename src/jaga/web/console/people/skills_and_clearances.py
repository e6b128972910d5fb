"""The team's skills and clearances."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.people.skills_and_clearances import GIVERS, end_clearance, give_clearance, set_skills
from jaga.core.actors import Actor
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Clearance, Role
from jaga.policy import load_release
from jaga.records.access.people.skills_and_clearances import list_team
from jaga.records.access.queue.queues import unseen_queues
from jaga.web.console.frame.form_values import calendar_day, whole_number
from jaga.web.console.frame.forms import ConsoleForm, Line, Several
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.step_up import needs_step_up_if_any


class SkillsForm(ConsoleForm):
    """A person's skills."""

    skills = Several()


class ClearanceForm(ConsoleForm):
    """Why a person is cleared, and until which day."""

    reason = Line()
    until = Line()


class EndClearanceForm(ConsoleForm):
    """Why a clearance ends."""

    reason = Line()


@require_safe
@signed_in
def members(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everyone who judges cases here; `?person=ID` opens what can be changed about one of them."""
    return _page(request, actor, open_person=whole_number(request.GET.get("person", "")) or 0)


def _page(
    request: HttpRequest, actor: Actor, *, status: int = 200, open_person: int = 0, open_number: int = 0, **more: object
) -> HttpResponse:
    supervises = Role.SUPERVISOR in actor.roles
    team = list_team(actor=actor)
    opened = next(
        (
            one
            for one in team
            if one.person_id == open_person or (open_number and one.cleared and one.cleared.number == open_number)
        ),
        None,
    )
    return page(
        request,
        actor,
        "people/team.html",
        {
            "team": team,
            "opened": opened,
            "open_number": open_number,
            "supervises": supervises,
            "known_skills": load_release().routing.skills,
            "unseen": unseen_queues(actor=actor) if supervises else (),
            **more,
        },
        open_link="team",
        status=status,
    )


@require_POST
@signed_in
def skills(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Set a person's skills."""
    wanted = frozenset(SkillsForm.sent(request).values_of("skills"))
    return run_or_rerender(
        lambda: set_skills(person_id, wanted, actor=actor),
        lambda **more: _page(request, actor, open_person=person_id, open_form="skills", **more),
        redirect("console:team"),
    )


@require_POST
@signed_in
@needs_step_up_if_any
def clearance(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Grant a clearance with a reason and last day."""
    if not actor.roles & GIVERS:
        raise NotPermitted
    kept = ClearanceForm.sent(request).kept()
    return run_or_rerender(
        lambda: give_clearance(
            person_id, Clearance.CHILD_SAFETY, kept["reason"], calendar_day(kept["until"]), actor=actor
        ),
        lambda **more: _page(request, actor, open_person=person_id, open_form="clearance", kept=kept, **more),
        redirect("console:team"),
    )


@require_POST
@signed_in
@needs_step_up_if_any
def end(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """End a clearance, with a reason."""
    if not actor.roles & GIVERS:
        raise NotPermitted
    reason = EndClearanceForm.sent(request).text_of("reason")
    return run_or_rerender(
        lambda: end_clearance(number, reason, actor=actor),
        lambda **more: _page(request, actor, open_number=number, kept={"reason": reason}, **more),
        redirect("console:team"),
    )
