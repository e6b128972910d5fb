"""The queue, the person's own votes, and the way to a case by its number."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.clock import now
from jaga.core.terms import Channel, Role
from jaga.policy import load_release
from jaga.records.access.console import LARGEST_NUMBER, access_case, access_case_history
from jaga.records.access.console_queue import Place, QueueRow, Wanted, list_own_votes, list_queue
from jaga.screening.priority import reason
from jaga.web.console.pages import page, signed_in
from jaga.web.console.references import read_reference
from jaga.web.errors import fill


@dataclass(frozen=True)
class Line:
    """A row of the queue with the sentence that says why it stands there."""

    row: QueueRow
    why: str


@require_safe
@signed_in
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Cases that wait for this person's vote, the most pressing first."""
    wanted, place = _wanted(request.GET), _place(request.GET.get("after", ""))
    found = list_queue(wanted, after=place, actor=actor)
    moment = now()
    return page(request, actor, "queue.html", {
        "lines": [Line(row, _why(row, moment)) for row in found.rows],
        "wanted": wanted,
        "filtered": wanted != Wanted(),
        "later": bool(place),
        "categories": load_release().categories,
        "channels": list(Channel),
        "supervises": Role.SUPERVISOR in actor.roles,
        "here_query": _query(wanted),
        "next_query": _query(wanted, found.after) if found.after else "",
    }, open_link="queue")


def _why(row: QueueRow, moment: datetime) -> str:
    msgid, params = reason(row.due_at, moment, row.severity, row.sources)
    return fill(msgid, params)


def _wanted(query: QueryDict) -> Wanted:
    """The filters of an address; a value that is no term filters nothing."""
    known = {category.key for category in load_release().categories}
    category, channel = query.get("category", ""), query.get("channel", "")
    return Wanted(
        category if category in known else "",
        Channel(channel) if channel in {term.value for term in Channel} else None,
        query.get("overdue") == "1",
        query.get("differing") == "1",
    )


def _query(wanted: Wanted, after: Place | None = None) -> str:
    query = QueryDict(mutable=True)
    if wanted.category:
        query["category"] = wanted.category
    if wanted.channel:
        query["channel"] = wanted.channel.value
    if wanted.overdue:
        query["overdue"] = "1"
    if wanted.differing:
        query["differing"] = "1"
    if after:
        query["after"] = f"{rfc3339(after.rank_at)}~{after.case_id}"
    return query.urlencode()


def _place(cursor: str) -> Place | None:
    """The place that a cursor names; a broken one starts at the front."""
    moment, _, number = cursor.partition("~")
    try:
        place = Place(from_rfc3339(moment), int(number))
    except ValueError:
        return None
    return place if 0 < place.case_id <= LARGEST_NUMBER else None


@require_safe
@signed_in
def own_votes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What this person voted, and where those cases stand."""
    return page(request, actor, "votes.html", {"votes": list_own_votes(actor=actor)}, open_link="votes")


@require_safe
@signed_in
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Go to a case by the number that somebody said or wrote; auditors go to its history. Raises NotFound."""
    case_id = read_reference(request.GET.get("number", ""))
    if Role.AUDITOR in actor.roles and not actor.roles & {Role.REVIEWER, Role.SUPERVISOR}:
        access_case_history(case_id, actor=actor)
        return redirect("console:history", case_id)
    access_case(case_id, actor=actor)
    return redirect("console:case", case_id)
