"""Fair ordering of urgent cases: networks take turns, and original text comes before copies (ADR 0064).

A flood from one network once hid a call for help behind sixty urgent cases. Now a network's first case ranks like any
other, and each further one waits a turn. The same holds for one text sent from many networks. A report with words of
its own precedes one without. Deadlines and alarms are not affected.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from jaga.casework.kernel.jobs import defer_triage
from jaga.core.cases import UNJUDGED_STATES
from jaga.core.clock import now
from jaga.core.terms.reports import Channel, ReportForm
from jaga.records.codes import source_mark
from jaga.records.models import Case, Report, TurnKey
from jaga.screening.copies.nearness import signature_of
from jaga.screening.engine.priority import MOST_TURNS

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
