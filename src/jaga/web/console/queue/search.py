"""Search over all cases, with help on its syntax and highlighted matches."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_safe

from jaga.casework.queue.search_terms import read_query
from jaga.core.actors import Actor
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.folding import places_in
from jaga.core.terms.reports import Channel, TextKind
from jaga.policy import load_release
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.installation import listed_platforms
from jaga.records.access.cases.case_view import CaseStage
from jaga.records.access.cases.gate import access_case
from jaga.records.access.queue.search import (
    SearchPart,
    SearchPlace,
    SearchQuery,
    SearchRow,
    search_cases,
    similar_names,
)
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say_fields

_SHOWN = 220
_BEFORE = 60


@dataclass(frozen=True)
class Snippet:
    """A piece of text, marked if it is a match."""

    text: str
    marked: bool


@dataclass(frozen=True)
class SearchHit:
    """A result row with the part of its text around the match."""

    row: SearchRow
    kind: TextKind | None
    pieces: tuple[Snippet, ...]


@require_safe
@signed_in
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Cases matching the query; a case number alone opens that case."""
    actor.require(*READERS)
    typed = request.GET.get("q", "").strip()
    if not typed:
        return _page(request, actor, typed)
    try:
        query = read_query(typed, get_current_timezone())
    except InvalidInput as refused:
        return _page(request, actor, typed, errors=say_fields(refused), status=refused.status)
    if query == SearchQuery(number=query.number) and _opens(query.number, actor):
        return redirect("console:case", query.number)
    place = _place(request.GET.get("after", ""))
    found = search_cases(query, after=place, actor=actor)
    similar = similar_names(query.names[0], actor=actor) if query.names and not found.rows and not place else ()
    return _page(request, actor, typed, hits=[SearchHit(row, *_pieces(row.texts, query)) for row in found.rows],
                 similar=similar, searched=True, later=bool(place),
                 next_query=_query(typed, found.after) if found.after else "")


def _page(request: HttpRequest, actor: Actor, typed: str, status: int = 200, **more: object) -> HttpResponse:
    return page(request, actor, "queue/search.html", {
        "typed": typed, "here_query": _query(typed), "categories": load_release().categories,
        "channels": list(Channel), "stages": list(CaseStage), "platforms": listed_platforms(), **more,
    }, status=status, open_link="search")


def _opens(number: int | None, actor: Actor) -> bool:
    """Whether this person may open such a case; if not, the page says that nothing was found."""
    try:
        access_case(number or 0, actor=actor)
    except NotFound:
        return False
    return True


def _query(typed: str, after: SearchPlace | None = None) -> str:
    query = QueryDict(mutable=True)
    query["q"] = typed
    if after:
        query["after"] = f"{after.part.value}~{rfc3339(after.moment)}~{after.case_id}"
    return query.urlencode()


def _place(cursor: str) -> SearchPlace | None:
    """The position of a cursor; an invalid one starts at the front."""
    try:
        part, moment, number = cursor.split("~")
        place = SearchPlace(SearchPart(part), from_rfc3339(moment), whole_number(number) or 0)
    except ValueError:
        return None
    return place if place.case_id else None


def _pieces(texts: Sequence[tuple[TextKind, str]], query: SearchQuery) -> tuple[TextKind | None, tuple[Snippet, ...]]:
    """The text around the first match, or the start of a text without one; and its author."""
    words = [word.rstrip("*") for word in query.words]
    for kind, text in texts:
        if spans := sorted({span for word in words for span in places_in(text, word)}):
            return kind, tuple(_cut(text, spans))
    return (texts[0][0], (Snippet(_shortened(texts[0][1], 0), False),)) if texts else (None, ())


def _shortened(text: str, start: int) -> str:
    extract = " ".join(text[start:start + _SHOWN].split())
    return f"{'… ' if start else ''}{extract}{' …' if start + _SHOWN < len(text) else ''}"


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> list[Snippet]:
    start = max(0, spans[0][0] - _BEFORE)
    end, at, pieces = min(len(text), start + _SHOWN), start, [Snippet("… ", False)] if start else []
    for left, right in spans:
        if left >= at and right <= end:
            pieces += [Snippet(text[at:left], False), Snippet(text[left:right], True)]
            at = right
    pieces.append(Snippet(text[at:end] + (" …" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece.text]
