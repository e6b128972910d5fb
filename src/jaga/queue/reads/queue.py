"""The queue: cases waiting for the actor's vote, by rank, and the actor's own votes.

What each case of a list is about: one text with the places of the screening's findings.

Preferred is what the account published, in the report with the strongest finding; otherwise the newest report's text.
Never in victim-first cases, and not of severe cases while the reader is due for lighter ones.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import STAGES, CaseStage, takes_case
from jaga.cases.reads.decisions import JudgedAccount, accounts_voted
from jaga.cases.reads.gate import has_voted
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES, CaseState, reference_of
from jaga.core.terms.cases import DecisionKind, Lapse, Severity
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, TextKind
from jaga.policy.release import load_release
from jaga.queue.reads.routing import exposure_of, may_be_given
from jaga.queue.reads.waiting import (
    Front,
    QueueCount,
    QueueCursor,
    QueueFilter,
    Waiting,
    front,
    not_at_work,
    waiting_for,
)
from jaga.store.bulk import ask_prepared
from jaga.store.reads import READERS, clearances_of, number_of, visible_to
from jaga.store.sealed_text import sealed_field

LENGTH = 2000  # Code points of a text that are handed on; lists show a line of it.
_COLUMNS = {
    TextKind.PUBLISHED: sealed_field(Report, "published"),
    TextKind.EXCERPT: sealed_field(Report, "excerpt"),
    TextKind.WORDS: sealed_field(Report, "text"),
}
_PLACES = 50
_TEXTS = """
SELECT c.id, said.kind, said.language, said.text, found.places
FROM records_case c
CROSS JOIN LATERAL (
    (SELECT r.id, 'published' AS kind, r.published AS text, r.language, 0 AS preference
     FROM records_signal s JOIN records_report r ON r.id = s.report_id
     WHERE s.case_id = c.id AND s.text_kind = 'published' AND r.published <> '' AND r.withdrawn_at IS NULL
     ORDER BY s.weight DESC, s.id LIMIT 1)
    UNION ALL
    (SELECT r.id, CASE WHEN r.published <> '' THEN 'published' WHEN r.excerpt <> '' THEN 'excerpt' ELSE 'words' END,
            coalesce(nullif(r.published, ''), nullif(r.excerpt, ''), r.text), r.language, 1
     FROM records_report r
     WHERE r.case_id = c.id AND r.withdrawn_at IS NULL AND (r.published, r.excerpt, r.text) <> ('', '', '')
     ORDER BY r.id DESC LIMIT 1)
    ORDER BY preference LIMIT 1) AS said
CROSS JOIN LATERAL (
    SELECT array_agg(one.places) AS places FROM (
        SELECT DISTINCT coalesce(nullif(s.params ->> 'places', ''), s.start || '-' || s."end") AS places
        FROM records_signal s WHERE s.report_id = said.id AND s.text_kind = said.kind LIMIT %(places)s) AS one) AS found
WHERE c.id = ANY(%(numbers)s) AND NOT c.victim_first AND c.severity < %(below)s AND c.clearance = ANY(%(held)s)
"""


@dataclass(frozen=True)
class RowText:
    """The beginning of a case's text. `places`: the spans of the findings in it, in code points; they may overlap."""

    kind: TextKind
    language: Language
    text: str
    places: tuple[tuple[int, int], ...]


def texts_of_rows(numbers: Sequence[int], *, actor: Actor) -> dict[int, RowText]:
    """The texts of cases that the actor may see, by case; without cases that show none.

    Raises NotPermitted for anyone who does not judge cases.
    """
    severe = int(load_release().wellness.severe_from)
    below = severe if exposure_of(actor).lighter_only else 100
    rows = ask_prepared(
        _TEXTS,
        {
            "numbers": list(numbers),
            "places": _PLACES,
            "below": below,
            "held": ["", *(one.value for one in clearances_of(actor))],
        },
    )
    texts = (
        (number, kind, language, _COLUMNS[kind].opened(text), places) for number, kind, language, text, places in rows
    )
    return {
        number: RowText(TextKind(kind), Language(language), text[:LENGTH], _spans(places or ()))
        for number, kind, language, text, places in texts
        if text
    }


