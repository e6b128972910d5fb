"""Keeps the search index of cases up to date (`store.codes`, `cases.models.cases`).

Fair ordering of urgent cases: networks take turns, and original text comes before copies (ADR 0064).

A flood from one network once hid a call for help behind sixty urgent cases. Now a network's first case ranks like any
other, and each further one waits a turn. The same holds for one text sent from many networks. A report with words of
its own precedes one without. Deadlines and alarms are not affected.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from jaga.cases.models.cases import Case, TurnKey
from jaga.cases.models.reports import Report
from jaga.core.cases import UNJUDGED_STATES
from jaga.core.clock import now
from jaga.core.locators import fold
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import Channel, ReportForm
from jaga.screening.copies.nearness import signature_of
from jaga.screening.engine.priority import MOST_TURNS
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.codes import source_mark, vector
from jaga.store.kernel.jobs import defer_triage
from jaga.store.key_store.store import Owner, is_destroyed, present

FEWEST_WORDS = 3  # fewer words are not counted as original text
_ALIKE = 2  # common keys, of sixteen, from which texts are nearly the same
_MOST_REPORTS = 10  # the first reports of a case are compared
_RECOUNTED = 50  # cases per periodic run
_LETTERS = re.compile(r"[^\W\d_]+")
_WAITING = [state.value for state in UNJUDGED_STATES]
# Earlier urgent cases that wait and share at least this many keys, optionally only those with original text. Counting
# stops at the limit, since turns beyond `MOST_TURNS` make no difference.
_BEFORE = """
SELECT count(*) FROM (
    SELECT t.case_id FROM records_turnkey t JOIN records_case c ON c.id = t.case_id
    WHERE t.key = ANY(%s::bytea[]) AND t.case_id < %s AND (t.own OR NOT %s) AND c.state = ANY(%s)
      AND (c.urgent OR c.victim_first)
    GROUP BY t.case_id HAVING count(DISTINCT t.key) >= %s LIMIT %s) few
"""


@dataclass(frozen=True)
class QueueTurn:
    """How many cases of the same origin precede a case, and whether it has original text."""

    before: int
    own_words: bool


FIRST = QueueTurn(0, True)


def take_turns(cases: Sequence[Case]) -> None:
    """Set `turn`, `own_words` and `apart` of locked cases. Cases that are not urgent have no turn. Idempotent."""
    for case in cases:
        case.turn, case.own_words, case.apart = FIRST.before, FIRST.own_words, False
    pressing = sorted((case for case in cases if case.urgent or case.victim_first), key=lambda case: case.pk)
    if pressing:
        TurnKey.objects.filter(case__in=pressing).delete()
    for case in pressing:
        reports = list(case.reports.filter(withdrawn_at__isnull=True).order_by("pk")[:_MOST_REPORTS])
        if not any(map(_speaks_for_itself, reports)):
            turns = [_turn_of(case, report) for report in reports]
            first = min(turns, key=lambda turn: (turn.before, not turn.own_words), default=FIRST)
            case.turn, case.own_words, case.apart = first.before, first.own_words, case.subject.absent


def recount_turns() -> int:
    """Defer the triage of cases that can move forward, since an earlier one was judged.

    Periodic task; returns how many.
    """
    waiting = Case.objects.filter(state__in=_WAITING, turn__gt=0).order_by("rank_at")[:_RECOUNTED]
    moved = 0
    for case in waiting:
        reports = list(case.reports.filter(withdrawn_at__isnull=True).order_by("pk")[:_MOST_REPORTS])
        if reports and min(_count(case, report).before for report in reports) < case.turn:
            defer_triage(case.pk)
            moved += 1
    return moved


def _speaks_for_itself(report: Report) -> bool:
    """Whether the report comes from an authority, a flagger, our own watch or a platform's report button."""
    return report.organisation_id is not None or report.form == ReportForm.OBSERVATION or report.channel == Channel.APP


def _turn_of(case: Case, report: Report) -> QueueTurn:
    turn = _count(case, report)
    keys = dict.fromkeys((*_texts(report)[:1], *_bands(report)), False) | {_network(report): turn.own_words}
    moment = now()
    TurnKey.objects.bulk_create(TurnKey(case=case, key=key, own=own, at=moment) for key, own in keys.items())
    return turn


def _count(case: Case, report: Report) -> QueueTurn:
    exact, bands = _texts(report), _bands(report)
    copies = max(_before(case, exact, 1), _before(case, bands, _ALIKE))
    own = bool(exact) and not copies
    return QueueTurn(min(MOST_TURNS, max(copies, _before(case, [_network(report)], 1, own=own))), own)


def _before(case: Case, keys: Sequence[bytes], least: int, *, own: bool = False) -> int:
    if not keys:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, [list(keys), case.pk, own, _WAITING, least, MOST_TURNS])
        found: tuple[int] = cursor.fetchone()
    return found[0]


def _network(report: Report) -> bytes:
    return bytes(report.network_key or report.source_key)[:16]


