"""Search over all cases, with help on its syntax and highlighted matches.

What the search calls its keys and values, and how it shows a query: chips, completion.

Cases ticked in a list: read one after the other on one page, and moved together. No vote is cast here (ADR 0081).

Each case is moved by the verb of its own page, in its own transaction: what one case refuses does not stop the others.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext, override
from django.views.decorators.http import require_http_methods, require_safe

from jaga.cases.reads.case_view import CaseStage
from jaga.cases.reads.gate import access_case_to_read
from jaga.core.actors import Actor
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.clock import now
from jaga.core.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from jaga.core.locators import places_in
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel, TextKind
from jaga.policy.release import jurisdiction, load_release
from jaga.queue.reads.queue import MOST_TICKED, QueueRow, list_ticked
from jaga.queue.reads.routing import people_to_assign
from jaga.queue.reads.search import (
    SearchPart,
    SearchPlace,
    SearchQuery,
    SearchRow,
    search_cases,
    similar_names,
)
from jaga.queue.verbs import assignment
from jaga.queue.verbs.assignment import reroute_case
from jaga.queue.verbs.search_terms import (
    KEY_IN,
    OPEN_IN,
    OVERDUE_IN,
    SearchNames,
    SearchTerm,
    plain,
    read_query,
    read_terms,
)
from jaga.store.reads import READERS, listed_platforms, once
from jaga.web.errors import language, say, say_fields
from jaga.web.frame.forms import ConsoleForm, Several, Text, whole_number
from jaga.web.frame.notice_words import QueueOrder, order_of
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.sections import HighlightSpan, beginning
from jaga.web.frame.words import word


@dataclass(frozen=True)
class SearchChip:
    """One term of a query as a person reads it, and the query without it."""

    key: str
    value: str
    minus: bool
    without: str


@dataclass(frozen=True)
class KeyHelp:
    """A key with its values for the help and for completion: what is written, and what it means."""

    key: str
    values: tuple[tuple[str, str], ...]


@once
def search_names() -> SearchNames:
    """The names of all values in every language of the pages, and the reader's own."""
    values: dict[str, dict[str, str]] = {}
    for spoken in jurisdiction().languages:
        with override(spoken.value):
            for key, value, label in _labels():
                values.setdefault(key, {}).setdefault(plain(label), value)
    shown: dict[str, list[str]] = {}
    for key, _, label in _labels():
        shown.setdefault(key, []).append(label)
    return SearchNames(values, shown, {key: in_each[language()] for key, in_each in KEY_IN.items()})


def _labels() -> Iterator[tuple[str, str, str]]:
    """Each key, value, and the value's label in the language now active."""
    for category in load_release().categories:
        yield "category", category.key, category.label.say(language())
    for channel in Channel:
        yield "channel", channel.value, word(channel, "channel")
    for stage in CaseStage:
        yield "state", stage.value, word(stage, "stage")
    for platform in _platforms():
        yield "platform", *platform


@once
def _platforms() -> tuple[tuple[str, str], ...]:
    return tuple((platform.name, platform.display_name) for platform in listed_platforms())


def key_help() -> tuple[KeyHelp, ...]:
    """Every key with values, in the reader's language; the state has one more, for every case that is not finished."""
    names = search_names()
    found: dict[str, list[tuple[str, str]]] = {"state": [(OPEN_IN[language()], gettext("not finished"))]}
    for key, value, label in _labels():
        written = _written(label) if plain(label) else value
        found.setdefault(key, []).append((written, label))
    return tuple(
        KeyHelp(names.keys[key], tuple(found[key]))
        for key in ("category", "state", "channel", "platform")
        if key in found
    )


def _written(label: str) -> str:
    """A label as it is typed after a key: in quotation marks if it has spaces."""
    bare = label.replace('"', "")
    return f'"{bare}"' if " " in bare else bare


def words_of_help() -> dict[str, str]:
    """The keys as they are written in the reader's language, and the word for overdue cases."""
    return {**search_names().keys, "overdue": OVERDUE_IN[language()]}