def _spans(places: Sequence[str]) -> tuple[tuple[int, int], ...]:
    spans = (span.partition("-") for one in places for span in one.split())
    return tuple(sorted({(int(start), int(end)) for start, _, end in spans}))


# A lateral query per case: the lists are short, and the plan does not change with table size.
_ROWS = """
SELECT c.id, p.display_name, s.account_id, c.category, c.channel, c.severity, c.victim_first, c.urgent, c.due_at,
    c.reports_count, c.sources_count, c.flagged, held.display_name, held.holder_id, c.state,
    EXISTS (SELECT 1 FROM records_reportmessage m JOIN records_report r ON r.id = m.report_id
            WHERE r.case_id = c.id AND NOT m.from_us AND m.read_at IS NULL),
    c.rank_at, c.queue, c.language, a.display_name, c.assigned_to_id, c.escalated_at IS NOT NULL,
    c.turn, c.own_words, c.apart, c.score,
    EXISTS (SELECT 1 FROM records_banevasionmatch b WHERE b.case_id = c.id AND b.withdrawn_at IS NULL), c.cluster_id
FROM records_case c
JOIN records_subject s ON s.id = c.subject_id
JOIN records_platform p ON p.id = s.platform_id
LEFT JOIN records_person a ON a.id = c.assigned_to_id
LEFT JOIN LATERAL (
    SELECT h.display_name, l.holder_id FROM records_lease l JOIN records_person h ON h.id = l.holder_id
    WHERE l.case_id = c.id AND l.released_at IS NULL AND l.expires_at > %(moment)s LIMIT 1) held ON true
WHERE c.id = ANY(%(numbers)s)
"""

PAGE = 25
OWN_SHOWN = 100
MOST_TICKED = 100
VOTES_SHOWN = 100


@dataclass(frozen=True)
class QueueRow:
    """One waiting case, without votes except `differing`, which only a supervisor's queue contains."""

    case_id: int
    reference: str
    platform: str
    account: str
    category: str
    channel: Channel
    severity: Severity
    victim_first: bool
    urgent: bool
    due_at: datetime
    overdue: bool
    reports: int
    sources: int
    flagged: bool
    holder: str | None
    mine: bool
    differing: bool
    answered: bool  # A reporter's message nobody on the team has read.
    rank_at: datetime
    queue: str
    language: Language
    assignee: str  # Who should do it first; empty: anyone.
    assigned_to_me: bool
    escalated: bool
    turn: int  # For urgent cases: how many of the same network or text wait before it.
    own_words: bool
    apart: bool  # The platform does not know the account.
    score: float  # The screening score that ranked it, 0 to 1.
    resembles: bool  # A ban evasion match may have ranked it.
    cluster_id: int | None
    copies: QueueCount  # Accounts in its near-duplicate cluster, itself included; 1 if none.
    text: RowText | None = None  # What it is about, where the list was asked for texts.


@dataclass(frozen=True)
class QueuePage:
    """Some rows, on the first page with the actor's own on top, and the cursor of the next page; None on the last."""

    rows: tuple[QueueRow, ...]
    after: QueueCursor | None


@dataclass(frozen=True)
class OwnVote:
    """One of the actor's votes, and the case's current state."""

    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    cast_at: datetime
    stage: CaseStage
    waits: bool
    restrict_days: int | None
    accounts: tuple[JudgedAccount, ...]
    withdrawn: bool  # Withdrawn with its decision before the commit, or no longer counting.
    lapsed: Lapse | None = None  # Why it no longer counts; None where a person withdrew it.

    @property
    def settled(self) -> bool:
        """Whether the case is decided, so each account has an outcome."""
        return self.stage not in (CaseStage.NEW, CaseStage.REVIEW, CaseStage.SUPERVISOR, CaseStage.COMMITTING)


