"""Accounts that share account-linking indicators.

Only the latest of each indicator are read.

So an indicator that everybody shows costs no more than a rare one: a chain letter in a hundred thousand reports must
not make each of them compare all others.

Account-linking indicators whose period is over.

An indicator is stored once for each account, with the report that showed it first. It goes with the last case of the
account that may keep it, whichever report that was.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jaga.cases.models.cases import Case, LinkedAccount
from jaga.cases.reads.decisions import decisions_in_force
from jaga.core.terms.privacy import DataKind, KeyOwner
from jaga.core.terms.reports import IndicatorKind
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.release import load_release
from jaga.privacy.models import ErasedKey, RetentionErasure
from jaga.screening.copies.copies import LIKENESS_ALIKE, letters_of, likeness
from jaga.signals.models import AccountIndicator, LshBand
from jaga.signals.reads.at_a_glance import never_keys
from jaga.store.bulk import ask_prepared


def delete_indicators_of(case: int) -> int:
    """Delete the indicators of the case's accounts that no other case keeps; returns how many rows."""
    accounts = {
        *Case.objects.filter(pk=case).values_list("subject", flat=True),
        *LinkedAccount.objects.filter(case=case).values_list("subject", flat=True),
        *AccountIndicator.objects.filter(report__case=case).values_list("subject", flat=True),
    }
    ours = AccountIndicator.objects.filter(subject__in=accounts - _kept(accounts, but=case))
    return LshBand.objects.filter(indicator__in=ours).delete()[0] + ours.delete()[0]


def detach_indicators_of(reports: Collection[int]) -> None:
    """Before the texts of these reports go: what a case still keeps belongs to the account alone from then on.

    Wording is compared by the texts themselves, so it goes with them.
    """
    ours = AccountIndicator.objects.filter(report__in=reports)
    kept = _kept(set(ours.values_list("subject", flat=True)))
    ours.filter(subject__in=kept).exclude(kind=IndicatorKind.TEXT).update(report=None, start=0, end=0)


def _kept(accounts: Collection[int], *, but: int | None = None) -> set[int]:
    """Those of these accounts with a case whose indicators were not deleted, besides this one and those erased before
    their periods were over.
    """
    gone = RetentionErasure.objects.filter(kind=DataKind.INDICATORS).values("case")
    erased = ErasedKey.objects.filter(kind=KeyOwner.CASE).exclude(rule__in=list(DataKind)).values("number")
    cases = Case.objects.filter(canary=False).exclude(pk__in=gone).exclude(key_number__in=erased)
    if but is not None:
        cases = cases.exclude(pk=but)
    return {
        *cases.filter(subject__in=accounts).values_list("subject", flat=True),
        *LinkedAccount.objects.filter(subject__in=accounts, case__in=cases).values_list("subject", flat=True),
    }


TOO_COMMON = 10
"""Number of accounts without a decision against them from which on a shared indicator means nothing, such as a taxi's
number, a chain letter or a stock picture. Accounts decided against do not count, or somebody who returns often would no
longer be found."""
MOST_TRACES = 200  # latest indicators of one account that are compared
MOST_SHARERS = 200  # latest accounts of one indicator
MOST_MATCHES = 200  # pairs of one account, for equal indicators and for texts
SHARED_BANDS = 3  # of twelve bands, from which on texts are counted as alike

_MINE = (
    "SELECT t.id, t.subject_id, t.kind, t.key FROM unnest(%s::bigint[]) AS s(id) CROSS JOIN LATERAL"
    " (SELECT id, subject_id, kind, key FROM records_accountindicator WHERE subject_id = s.id"
    " ORDER BY id DESC LIMIT %s) t"
)
_MY_BANDS = "SELECT indicator_id, key FROM records_lshband WHERE indicator_id = ANY(%s::bigint[])"
_SHARERS = (
    "SELECT k.key, o.id, o.subject_id FROM unnest(%s::bytea[]) AS k(key) CROSS JOIN LATERAL"
    " (SELECT id, subject_id FROM records_accountindicator t WHERE t.key = k.key ORDER BY id DESC LIMIT %s) o"
)
_BAND_SHARERS = (
    "SELECT k.key, o.indicator_id, t.subject_id FROM unnest(%s::bytea[]) AS k(key) CROSS JOIN LATERAL"
    " (SELECT indicator_id FROM records_lshband b WHERE b.key = k.key ORDER BY id DESC LIMIT %s) o"
    " JOIN records_accountindicator t ON t.id = o.indicator_id"
)
_Shared = Mapping[bytes, Sequence[tuple[int, int]]]
"""By key, who showed it, as (indicator id, account id)."""


class _Mine(NamedTuple):
    """An indicator of an account under comparison."""

    id: int
    subject_id: int
    kind: str
    key: bytes


