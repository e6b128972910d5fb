"""The fast lane: chosen cases one after the other, each with its own lease, look and vote. It only says which is next.

The selection lies in the person's own session. No vote is cast here, and none is prepared.
"""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.search_terms import read_query
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.records.access.bulk import MOST, find_cases
from jaga.records.access.console import READERS
from jaga.records.access.console_queue import QueueRow, next_among
from jaga.records.access.exposure import SeenExposure, exposure_of
from jaga.records.access.lane import waiting_among
from jaga.web.console.pages import page, signed_in
from jaga.web.errors import say_fields

_KEPT, _QUERY = "fast_lane", "fast_lane_query"


@require_safe
@signed_in
def lane(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Choose cases by a search, and see how many of them still wait for one's vote."""
    actor.require(*READERS)
    typed = request.GET.get("q", "").strip()
    if not typed:
        return _page(request, actor, str(request.session.get(_QUERY, "")))
    try:
        found, _ = find_cases(read_query(typed, get_current_timezone()), actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, typed, errors=say_fields(refused), status=refused.status)
    request.session[_KEPT], request.session[_QUERY] = waiting_among(found, actor=actor), typed
    return _page(request, actor, typed)


def _page(request: HttpRequest, actor: Actor, typed: str, *, errors: dict[str, list[str]] | None = None,
          status: int = 200) -> HttpResponse:
    waiting = waiting_among(_chosen(request), actor=actor)
    return page(request, actor, "lane.html", {
        "q": typed, "left": len(waiting), "chosen": _KEPT in request.session, "errors": errors or {}, "most": MOST,
    }, open_link="bulk", status=status)


def _chosen(request: HttpRequest) -> list[int]:
    return [int(number) for number in request.session.get(_KEPT, ())]


@require_safe
@signed_in
def next_case(request: HttpRequest, actor: Actor) -> HttpResponse:
    """On to the next of the chosen cases, or back to the lane's page when none waits any more."""
    waiting = waiting_among(_chosen(request), actor=actor)
    return redirect("console:case", waiting[0]) if waiting else redirect("console:lane")


@require_POST
@signed_in
def leave(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Forget the selection; the queue's order counts again."""
    actor.require(*READERS)
    for key in (_KEPT, _QUERY):
        request.session.pop(key, None)
    return redirect("console:lane")


def lane_here(request: HttpRequest, case_id: int, actor: Actor, rows: Iterable[QueueRow] = (),
              seen: SeenExposure | None = None) -> dict[str, object]:
    """For a page of a case: which comes next, and how many of the lane are left after this one; 0 outside of it.

    `rows`: the first of the queue, and `seen` the person's exposure, where the page shows them anyway.
    """
    chosen = _chosen(request)
    waiting = [number for number in waiting_among(chosen, actor=actor) if number != case_id] if chosen else []
    # Round and round: what was skipped comes again at the end.
    here = chosen.index(case_id) if case_id in chosen else -1
    later = [number for number in waiting if chosen.index(number) > here]
    following = next(iter(later or waiting), None)
    if following is None:
        lighter = (seen or exposure_of(actor)).lighter_only
        following = next_among(rows, but=case_id, lighter_only=lighter, actor=actor)
    return {"next_id": following, "lane_left": len(waiting)}