def list_queue(
    wanted: QueueFilter, *, after: QueueCursor | None = None, most: int = PAGE, texts: bool = False, actor: Actor
) -> QueuePage:
    """One page of the queue: `most` rows plus the actor's own; with `texts` what each case is about.

    Raises NotPermitted for anyone who may not vote.
    """
    waiting = waiting_for(actor, wanted)
    mine = list(waiting.mine().order_by("rank_at", "pk").values_list("pk", flat=True)[:OWN_SHOWN])
    rest = front(replace(waiting, skipped=(*waiting.skipped, *mine), aside=tuple(mine)).rest(after), most + 1)
    shown = mine if after is None else []
    rows = rows_of([*shown, *rest[:most]], waiting, texts=texts)
    last = rows[-1] if len(rest) > most else None
    return QueuePage(rows, QueueCursor(last.rank_at, last.case_id) if last else None)


def list_skipped(*, actor: Actor) -> tuple[QueueRow, ...]:
    """Cases the actor moved to the end of their queue for a while. Raises NotPermitted."""
    waiting = waiting_for(actor)
    if not waiting.skipped:
        return ()
    everything = replace(waiting, skipped=())
    rows = [one.filter(pk__in=waiting.skipped) for one in everything.one_by_one()]
    return rows_of(front(rows, PAGE), waiting)


def list_ticked(numbers: Sequence[int], *, actor: Actor) -> tuple[QueueRow, ...]:
    """Those of these cases that wait for the actor's vote, with their texts, in the queue's order.

    Raises NotPermitted for anyone who may not vote.
    """
    waiting = replace(waiting_for(actor), skipped=())
    wanted = Case.objects.filter(pk__in=list(numbers)[:MOST_TICKED], state__in=VOTING_STATES)
    found = waiting.fitting(wanted.values("pk")).order_by("rank_at", "pk").values_list("pk", flat=True)
    return rows_of(list(found), waiting, texts=True)


def rows_of(numbers: list[int], waiting: Waiting, *, texts: bool = False) -> tuple[QueueRow, ...]:
    """The rows of these cases, in this order; with `texts` what each is about."""
    if not numbers:
        return ()
    text_of = texts_of_rows(numbers, actor=waiting.actor) if texts else {}
    found = ask_prepared(_ROWS, {"numbers": numbers, "moment": waiting.moment})
    copies = waiting.copies(sorted({row[-1] for row in found if row[-1] is not None}))
    rows = {
        row[0]: _row(
            *row,
            copies=copies.get(row[-1], QueueCount(1, False)),
            text=text_of.get(row[0]),
            moment=waiting.moment,
            person=waiting.person,
        )
        for row in found
    }
    return tuple(rows[number] for number in numbers if number in rows)


def _row(
    number: int,
    platform: str,
    account: str,
    category: str,
    channel: str,
    severity: int,
    victim_first: bool,
    urgent: bool,
    due_at: datetime,
    reports: int,
    sources: int,
    flagged: bool,
    holder: str | None,
    holder_number: int | None,
    state: str,
    answered: bool,
    rank_at: datetime,
    queue: str,
    language: str,
    assignee: str | None,
    assigned_to: int | None,
    escalated: bool,
    turn: int,
    own_words: bool,
    apart: bool,
    score: float,
    resembles: bool,
    cluster_id: int | None,
    *,
    copies: QueueCount,
    text: RowText | None,
    moment: datetime,
    person: int,
) -> QueueRow:
    return QueueRow(
        number,
        reference_of(number),
        platform,
        "" if victim_first else account,  # A name alone may identify a victim, so lists omit it.
        category,
        Channel(channel),
        Severity(severity),
        victim_first,
        urgent,
        due_at,
        due_at < moment,
        reports,
        sources,
        flagged,
        holder,
        holder is not None and holder_number == person,
        state == CaseState.ADJUDICATION,
        answered,
        rank_at,
        queue,
        Language(language),
        assignee or "",
        assigned_to is not None and assigned_to == person,
        escalated,
        turn,
        own_words,
        apart,
        score,
        resembles,
        cluster_id,
        copies,
        text,
    )