def completions() -> str:
    """Keys and values for the script of the search box, as JSON: `[["kategori:", [["penipuan", "Penipuan"]]]]`."""
    with_values = {one.key: one.values for one in key_help()}
    names = search_names()
    rows: list[list[object]] = [[f"{key}:", list(with_values.get(key, ()))] for key in names.keys.values()]
    rows.append([OVERDUE_IN[language()], []])
    return json.dumps(rows, ensure_ascii=False)


def chips(typed: str) -> tuple[SearchChip, ...]:
    """The terms of a readable query."""
    terms = read_terms(typed, search_names())
    return tuple(SearchChip(*_chip_text(term), term.minus, _without(typed, term)) for term in terms)


def _without(typed: str, term: SearchTerm) -> str:
    start, end = term.at
    return " ".join(f"{typed[:start]} {typed[end:]}".split())


def _chip_text(term: SearchTerm) -> tuple[str, str]:
    """Key and value in the reader's language."""
    names = search_names()
    if term.category:
        return gettext("category or words"), term.value
    if not term.key:
        return "", OVERDUE_IN[language()] if term.value.lower() in OVERDUE_IN.values() else term.value
    known = {**names.values.get(term.key, {}), **{value: value for _, value, _ in _labels()}}
    value = known.get(plain(term.value), term.value)
    labels = {of: label for key, of, label in _labels() if key == term.key}
    if term.key == "state" and plain(term.value) in OPEN_IN.values():
        return names.keys[term.key], OPEN_IN[language()]
    return names.keys[term.key], labels.get(value, labels.get(term.value, term.value))


HOURS = (1, 2, 4, 8, 12)
_TICKED_SHOWN = 400  # characters of each text
_OF_THE_FORM = {"reason", "person", "queue", "step"}
"""Fields whose errors concern the form, and not a single case."""


class TickedStep(StrEnum):
    """What can be done with ticked cases. None of it judges an account."""

    TAKE = "take"  # Assign to oneself.
    ASSIGN = "assign"  # By a supervisor, to anybody.
    SNOOZE = "snooze"
    REROUTE = "reroute"
    ESCALATE = "escalate"


@dataclass(frozen=True)
class TickedCase:
    """A row with more of its text than a list has. `ticked`: it takes part in the step."""

    row: QueueRow
    pieces: tuple[HighlightSpan, ...]
    order: QueueOrder
    ticked: bool


@dataclass(frozen=True)
class TickedResult:
    """What became of one case; an empty `refusal` means that it was moved."""

    case_id: int
    reference: str
    refusal: str