def _texts(report: Report) -> list[bytes]:
    """The key of the report's letters, ignoring numbers between them; empty for too few words."""
    words = _LETTERS.findall(report.all_text.casefold())
    return [source_mark("turn:" + " ".join(words))] if len(words) >= FEWEST_WORDS else []


def _bands(report: Report) -> list[bytes]:
    mark = signature_of(report.all_text)
    keys: Iterable[int] = mark.keys if mark else ()
    return [source_mark(f"turn:{key}") for key in dict.fromkeys(keys)]


READ_AT_ONCE = 500
_FIRST_REPORTS, _MOST_CHARACTERS = 50, 20_000  # Of each case.
_READER_LOCK = 0x6A63617269  # one indexer at a time, so that an older text never replaces a newer one
# With the later changes of the same cases, as far as they are near: a case is inserted with its report, which are two.
# As arrays: PostgreSQL, which last counted the table when it was empty, would compare each row with each other.
_TAKE = """
WITH near AS (SELECT id, number, row_number() OVER (ORDER BY id) AS place FROM records_searchstale ORDER BY id LIMIT %s)
DELETE FROM records_searchstale WHERE id = ANY(ARRAY(
    SELECT id FROM near WHERE number = ANY(ARRAY(SELECT number FROM near WHERE place <= %s)))) RETURNING number"""
_WAITS = "SELECT EXISTS (SELECT FROM records_searchstale)"
_CASES = """
SELECT c.id, c.key_number, c.victim_first,
    ARRAY['=category:' || c.category, '=channel:' || c.channel, '=platform:' || p.name],
    ARRAY[s.account_id, s.handle] || ARRAY(
        SELECT unnest(ARRAY[o.account_id, o.handle]) FROM records_linkedaccount l
        JOIN records_subject o ON o.id = l.subject_id WHERE l.case_id = c.id AND l.withdrawn_at IS NULL),
    ARRAY(SELECT r.id FROM records_report r WHERE r.case_id = c.id AND NOT c.victim_first ORDER BY r.id LIMIT %s)
FROM records_case c JOIN records_subject s ON s.id = c.subject_id JOIN records_platform p ON p.id = s.platform_id
WHERE c.id = ANY(%s)
"""
_WRITE = (
    "INSERT INTO records_searchtext (case_id, words) SELECT number, words::tsvector FROM"
    " unnest(%s::bigint[], %s::text[]) vectors(number, words) ON CONFLICT (case_id) DO UPDATE"
    " SET words = excluded.words WHERE records_searchtext.words <> excluded.words"
)
_REMOVE = "DELETE FROM records_searchtext WHERE case_id = ANY(%s)"


def read_stale(most: int = READ_AT_ONCE) -> int:
    """Index cases of the `most` longest waiting changes again; returns how many changes were processed.

    Returns 0 while another indexer works.
    """
    if ask_prepared(_WAITS, []) == [(False,)]:  # asked twice a second, and mostly nothing waits
        return 0
    return _read_stale(most)


@transaction.atomic
def _read_stale(most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_READER_LOCK])
        if not (cursor.fetchone() or (False,))[0]:
            return 0
        cursor.execute(_TAKE, [4 * most, most])
        taken = [number for (number,) in cursor.fetchall()]
        if taken:
            present()  # Who erases destroys the key, then asks for the case: the file of a moment ago is too old.
            numbers = sorted(set(taken))
            vectors = dict(_vectors(numbers))
            cursor.execute(_WRITE, [as_array(vectors), as_array(vectors.values())])
            cursor.execute(_REMOVE, [[number for number in numbers if number not in vectors]])
    return len(taken)


def read_all_stale() -> int:
    """Index all changed cases, in as many transactions as needed; returns how many changes were processed."""
    read = 0
    while done := read_stale():
        read += done
    return read


@transaction.atomic
def index_all_again() -> int:
    """Let the worker index every case again, as after the key of the index was replaced; returns how many.

    Waiting cases come first, then the newest. Until a case is indexed, it is not found by words or names.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_searchstale (number) SELECT id FROM records_case ORDER BY state <> ALL(%s), id DESC",
            [[state.value for state in UNJUDGED_STATES]],
        )
        return int(cursor.rowcount)


def _vectors(numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The vector of each of these cases, without erased ones. Of a victim-first case it holds neither words nor parts
    of names.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [_FIRST_REPORTS, list(numbers)])
        rows = [row for row in cursor.fetchall() if not is_destroyed(Owner(KeyOwner.CASE, row[1]))]
    wanted = [report for *_, reports in rows for report in reports]
    texts = {
        one.pk: f"{one.text} {one.excerpt} {one.published} {one.place}"
        for one in Report.objects.filter(pk__in=wanted).only("text", "excerpt", "published", "place")
    }
    for number, _, victim_first, terms, names, reports in rows:
        text = " ".join(texts[report] for report in reports)[:_MOST_CHARACTERS]
        named = {fold(name).lstrip("@") for name in names} - {""}
        yield number, vector(fold(text), sorted(named), terms=terms, hide_parts=victim_first)
