"""Who else left a trace. Of each trace only the latest are read, so that one that everybody leaves costs no more than
one that few do: a chain letter in a hundred thousand reports must not make each of them look through all others."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jaga.core.terms import TraceKind
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.bulk import ask_prepared
from jaga.records.models import Trace
from jaga.screening.copies.likeness import ALIKE, letters_of, likeness

TOO_COMMON = 10
"""Accounts without any decision against them from which on a shared trace means nothing: a taxi's number, a chain
letter, a stock picture. Accounts decided against do not count, or whoever comes back often enough would be let off."""
MOST_TRACES = 200  # of one account, the latest, that are compared
MOST_SHARERS = 200  # of one trace, the latest who left it
MOST_MATCHES = 200  # of one account, pairs of equal traces, and pairs of texts
SHARED_BANDS = 3  # of twelve, from which on texts count as alike where only their number is asked

_MINE = ("SELECT t.id, t.subject_id, t.kind, t.key FROM unnest(%s::bigint[]) AS s(id) CROSS JOIN LATERAL"
         " (SELECT id, subject_id, kind, key FROM records_trace WHERE subject_id = s.id ORDER BY id DESC LIMIT %s) t")
_MY_BANDS = "SELECT trace_id, key FROM records_traceband WHERE trace_id = ANY(%s::bigint[])"
_SHARERS = ("SELECT k.key, o.id, o.subject_id FROM unnest(%s::bytea[]) AS k(key) CROSS JOIN LATERAL"
            " (SELECT id, subject_id FROM records_trace t WHERE t.key = k.key ORDER BY id DESC LIMIT %s) o")
_BAND_SHARERS = ("SELECT k.key, o.trace_id, t.subject_id FROM unnest(%s::bytea[]) AS k(key) CROSS JOIN LATERAL"
                 " (SELECT trace_id FROM records_traceband b WHERE b.key = k.key ORDER BY id DESC LIMIT %s) o"
                 " JOIN records_trace t ON t.id = o.trace_id")
_Shared = Mapping[bytes, Sequence[tuple[int, int]]]
"""By key: who left it, as trace and account."""


class _Mine(NamedTuple):
    """A trace of an account that is looked at."""

    id: int
    subject_id: int
    kind: str
    key: bytes


@dataclass(frozen=True)
class Pair:
    """A trace of an account that is looked at, and an equal one, or a text nearly the same, of one decided against."""

    own: Trace
    other: Trace


def pairs_of(subject_ids: Collection[int]) -> dict[int, list[Pair]]:
    """For each of these accounts its pairs with accounts that are held or closed now; what too many share is left out.

    Some few queries, however many accounts there are.
    """
    mine = [_Mine(*row) for row in ask_prepared(_MINE, [sorted(set(subject_ids)), MOST_TRACES])]
    plain = _shared(_SHARERS, {one.key for one in mine if one.kind != TraceKind.TEXT})
    bands: dict[int, list[bytes]] = defaultdict(list)
    for trace_id, key in ask_prepared(_MY_BANDS, [[one.id for one in mine if one.kind == TraceKind.TEXT]]):
        bands[trace_id].append(bytes(key))
    banded = _shared(_BAND_SHARERS, {key for keys in bands.values() for key in keys})
    everybody = {subject for shared in (plain, banded) for rows in shared.values() for _, subject in rows}
    held = set(decisions_in_force().filter(subject_id__in=everybody).exclude(case__category__in=UNSOUGHT_CATEGORIES)
               .values_list("subject_id", flat=True))
    if not held:
        return {}
    equal, alike = _read(_equal(mine, plain, held)), _read(_worded_alike(mine, bands, banded, held))
    return {subject: [*equal.get(subject, ()), *alike.get(subject, ())] for subject in equal.keys() | alike.keys()}


def _shared(query: str, keys: Iterable[bytes]) -> _Shared:
    wanted, shared = sorted(keys), defaultdict[bytes, list[tuple[int, int]]](list)
    for key, trace_id, subject_id in ask_prepared(query, [wanted, MOST_SHARERS]) if wanted else ():
        shared[bytes(key)].append((trace_id, subject_id))
    return shared


def too_common(rows: Iterable[tuple[int, int]], held: Collection[int]) -> bool:
    """Whether too many accounts that nothing was decided against left the trace."""
    return len({subject for _, subject in rows if subject not in held}) > TOO_COMMON


def _equal(mine: Iterable[_Mine], shared: _Shared, held: Collection[int]) -> list[tuple[int, int, int]]:
    """Account, own trace, equal trace of a held one."""
    meaning = {key: [row for row in rows if row[1] in held] for key, rows in shared.items()
               if not too_common(rows, held)}
    return [(one.subject_id, one.id, trace_id) for one in mine if one.kind != TraceKind.TEXT
            for trace_id, subject_id in meaning.get(one.key, ()) if subject_id != one.subject_id]


def _worded_alike(mine: Iterable[_Mine], bands: Mapping[int, Sequence[bytes]], shared: _Shared,
                  held: Collection[int]) -> list[tuple[int, int, int]]:
    """The same for texts that share a band, and so may be nearly the same."""
    met = []
    for one in mine:
        if one.id not in bands:
            continue
        rows = Counter(row for key in bands[one.id] for row in shared.get(key, ()))
        if too_common([row for row, number in rows.items() if number >= SHARED_BANDS], held):
            continue
        met += [(one.subject_id, one.id, trace_id) for trace_id, subject_id in rows
                if subject_id in held and subject_id != one.subject_id]
    return met


def _read(found: Sequence[tuple[int, int, int]]) -> dict[int, list[Pair]]:
    by_account: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for subject_id, own, other in sorted(found, key=lambda row: -row[2]):
        if len(by_account[subject_id]) < MOST_MATCHES:
            by_account[subject_id].append((own, other))
    numbers = {number for rows in by_account.values() for row in rows for number in row}
    traces = {trace.pk: trace for trace in Trace.objects.filter(pk__in=numbers).select_related("report")}
    pairs = {subject_id: [Pair(traces[own], traces[other]) for own, other in rows if own in traces and other in traces]
             for subject_id, rows in by_account.items()}
    return {subject_id: kept for subject_id, rows in pairs.items() if (kept := [pair for pair in rows if _alike(pair)])}


def _alike(pair: Pair) -> bool:
    """Equal traces are; of texts that share a band their letters tell."""
    if pair.own.kind != TraceKind.TEXT:
        return True
    one, other = pair.own.report, pair.other.report
    return (one is not None and other is not None
            and likeness(letters_of(one.published), letters_of(other.published)) >= ALIKE)
