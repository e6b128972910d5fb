"""The queue, one's own votes, and going to a case by number."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.saved_views import delete_view, save_view
from jaga.core.actors import Actor
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.terms.cases import Severity
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import Channel
from jaga.policy import load_release
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.gate import access_case_history, access_case_to_read
from jaga.records.access.queue.queue import QueueRow, list_own_votes, list_queue, list_skipped
from jaga.records.access.queue.queues import queues_of, unseen_queues
from jaga.records.access.queue.saved_views import SavedViewView, list_views
from jaga.records.access.queue.shift_handover import list_cards
from jaga.records.access.queue.waiting import (
    QueueCount,
    QueueCursor,
    QueueFilter,
    count_apart,
    count_waiting,
    waiting_for,
)
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.highlight import HighlightSpan, beginning
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.queue_order import QueueOrder, order_of
from jaga.web.console.frame.references import read_reference
from jaga.web.errors import language


class SaveViewForm(ConsoleForm):
    """The current filters with a name; optionally shared with the team."""

    name = Text()
    query = Text()
    shared = Ticked("1")


@dataclass(frozen=True)
class QueueLine:
    """A queue row with the beginning of its text, and its place in the order."""

    row: QueueRow
    pieces: tuple[HighlightSpan, ...]
    order: QueueOrder


@dataclass(frozen=True)
class ShownView:
    """A saved view with its number of waiting cases. `open`: it is the current one."""

    view: SavedViewView
    count: QueueCount
    open: bool


@require_safe
@signed_in
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Cases waiting for this person's vote, most urgent first."""
    return _queue(request, actor)


def _queue(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    wanted, place = _wanted(request.GET), place_of(request.GET.get("after", ""))
    found = list_queue(wanted, after=place, texts=True, actor=actor)
    here, supervises = _query(wanted), Role.SUPERVISOR in actor.roles
    queues = queues_of(actor)
    return page(
        request,
        actor,
        "queue/queue.html",
        {
            "lines": lines_of(found.rows),
            "wanted": wanted,
            "filtered": wanted != QueueFilter(),
            "later": bool(place),
            "categories": load_release().categories,
            "channels": list(Channel),
            "languages": list(Language),
            "severities": list(Severity),
            "queues": queues,
            "names": {one.key: one.label.say(language()) for one in load_release().routing.queues},
            "views": [
                ShownView(view, count_waiting(waiting_for(actor, read_filters(view.query))), view.query == here)
                for view in list_views(actor=actor)
            ],
            "cards": () if place else list_cards(untaken=True, actor=actor),
            "apart": QueueCount(0, more=False) if place or wanted.apart else count_apart(actor),
            "skipped": () if place else list_skipped(actor=actor),
            "unseen": unseen_queues(actor=actor) if supervises and not place else (),
            "supervises": supervises,
            "here_query": here,
            "next_query": _query(wanted, found.after) if found.after else "",
            **more,
        },
        open_link="queue",
        status=status,
    )


@require_POST
@signed_in
def save(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Save the current filters under a name."""
    actor.require(*READERS)
    form = SaveViewForm.sent(request)
    name, query = form.text_of("name"), _query(read_filters(form.text_of("query")))
    request.GET = QueryDict(query)
    answer = redirect("console:queue")
    answer["Location"] += f"?{query}"
    return run_or_rerender(
        lambda: save_view(name, query, shared=form.is_ticked("shared"), actor=actor),
        lambda **more: _queue(request, actor, kept_name=name, **more),
        answer,
    )


@require_POST
@signed_in
def delete(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    """Delete a saved view."""
    return run_or_rerender(
        lambda: delete_view(view_id, actor=actor),
        lambda **more: _queue(request, actor, **more),
        redirect("console:queue"),
    )


def read_filters(query: str) -> QueueFilter:
    """The filters in a saved query string."""
    return _wanted(QueryDict(query))


def lines_of(rows: Iterable[QueueRow]) -> list[QueueLine]:
    """The rows, each with the beginning of its text and its place in the order."""
    return [
        QueueLine(row, beginning(row.text.text, row.text.places) if row.text else (), order_of(row)) for row in rows
    ]


def _wanted(query: QueryDict) -> QueueFilter:
    """The filters in a query string; invalid values are ignored."""
    release = load_release()
    categories = {category.key for category in release.categories}
    queues = {one.key for one in release.routing.queues}
    severities = {severity.name.lower(): severity for severity in Severity}
    category, channel, spoken = query.get("category", ""), query.get("channel", ""), query.get("language", "")
    return QueueFilter(
        category if category in categories else "",
        Channel(channel) if channel in {term.value for term in Channel} else None,
        query.get("overdue") == "1",
        query.get("differing") == "1",
        query.get("answered") == "1",
        query.get("queue", "") if query.get("queue") in queues else "",
        Language(spoken) if spoken in {term.value for term in Language} else None,
        severities.get(query.get("severity", "")),
        query.get("whose", "") if query.get("whose") in ("mine", "free") else "",
        query.get("escalated") == "1",
        query.get("apart") == "1",
    )


def _query(wanted: QueueFilter, after: QueueCursor | None = None) -> str:
    query = QueryDict(mutable=True)
    if wanted.category:
        query["category"] = wanted.category
    if wanted.channel:
        query["channel"] = wanted.channel.value
    for name in ("overdue", "differing", "answered", "escalated", "apart"):
        if getattr(wanted, name):
            query[name] = "1"
    if wanted.queue:
        query["queue"] = wanted.queue
    if wanted.language:
        query["language"] = wanted.language.value
    if wanted.severity:
        query["severity"] = wanted.severity.name.lower()
    if wanted.whose:
        query["whose"] = wanted.whose
    if after:
        query["after"] = written_place(after)
    return query.urlencode()


def written_place(place: QueueCursor) -> str:
    """A cursor as written in a URL."""
    return f"{rfc3339(place.rank_at)}~{place.case_id}"


def place_of(cursor: str) -> QueueCursor | None:
    """The position of a cursor; an invalid one starts at the front."""
    moment, _, number = cursor.partition("~")
    try:
        place = QueueCursor(from_rfc3339(moment), whole_number(number) or 0)
    except ValueError:
        return None
    return place if place.case_id else None


@require_safe
@signed_in
def own_votes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """This person's votes, and the state of those cases."""
    return page(request, actor, "queue/votes.html", {"votes": list_own_votes(actor=actor)}, open_link="votes")


@require_safe
@signed_in
def find(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Go to a case by its number; auditors go to its history. Raises NotFound."""
    case_id = read_reference(request.GET.get("number", ""))
    if Role.AUDITOR in actor.roles and not actor.roles & {Role.REVIEWER, Role.SUPERVISOR}:
        access_case_history(case_id, actor=actor)
        return redirect("console:history", case_id)
    access_case_to_read(case_id, actor=actor)
    return redirect("console:case", case_id)