@dataclass(frozen=True)
class Pair:
    """An indicator of an account under comparison, and an equal or nearly equal one of an account decided against."""

    own: AccountIndicator
    other: AccountIndicator


def pairs_of(subject_ids: Collection[int]) -> dict[int, list[Pair]]:
    """For each account, its pairs with accounts restricted or closed now, without common indicators.

    Takes few queries.
    """
    listed = frozenset(never_keys(load_release()))
    mine = [
        one
        for one in (_Mine(*row) for row in ask_prepared(_MINE, [sorted(set(subject_ids)), MOST_TRACES]))
        if bytes(one.key) not in listed
    ]
    plain = _shared(_SHARERS, {one.key for one in mine if one.kind != IndicatorKind.TEXT})
    bands: dict[int, list[bytes]] = defaultdict(list)
    for indicator_id, key in ask_prepared(_MY_BANDS, [[one.id for one in mine if one.kind == IndicatorKind.TEXT]]):
        bands[indicator_id].append(bytes(key))
    banded = _shared(_BAND_SHARERS, {key for keys in bands.values() for key in keys})
    everybody = {subject for shared in (plain, banded) for rows in shared.values() for _, subject in rows}
    held = set(
        decisions_in_force()
        .filter(subject_id__in=everybody)
        .exclude(case__category__in=UNSOUGHT_CATEGORIES)
        .values_list("subject_id", flat=True)
    )
    if not held:
        return {}
    equal, alike = _read(_equal(mine, plain, held)), _read(_worded_alike(mine, bands, banded, held))
    return {subject: [*equal.get(subject, ()), *alike.get(subject, ())] for subject in equal.keys() | alike.keys()}


def _shared(query: str, keys: Iterable[bytes]) -> _Shared:
    wanted, shared = sorted(keys), defaultdict[bytes, list[tuple[int, int]]](list)
    for key, indicator_id, subject_id in ask_prepared(query, [wanted, MOST_SHARERS]) if wanted else ():
        shared[bytes(key)].append((indicator_id, subject_id))
    return shared


def too_common(rows: Iterable[tuple[int, int]], held: Collection[int]) -> bool:
    """Whether too many accounts without a decision against them showed the indicator."""
    return len({subject for _, subject in rows if subject not in held}) > TOO_COMMON


def _equal(mine: Iterable[_Mine], shared: _Shared, held: Collection[int]) -> list[tuple[int, int, int]]:
    """Tuples of account, own indicator, and equal indicator of a restricted or closed account."""
    meaning = {
        key: [row for row in rows if row[1] in held] for key, rows in shared.items() if not too_common(rows, held)
    }
    return [
        (one.subject_id, one.id, indicator_id)
        for one in mine
        if one.kind != IndicatorKind.TEXT
        for indicator_id, subject_id in meaning.get(one.key, ())
        if subject_id != one.subject_id
    ]


def _worded_alike(
    mine: Iterable[_Mine], bands: Mapping[int, Sequence[bytes]], shared: _Shared, held: Collection[int]
) -> list[tuple[int, int, int]]:
    """Tuples as in `_equal`, for texts that share a band and so may be nearly the same."""
    met = []
    for one in mine:
        if one.id not in bands:
            continue
        rows = Counter(row for key in bands[one.id] for row in shared.get(key, ()))
        if too_common([row for row, number in rows.items() if number >= SHARED_BANDS], held):
            continue
        met += [
            (one.subject_id, one.id, indicator_id)
            for indicator_id, subject_id in rows
            if subject_id in held and subject_id != one.subject_id
        ]
    return met


def _read(found: Sequence[tuple[int, int, int]]) -> dict[int, list[Pair]]:
    by_account: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for subject_id, own, other in sorted(found, key=lambda row: -row[2]):
        if len(by_account[subject_id]) < MOST_MATCHES:
            by_account[subject_id].append((own, other))
    numbers = {number for rows in by_account.values() for row in rows for number in row}
    indicators = AccountIndicator.objects.select_related("report").in_bulk(numbers)
    pairs = {
        subject_id: [
            Pair(indicators[own], indicators[other]) for own, other in rows if own in indicators and other in indicators
        ]
        for subject_id, rows in by_account.items()
    }
    return {subject_id: kept for subject_id, rows in pairs.items() if (kept := [pair for pair in rows if _alike(pair)])}


def _alike(pair: Pair) -> bool:
    """Whether a pair matches: always for equal indicators; for texts by the likeness of their letters."""
    if pair.own.kind != IndicatorKind.TEXT:
        return True
    one, other = pair.own.report, pair.other.report
    return (
        one is not None
        and other is not None
        and likeness(letters_of(one.published), letters_of(other.published)) >= LIKENESS_ALIKE
    )
