"""Exposure to disturbing material: the meter on the case page, its heartbeats, and the wellness page."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.exposure_limits import BEAT, beat, count_exposure
from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import access_open_case
from jaga.records.access.queue.exposure import ExposureView, exposure_of, list_loads
from jaga.web.console.frame.pages import page, signed_in


def exposure_here(case: CaseView, actor: Actor) -> dict[str, Any]:
    """The context of the case page's meter. From now on the page counts as open."""
    count_exposure(case, actor=actor)
    exposure, rules = exposure_of(actor), load_release().wellness
    severe = case.severity >= rules.severe_from
    return {
        "exposure": exposure,
        "exposure_words": words(exposure),
        "exposure_every": int(BEAT.total_seconds()),
        "support": rules.support,
        "exposure_exempt": severe and exposure.lighter_only and case.urgent and case.victim_first,
    }


def words(exposure: ExposureView) -> str:
    """`12 of 180 minutes`."""
    return gettext("%(minutes)s of %(budget)s minutes") % {"minutes": exposure.minutes, "budget": exposure.budget}


@require_POST
@signed_in
def record_beat(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A heartbeat of an open, visible case page; returns the meter's current text."""
    beat(access_open_case(case_id, actor=actor), actor=actor)
    now_seen = exposure_of(actor)
    return JsonResponse({"words": words(now_seen), "shown": now_seen.shown})


@require_safe
@signed_in
def wellness(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's own exposure, the rules, and where to find support; for supervisors also everyone's load."""
    actor.require(*READERS)
    rules, supervises = load_release().wellness, Role.SUPERVISOR in actor.roles
    loads = list_loads(actor=actor) if supervises else ()
    return page(
        request,
        actor,
        "queue/wellness.html",
        {
            "own": exposure_of(actor),
            "rules": rules,
            "support": rules.support,
            "supervises": supervises,
            "loads": loads,
        },
        open_link="wellness",
    )