class TickedForm(ConsoleForm):
    """The step and its fields."""

    case = Several()
    listed = Several()
    step = Text()
    reason = Text()
    hours = Text()
    person = Text()
    queue = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def ticked(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The ticked cases with their texts and findings, and the step to do with those still ticked."""
    form = TickedForm.sent(request)
    numbers = _numbers(form.values_of("case") if request.method == "POST" else request.GET.getlist("case"))
    listed = _numbers(form.values_of("listed")) or numbers
    rows = list_ticked(listed, actor=actor)
    if request.method != "POST":
        return _page_of_ticked(request, actor, rows, numbers, {})
    verb = _verb(form, actor)
    chosen = [row for row in rows if row.case_id in numbers]
    if verb is None or not chosen:
        return _page_of_ticked(
            request, actor, rows, numbers, form.kept(), nothing=not chosen, no_step=verb is None, status=422
        )
    results: list[TickedResult] = []
    for row in chosen:
        try:
            verb(row.case_id)
        except InvalidInput as refused:
            errors = say_fields(refused)
            if set(errors) & _OF_THE_FORM and not results:
                return _page_of_ticked(request, actor, rows, numbers, form.kept(), errors=errors, status=refused.status)
            sentences = [line for lines in errors.values() for line in lines]
            results.append(TickedResult(row.case_id, row.reference, " ".join(sentences)))
        except (Conflict, IllegalTransition, NotFound) as refused:
            results.append(TickedResult(row.case_id, row.reference, " ".join(say(refused))))
        else:
            results.append(TickedResult(row.case_id, row.reference, ""))
    return _page_of_ticked(request, actor, list_ticked(listed, actor=actor), [], {}, results=results)


def _verb(form: TickedForm, actor: Actor) -> Callable[[int], object] | None:
    """The verb of the step with its fields; None if none was chosen."""
    reason = form.text_of("reason")
    match form.term_of("step", TickedStep):
        case TickedStep.TAKE:
            return lambda case_id: assignment.assign_case(case_id, actor.person_id or 0, actor=actor)
        case TickedStep.ASSIGN:
            person = whole_number(form.text_of("person")) or 0
            return lambda case_id: assignment.assign_case(case_id, person, actor=actor)
        case TickedStep.SNOOZE:
            hours = whole_number(form.text_of("hours"))
            until = now() + timedelta(hours=hours) if hours in HOURS else None
            return lambda case_id: assignment.snooze_case(case_id, until, reason, actor=actor)
        case TickedStep.REROUTE:
            queue = form.text_of("queue")
            return lambda case_id: reroute_case(case_id, "" if queue == "rules" else queue or "-", reason, actor=actor)
        case TickedStep.ESCALATE:
            return lambda case_id: assignment.escalate_case(case_id, reason, actor=actor)
    return None


def _numbers(sent: Sequence[str]) -> list[int]:
    """The case numbers among the values sent, each once; the rest is ignored."""
    return list(dict.fromkeys(number for one in sent if (number := whole_number(one))))[:MOST_TICKED]


def _page_of_ticked(
    request: HttpRequest,
    actor: Actor,
    rows: Sequence[QueueRow],
    numbers: Sequence[int],
    entered: Mapping[str, str],
    *,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    supervises = Role.SUPERVISOR in actor.roles
    return page(
        request,
        actor,
        "queue/ticked.html",
        {
            "cases": [
                TickedCase(
                    row,
                    beginning(row.text.text, row.text.places, _TICKED_SHOWN) if row.text else (),
                    order_of(row),
                    row.case_id in numbers,
                )
                for row in rows
            ],
            "left_out": len(set(numbers) - {row.case_id for row in rows}),
            "most": MOST_TICKED,
            "hours": HOURS,
            "queues": load_release().routing.queues,
            "entered": entered,
            "supervises": supervises,
            "people": people_to_assign(actor=actor) if supervises else (),
            **more,
        },
        open_link="queue",
        status=status,
    )


_SEARCH_SHOWN = 220
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
        return _page_of_search(request, actor, typed)
    try:
        query = read_query(typed, get_current_timezone(), search_names())
    except InvalidInput as refused:
        return _page_of_search(request, actor, typed, errors=say_fields(refused), status=refused.status)
    if query == SearchQuery(number=query.number) and _opens(query.number, actor):
        return redirect("console:case", query.number)
    place = _place(request.GET.get("after", ""))
    found = search_cases(query, after=place, actor=actor)
    similar = similar_names(query.names[0], actor=actor) if query.names and not found.rows and not place else ()
    hits = [SearchHit(row, *_pieces(row.texts, query)) for row in found.rows]
    return _page_of_search(
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


def _page_of_search(request: HttpRequest, actor: Actor, typed: str, status: int = 200, **more: object) -> HttpResponse:
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
    extract = " ".join(text[start : start + _SEARCH_SHOWN].split())
    return f"{'… ' if start else ''}{extract}{' …' if start + _SEARCH_SHOWN < len(text) else ''}"


def _cut(text: str, spans: Sequence[tuple[int, int]]) -> list[Snippet]:
    start = max(0, spans[0][0] - _BEFORE)
    end, at, pieces = min(len(text), start + _SEARCH_SHOWN), start, [Snippet("… ", False)] if start else []
    for left, right in spans:
        if left >= at and right <= end:
            pieces += [Snippet(text[at:left], False), Snippet(text[left:right], True)]
            at = right
    pieces.append(Snippet(text[at:end] + (" …" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece.text]
