"""Search over all cases: waiting ones in queue order, then the others, newest first.

Anyone who may open cases may search. Results do not depend on votes: a state filter knows only the stages staff may
see, and a decided case whose decision is kept back from the reader (`kept_back`) counts as finished, whatever becomes
of it. In victim-first cases names and text are hidden, and such a case matches only the account's full name or its
contacts, never part of a name or its text.

The SQL of a search, with bounded run time over millions of cases.

A small set of matches is fetched whole and sorted, when either the text conditions or the row conditions (a number,
contact or time span) are selective. Otherwise the index of the result order is walked and a page fills after a few
hundred rows. Only a common term that is rare near the front makes it read every match.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, cast

from django.db import connection

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import JUDGED, STAGES, CaseStage, case_kept_back, cases_kept_back
from jaga.cases.reads.gate import listed_account
from jaga.core.actors import Actor
from jaga.core.cases import OPEN_STATES, VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import AccessKind, DecisionKind, Severity
from jaga.core.terms.reports import Channel, TextKind
from jaga.store.codes import beginning, named, phrase, quoted
from jaga.store.reads import READERS, clearances_of, log_access
from jaga.store.sealed_text import sealed_field

FEW = 8000
"""Up to this many matches are sorted; above, the index is walked. Both cost about the same here for one to three
million cases."""
TRIED = 400
"""Cases at the front of the queue tried first: a common word fills a page from them without another query."""
WALKED = 20_000


@dataclass
class Narrowed:
    """Conditions a case must meet: `matches`, a `tsquery` of keyed words each, and `wheres` on its row `c`, each with
    its parameters.
    """

    matches: list[str] = field(default_factory=list)
    wheres: list[tuple[str, list[object]]] = field(default_factory=list)
    opened: list[tuple[str, list[object]]] = field(default_factory=list)
    selects: bool = False
    """Whether row conditions may be selective; conditions that are always present do not count."""

    def where(self, condition: str, value: object, *, selects: bool = False) -> None:
        """Add a condition on row `c` with one value. `selects`: it may be selective."""
        self.wheres.append((condition, [value]))
        self.selects = self.selects or selects

    def where_all(self, condition: str, values: list[object]) -> None:
        """Add a condition on row `c` with several values, which selects little by itself."""
        self.wheres.append((condition, values))

    def where_opened(self, condition: str, moment: datetime) -> None:
        """Add a bound on when the case was opened, which also orders the cases that do not wait."""
        self.opened.append((f"c.opened_at {condition} %s", [moment]))
        self.selects = True

    def match(self, words: str, *, name: bool) -> None:
        """Add a folded word, phrase or prefix (`mawa*`). With `name`, an account name with this prefix matches too."""
        if words.endswith("*"):
            self.matches.append(beginning(words.rstrip("*")))
        else:
            self.matches.append(_word_or_name(words) if name else phrase(words))

    def match_either(self, words: Sequence[str], term: tuple[str, str]) -> None:
        """Add an internal term, or else all of these folded words or phrases (or account names that begin so)."""
        parts = " & ".join(f"({part})" for part in map(_word_or_name, words) if part)
        self.matches.append(" | ".join(filter(None, [quoted(f"={':'.join(term)}"), parts])))

    def match_not(self, words: str) -> None:
        """Add a folded word or phrase that must be absent."""
        self.matches.append(f"!({phrase(words)})")

    def match_name(self, name: str) -> None:
        """Add a prefix of an account name, folded and without its @."""
        self.matches.append(named(name))

    def match_term(self, term: str, value: str) -> None:
        """Add an internal term, as it is indexed among the words."""
        self.matches.append(quoted(f"={term}:{value}"))

    @property
    def query(self) -> str:
        """All text conditions as one tsquery."""
        return " & ".join(f"({one})" for one in self.matches)

    @cached_property
    def few(self) -> list[int] | None:
        """Ids of the cases matching all text conditions, or None if there are many.

        Queried once for both parts of the order.
        """
        return _few("SELECT case_id FROM records_searchtext WHERE words @@ %s::tsquery", [self.query])


def _all(conditions: Sequence[tuple[str, list[object]]]) -> tuple[str, list[object]]:
    """All these row conditions joined with AND, and their parameters."""
    return (
        "".join(f" AND {condition}" for condition, _ in conditions),
        [one for _, values in conditions for one in values],
    )


def _word_or_name(words: str) -> str:
    query = phrase(words)
    return f"{query} | {named(words)}" if query else ""


def found_ids(
    wanted: Narrowed, states: Sequence[str], *, waiting: bool, beyond: tuple[datetime, int] | None, most: int
) -> list[tuple[int, datetime]]:
    """At most `most` matching cases in these states, in order, as (id, position timestamp).

    `waiting`: by rank, earliest first; otherwise newest first. `beyond` is the last row of the previous page.
    """
    column, way, sign = ("rank_at", "ASC", ">") if waiting else ("opened_at", "DESC", "<")
    in_state: tuple[str, list[object]] = ("c.state = ANY(%s)", [list(states)])
    after: list[tuple[str, list[object]]] = [(f"(c.{column}, c.id) {sign} (%s, %s)", list(beyond))] if beyond else []
    conditions, values = _all([in_state, *after, *wanted.opened, *wanted.wheres])
    order = f"ORDER BY c.{column} {way}, c.id {way}"
    # These strings are constants; all user input is passed as parameters.
    cases = f"SELECT c.id, c.{column} FROM records_case c WHERE"  # noqa: S608
    if not wanted.matches:
        return _run(f"{cases} true{conditions} {order} LIMIT %s", [*values, most])
    words = [wanted.query]
    # Queried case by case: a join would read the text of every match before returning the first.
    fits = "(SELECT s.words FROM records_searchtext s WHERE s.case_id = c.id) @@ %s::tsquery"

    def walk(length: int) -> list[tuple[int, datetime]]:
        # The subquery holds only the order's own bounds and the partial index's condition, so no other index can serve
        # it. OFFSET keeps the planner from joining, so rows are checked one by one.
        index = "c.state = ANY(%s)" if waiting else "c.state <> ALL(%s)"
        walks, bounds = _all(
            [(index, [[state.value for state in VOTING_STATES]]), *after, *(() if waiting else wanted.opened)]
        )
        besides, more = _all([in_state, *wanted.opened, *wanted.wheres])
        return _run(
            f"SELECT w.id, w.{column} FROM"  # noqa: S608
            f" (SELECT c.id, c.{column} FROM records_case c WHERE true{walks} {order} LIMIT %s) w CROSS JOIN"
            f" LATERAL (SELECT FROM records_case c WHERE c.id = w.id AND {fits}{besides} OFFSET 0) fitting"
            f" ORDER BY w.{column} {way}, w.id {way} LIMIT %s",
            [*bounds, length, *words, *more, most],
        )

    if waiting and not wanted.selects and len(first := walk(TRIED)) == most:
        return first
    if wanted.few is not None:
        return _run(f"{cases} c.id = ANY(%s){conditions} {order} LIMIT %s", [wanted.few, *values, most])
    if wanted.selects:
        rows = _few(f"SELECT c.id FROM records_case c WHERE true{conditions}", values)  # noqa: S608
        if rows is not None:
            return _run(
                f"{cases} c.id = ANY(%s){conditions} AND {fits} {order} LIMIT %s", [rows, *values, *words, most]
            )
    if len(walked := walk(WALKED)) == most:
        return walked
    return _run(
        f"SELECT c.id, c.{column} FROM records_case c JOIN records_searchtext s ON s.case_id = c.id"  # noqa: S608
        f" WHERE s.words @@ %s::tsquery{conditions} {order} LIMIT %s",
        [*words, *values, most],
    )


def _few(query: str, values: Sequence[Any]) -> list[int] | None:
    """The ids a query returns, or None if there are many."""
    ((found, numbers),) = _run(
        f"SELECT count(*), CASE WHEN count(*) <= %s THEN array_agg(few.id) END"  # noqa: S608
        f" FROM ({query} LIMIT %s) few(id)",
        [FEW, *values, FEW + 1],
    )
    return (numbers or []) if found <= FEW else None


def _run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cast(list[tuple[Any, ...]], cursor.fetchall())


PAGE = 25
SIMILAR_SHOWN = 5
_TEXTS_SHOWN = 5
_KINDS = (TextKind.PUBLISHED, TextKind.WORDS, TextKind.EXCERPT)
_COLUMNS = tuple(sealed_field(Report, name) for name in ("published", "text", "excerpt"))
_VOTING = frozenset(VOTING_STATES)


@dataclass(frozen=True)
class NamedCategory:
    """Words that are the label of a category: its cases match, and cases with all of these words."""

    words: tuple[str, ...]
    category: str


@dataclass(frozen=True)
class SearchQuery:
    """Search criteria, combined with AND.

    `queue.verbs.search_terms.read_query` builds one from user input.

    `words` and `names` are folded (`core.folding`). A name matches as a prefix of an account name; `contacts` are keyed
    hashes.
    """

    number: int | None = None
    words: tuple[str, ...] = ()  # Each is a word or, with spaces, a phrase; a final * makes it a prefix.
    without: tuple[str, ...] = ()
    named: tuple[NamedCategory, ...] = ()
    names: tuple[str, ...] = ()
    contacts: tuple[bytes, ...] = ()
    category: str = ""
    platform: str = ""
    channel: Channel | None = None
    stage: CaseStage | None = None
    since: datetime | None = None
    before: datetime | None = None
    overdue: bool = False
    open: bool = False  # Not finished, whatever the stage.


class SearchPart(StrEnum):
    """The two parts of the result order."""

    WAITING = "waiting"  # By queue rank.
    OTHERS = "others"  # Newest first.


@dataclass(frozen=True)
class SearchPlace:
    """The last row of the previous page."""

    part: SearchPart
    moment: datetime
    case_id: int


@dataclass(frozen=True)
class SearchRow:
    """One matching case. `account` and `texts` are empty where a list must not show them.

    `kept_back`: it is decided, and what was decided, and how far that is, would prejudge a vote that the actor may
    still have to cast about the account.
    """

    case_id: int
    reference: str
    platform: str
    account: str
    category: str
    channel: Channel
    severity: Severity
    victim_first: bool
    urgent: bool
    stage: CaseStage
    opened_at: datetime
    due_at: datetime
    overdue: bool
    reports: int
    sources: int
    outcome: DecisionKind | None
    kept_back: bool
    texts: tuple[tuple[TextKind, str], ...]


@dataclass(frozen=True)
class SearchPage:
    """Some rows, and the cursor of the next page; None on the last."""

    rows: tuple[SearchRow, ...]
    after: SearchPlace | None


def search_cases(query: SearchQuery, *, after: SearchPlace | None = None, actor: Actor) -> SearchPage:
    """One page of cases that match the query.

    Raises NotPermitted for anyone who does not judge cases.

    The access log records that the actor searched, but not the query. A canary case (`canary`) matches like any other
    and reads as dismissed, so search does not reveal it; opening it raises the alarm.
    """
    actor.require(*READERS)
    log_access(None, AccessKind.SEARCH, actor=actor)
    places: list[SearchPlace] = []
    parts = (
        (SearchPart.WAITING, SearchPart.OTHERS)
        if after is None or after.part is SearchPart.WAITING
        else (SearchPart.OTHERS,)
    )
    narrowed = _narrowed(query, actor)
    for part in parts:
        states = [state.value for state in _states(query, part, narrowed, actor)]
        if states and len(places) <= PAGE:
            beyond = (after.moment, after.case_id) if after and after.part is part else None
            places += [
                SearchPlace(part, moment, number)
                for number, moment in found_ids(
                    narrowed, states, waiting=part is SearchPart.WAITING, beyond=beyond, most=PAGE + 1 - len(places)
                )
            ]
    shown = places[:PAGE]
    rows = tuple(_rows([place.case_id for place in shown], actor))
    return SearchPage(rows, shown[-1] if len(places) > PAGE else None)


def _states(query: SearchQuery, part: SearchPart, narrowed: Narrowed, actor: Actor) -> list[CaseState]:
    """The states of one part that the query asks for. Where judged ones are told apart, a condition is added."""
    wanted = [
        state
        for state in CaseState
        if (state in _VOTING) is (part is SearchPart.WAITING)
        and (query.stage is None or STAGES[state] is query.stage)
        and (not query.open or state in OPEN_STATES)
        and (state in _VOTING or not query.overdue)
    ]  # A legal deadline ends with the decision.
    judged = JUDGED.intersection(wanted)
    if judged and judged != JUDGED:
        condition, values = case_kept_back(actor)
        if CaseState.RESOLVED in judged:
            narrowed.where_all(f"(c.state = ANY(%s) OR {condition})", [[one.value for one in wanted], *values])
            return [*wanted, *(JUDGED - judged)]
        narrowed.where_all(f"(c.state <> ALL(%s) OR NOT {condition})", [[one.value for one in JUDGED], *values])
    return wanted


def _narrowed(query: SearchQuery, actor: Actor) -> Narrowed:
    wanted = Narrowed()
    for word in query.words:
        wanted.match(word, name=not word.endswith("*") and " " not in word)
    for word in query.without:
        wanted.match_not(word)
    for one in query.named:
        wanted.match_either(one.words, ("category", one.category))
    for name in query.names:
        wanted.match_name(name)
    for term, value in (("category", query.category), ("platform", query.platform), ("channel", query.channel or "")):
        if value:
            wanted.match_term(term, value)
    if query.number is not None:
        wanted.where("c.id = %s", query.number, selects=True)
    for key in query.contacts:
        wanted.where(
            "c.subject_id IN (SELECT subject_id FROM records_accountindicator WHERE key = %s AND kind = 'contact')",
            key,
            selects=True,
        )
    if query.since:
        wanted.where_opened(">=", query.since)
    if query.before:
        wanted.where_opened("<", query.before)
    if query.overdue:
        wanted.where("c.due_at < %s", now())
    wanted.where("c.clearance = ANY(%s)", ["", *(one.value for one in clearances_of(actor))])
    return wanted


def _rows(numbers: list[int], actor: Actor) -> Iterator[SearchRow]:
    moment, apart = now(), cases_kept_back(numbers, actor=actor)
    cases = {case.pk: case for case in Case.objects.filter(pk__in=numbers).select_related("subject__platform")}
    outcomes = dict(
        Decision.objects.filter(case__in=numbers, overturned_by__isnull=True)
        .exclude(kind__in=[DecisionKind.RESTORE, DecisionKind.REDACT])
        .order_by("pk")
        .values_list("case_id", "kind")
    )
    texts = _texts([number for number in numbers if number in cases and not cases[number].victim_first])
    for number in numbers:
        case = cases[number]
        waits = case.state in _VOTING
        closed = number in apart
        kind = outcomes.get(number) or (DecisionKind.DISMISS if case.canary else None)
        yield SearchRow(
            case.pk,
            case.reference,
            case.subject.platform.display_name,
            listed_account(case, case.subject.account_id),
            case.category,
            Channel(case.channel),
            Severity(case.severity),
            case.victim_first,
            case.urgent,
            STAGES[CaseState(case.state)],
            case.opened_at,
            case.due_at,
            waits and case.due_at < moment,
            case.reports_count,
            case.sources_count,
            DecisionKind(kind) if kind and not (waits or closed) else None,
            closed,
            texts.get(number, ()),
        )


def _texts(numbers: list[int]) -> dict[int, tuple[tuple[TextKind, str], ...]]:
    """The first few texts of each case with their authors: enough to show where a word occurs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, array_agg(r.n ORDER BY r.id, r.n), array_agg(r.said ORDER BY r.id, r.n)"
            " FROM unnest(%s::bigint[]) c(id) CROSS JOIN LATERAL"
            " (SELECT id, t.n, t.said FROM records_report CROSS JOIN LATERAL"
            " (VALUES (1, published), (2, text), (3, excerpt)) t(n, said)"
            " WHERE case_id = c.id AND t.said <> '' ORDER BY id, t.n LIMIT %s) r GROUP BY c.id",
            [numbers, _TEXTS_SHOWN],
        )
        rows = cursor.fetchall()
    found = {}
    for number, kinds, texts in rows:
        pairs = ((_KINDS[kind - 1], _COLUMNS[kind - 1].opened(text)) for kind, text in zip(kinds, texts, strict=True))
        found[number] = tuple((kind, text) for kind, text in pairs if text)
    return found


def similar_names(name: str, *, actor: Actor) -> tuple[str, ...]:
    """Account names spelled similarly, closest first, from cases that lists may name.

    Empty where the database server lacks pg_trgm. Raises NotPermitted.
    """
    actor.require(*READERS)
    log_access(None, AccessKind.SEARCH, actor=actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone() is None:
            return ()
        cursor.execute(
            "SELECT s.account_id FROM (SELECT id, account_id FROM records_subject WHERE lower(account_id) %% %s"
            " ORDER BY similarity(lower(account_id), %s) DESC, id LIMIT 50) s"
            " WHERE NOT EXISTS (SELECT 1 FROM records_case c WHERE c.subject_id = s.id"
            " AND (c.victim_first OR c.clearance <> '')) AND NOT EXISTS (SELECT 1 FROM records_linkedaccount l"
            " JOIN records_case c ON c.id = l.case_id WHERE l.subject_id = s.id"
            " AND (c.victim_first OR c.clearance <> '')) LIMIT %s",
            [name, name, SIMILAR_SHOWN],
        )
        return tuple(found for (found,) in cursor.fetchall())
