"""Searches of all data for a person: who asked, and the second person's permission."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.privacy.person_search import WHO, OwnSearch, SearchNotPermitted, permit_person_search
from jaga.core.actors import Actor
from jaga.records.access.privacy.person_searches import list_person_searches
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import Refusal, refusal


@require_safe
@signed_in
def person_searches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The searches, newest first."""
    return _page(request, actor)


@require_POST
@signed_in
def permit(request: HttpRequest, actor: Actor, search_id: int) -> HttpResponse:
    """Permit somebody else's search."""
    try:
        permit_person_search(search_id, actor=actor)
    except (OwnSearch, SearchNotPermitted) as refused:
        return _page(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:person-searches")


def _page(request: HttpRequest, actor: Actor, *, refused: Refusal | None = None, status: int = 200) -> HttpResponse:
    return page(
        request,
        actor,
        "privacy/person_searches.html",
        {
            "searches": list_person_searches(actor=actor),
            "may_permit": bool(actor.roles.intersection(WHO)),
            "refused": refused,
        },
        open_link="person-searches",
        status=status,
    )
