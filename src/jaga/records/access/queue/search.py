"""Search over all cases: waiting ones in queue order, then the others, newest first.

Anyone who may open cases may search. Results do not depend on votes: a state filter knows only the stages staff may
see, and a decided case whose decision is kept back from the reader (`kept_back`) counts as finished, whatever becomes
of it. In victim-first cases names and text are hidden, and such a case matches only the account's full name or its
contacts, never part of a name or its text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import connection

from jaga.core.actors import Actor
from jaga.core.cases import OPEN_STATES, VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import AccessKind, Severity
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import Channel, TextKind
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS, clearances_of
from jaga.records.access.cases.case_view import STAGES, CaseStage
from jaga.records.access.cases.gate import listed_account
from jaga.records.access.cases.kept_back import JUDGED, case_kept_back, cases_kept_back
from jaga.records.access.queue.search_sql import Narrowed, found_ids
from jaga.records.models import Case, Decision, Report
from jaga.records.sealed_text import sealed_field

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

    `casework.queue.search_terms.read_query` builds one from user input.

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