def next_in_queue(*, but: int | None = None, actor: Actor) -> int | None:
    """The first waiting case that nobody else holds, or None.

    Order: assigned to the actor, unassigned, assigned to others, set apart, skipped by the actor. During a rotation
    only lighter cases.
    """
    waiting = waiting_for(actor)
    aside = (but,) if but is not None else ()
    waiting = replace(waiting, skipped=(*waiting.skipped, *aside), aside=aside)
    free = not_at_work(waiting.moment, waiting.person) & may_be_given(actor)
    found = waiting.mine().filter(free).order_by("rank_at", "pk").values_list("pk", flat=True).first()
    if found is not None:
        return found
    if not Case.objects.filter(state__in=VOTING_STATES).exclude(pk__in=aside).exists():
        return None  # without the queries below, most of whose time is the writing of their SQL
    fronts: list[Callable[[], list[Front]]] = [
        lambda: [one.filter(free, assigned_to__isnull=True) for one in waiting.rest()],
        lambda: [one.filter(free) for one in waiting.rest()],
        lambda: [one.filter(free) for one in replace(waiting, wanted=QueueFilter(apart=True)).rest()],
    ]
    if waiting.skipped != aside:
        fronts.append(lambda: [one.filter(free) for one in replace(waiting, skipped=aside, aside=aside).rest()])
    return next((number for rows in fronts for number in front(rows(), 1)), None)


def next_among(rows: Iterable[QueueRow], *, but: int, lighter_only: bool, actor: Actor) -> int | None:
    """The next case among rows already returned by `list_queue`; if none fits, the queue is queried.

    `lighter_only` comes from the actor's exposure (`exposure_of`), which the caller already has.
    """
    severe = load_release().wellness.severe_from
    for row in rows:
        free = (row.mine or not row.holder) and (row.assigned_to_me or not row.assignee)
        given = not lighter_only or row.severity < severe or (row.urgent and row.victim_first)
        if row.case_id != but and free and given:
            return row.case_id
    return next_in_queue(but=but, actor=actor)


def list_own_votes(*, actor: Actor) -> tuple[OwnVote, ...]:
    """The actor's latest votes, newest first, without cases now closed to them.

    Raises NotPermitted for anyone who may not vote.
    """
    person = actor.require(*READERS)
    votes = list(
        Vote.objects.filter(visible_to(actor, path="case__"), person_id=person)
        .select_related("case", "withdrawal")
        .order_by("-cast_at", "-pk")[:VOTES_SHOWN]
    )
    accounts = accounts_voted(votes)
    return tuple(_own(vote, accounts[vote.pk]) for vote in votes)


@takes_case
def own_vote(case: Case, *, actor: Actor) -> OwnVote | None:
    """The actor's vote on the case, or None."""
    if not has_voted(case, actor=actor):
        return None
    vote = Vote.in_force.filter(case=case, person_id=number_of(actor)).select_related("case").first()
    return _own(vote, accounts_voted([vote])[vote.pk]) if vote else None


def _own(vote: Vote, accounts: tuple[JudgedAccount, ...]) -> OwnVote:
    state, withdrawal = CaseState(vote.case.state), getattr(vote, "withdrawal", None)
    withdrawn = withdrawal is not None
    return OwnVote(
        vote.case_id,
        vote.case.reference,
        vote.case.category,
        DecisionKind(vote.kind),
        vote.cast_at,
        STAGES[state],
        state is CaseState.SECOND_VOTE and not withdrawn,
        vote.restrict_days,
        accounts,
        withdrawn,
        Lapse(withdrawal.why) if withdrawal is not None and withdrawal.why else None,
    )
