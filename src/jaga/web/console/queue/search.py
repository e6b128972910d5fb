"""Search over all cases, with help on its syntax and highlighted matches."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.saved_views import delete_view, save_view
from jaga.casework.queue.search_terms import read_query
from jaga.core.actors import Actor
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.folding import places_in
from jaga.core.terms.people import Role
from jaga.core.terms.reports import TextKind
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.gate import access_case_to_read
from jaga.records.access.queue.saved_views import SavedFor, list_views
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
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.queue.queue import SaveViewForm
from jaga.web.console.queue.search_words import chips, completions, key_help, search_names, words_of_help
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
        query = read_query(typed, get_current_timezone(), search_names())
    except InvalidInput as refused:
        return _page(request, actor, typed, errors=say_fields(refused), status=refused.status)
    if query == SearchQuery(number=query.number) and _opens(query.number, actor):
        return redirect("console:case", query.number)
    place = _place(request.GET.get("after", ""))
    found = search_cases(query, after=place, actor=actor)
    similar = similar_names(query.names[0], actor=actor) if query.names and not found.rows and not place else ()
    hits = [SearchHit(row, *_pieces(row.texts, query)) for row in found.rows]
    return _page(
        request,
        actor,
        typed,
        chips=chips(typed),
        hits=hits,
        similar=similar,
        searched=True,
        later=bool(place),
        next_query=_query(typed, found.after) if found.after else "",
    )


@require_POST
@signed_in
def save(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Save the search under a name."""
    actor.require(*READERS)
    form = SaveViewForm.sent(request)
    name, typed = form.text_of("name"), form.text_of("query").strip()
    answer = redirect("console:search")
    answer["Location"] += f"?{_query(typed)}"

    def keep() -> None:
        read_query(typed, get_current_timezone(), search_names())
        save_view(name, _query(typed), shared=form.is_ticked("shared"), actor=actor)

    return run_or_rerender(keep, lambda **more: _page(request, actor, typed, kept_name=name, **more), answer)


@require_POST
@signed_in
def delete(request: HttpRequest, actor: Actor, view_id: int) -> HttpResponse:
    """Delete a saved search."""
    return run_or_rerender(
        lambda: delete_view(view_id, SavedFor.SEARCH, actor=actor),
        lambda **more: _page(request, actor, "", **more),
        redirect("console:search"),
    )


def _page(request: HttpRequest, actor: Actor, typed: str, status: int = 200, **more: object) -> HttpResponse:
    here = _query(typed)
    return page(
        request,
        actor,
        "queue/search.html",
        {
            "typed": typed,
            "here_query": here,
            "key_help": key_help(),
            "completions": completions(),
            "keys": words_of_help(),
            "saved": [(view, view.query == here) for view in list_views(SavedFor.SEARCH, actor=actor)],
            "supervises": Role.SUPERVISOR in actor.roles,
            **more,
        },
        status=status,
        open_link="search",
    )


def _opens(number: int | None, actor: Actor) -> bool:
    """Whether this person may open such a case; if not, the page says that nothing was found."""
    try:
        access_case_to_read(number or 0, actor=actor)
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
    words = [word.rstrip("*") for word in (*query.words, *(word for one in query.named for word in one.words))]
    for kind, text in texts:
        if spans := sorted({span for word in words for span in places_in(text, word)}):
            return kind, tuple(_cut(text, spans))
    return (texts[0][0], (Snippet(_shortened(texts[0][1], 0), False),)) if texts else (None, ())


def _shortened(text: str, start: int) -> str:
    extract = " ".join(text[start : start + _SHOWN].split())
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
