"""Earlier decisions and strikes, opened by a person who has read this report."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.records.access.cases.earlier import NotReadYet, access_earlier
from jaga.web.console.frame.pages import page, signed_in


@require_safe
@signed_in
def earlier(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """What was decided before about this account. Whoever has not opened the case is led there first."""
    try:
        case, found = access_earlier(case_id, actor=actor)
    except NotReadYet:
        return redirect("console:case", case_id)
    return page(request, actor, "cases/earlier.html", {"case": case, "earlier": found}, open_link="queue")
