"""Signals as arrays: the stages' findings in one block, ordered and aggregated."""

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.base.utf8 import read
from jaga.screening.text.block import TextBlock


class Kind(NamedTuple):
    """What all findings of one entry, rule or model share. `key` identifies it within its source.

    The findings of a `tentative` kind count only where the false-alarm filter confirms them.
    """

    source: str
    version: str
    category: str
    key: str
    victim_first: bool = False
    tentative: bool = False


class Findings(NamedTuple):
    """Signals of one stage in one block, in any order.

    All arrays have the same length. Offsets are half-open byte positions in `folded` relative to the text; a finding
    about the whole text spans all of it.
    """

    row: npt.NDArray[np.int32]
    kind: npt.NDArray[np.int32]
    """Index into the stage's `kinds`."""
    weight: npt.NDArray[np.float64]
    """0 to 1."""
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]


_NONE = np.empty(0, np.int32)
NOTHING = Findings(_NONE, _NONE, np.empty(0, np.float64), _NONE, _NONE)


class Summary(NamedTuple):
    """One value per text; `first` has one more."""

    first: npt.NDArray[np.int32]
    """Where each text's signals start in the ordered findings."""
    score: npt.NDArray[np.float64]
    """1 minus the product of (1 - weight): each further kind raises it, and it stays below 1. See `summed`."""
    strongest: npt.NDArray[np.int32]
    """Index of the first ordered finding with the greatest weight; -1 if there is none."""
    victim_first: npt.NDArray[np.bool_]


def joined(parts: Sequence[Findings], sizes: Sequence[int]) -> Findings:
    """The findings of several stages as one; `sizes` is each stage's number of kinds, by which the next one's are
    shifted.
    """
    if not parts:
        return NOTHING
    if len(parts) == 1:
        return parts[0]
    shifts = np.cumsum([0, *sizes[:-1]])
    kinds = [part.kind + np.int32(shift) for part, shift in zip(parts, shifts, strict=True)]
    return Findings(
        np.concatenate([part.row for part in parts]),
        np.concatenate(kinds),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
    )


def chosen(found: Findings, mask: npt.NDArray[np.bool_]) -> Findings:
    """Those findings for which `mask` is true."""
    return Findings(found.row[mask], found.kind[mask], found.weight[mask], found.start[mask], found.end[mask])


def ordered(found: Findings, texts: int) -> tuple[Findings, npt.NDArray[np.int32]]:
    """The findings by text, place and kind, and n + 1 offsets of each text's first one."""
    first, order = order_of(found.row, found.start, found.end, found.kind, texts)
    return Findings(*(part[order] for part in found)), first


@numba.njit(cache=True)
def order_of(row, start, end, kind, texts):  # type: ignore[no-untyped-def]
    """The order by text, start, end and kind: n + 1 offsets of each text's first one, and indices."""
    first = np.zeros(texts + 1, np.int32)
    for one in row:
        first[one + 1] += 1
    for text in range(texts):
        first[text + 1] += first[text]
    order = np.empty(row.size, np.int64)
    filled = first[:-1].copy()
    for one in range(row.size):
        text = row[one]
        place = filled[text]
        filled[text] += 1
        while place > first[text]:
            before = order[place - 1]
            if (start[before], end[before], kind[before]) <= (start[one], end[one], kind[one]):
                break
            order[place] = before
            place -= 1
        order[place] = one
    return first, order


def summed(
    found: Findings,
    first: npt.NDArray[np.int32],
    block: TextBlock,
    category: npt.NDArray[np.int32],
    urgent: npt.NDArray[np.bool_],
) -> Summary:
    """Aggregate each text's findings.

    `found` is ordered; `category` and `urgent` (victim-first) are per kind.

    A kind counts once, however many places it has, and only if at least one place is its own, i.e. not covered by a
    stronger kind of the same category. `screen.combined` is the readable definition.
    """
    return Summary(
        first,
        *_sum(
            found.row,
            found.kind,
            found.weight,
            found.start,
            found.end,
            first,
            block.folds,
            block.origin,
            category,
            urgent,
        ),
    )


@numba.njit(cache=True)
def _sum(row, kind, weight, start, end, first, folds, origin, category, urgent):  # type: ignore[no-untyped-def]
    texts = first.size - 1
    score = np.zeros(texts, np.float64)
    strongest = np.full(texts, -1, np.int32)
    victim_first = np.zeros(texts, np.bool_)
    counted = np.zeros(kind.size, np.bool_)
    for text in range(texts):
        doubt = 1.0
        for one in range(first[text], first[text + 1]):
            if strongest[text] < 0 or weight[one] > weight[strongest[text]]:
                strongest[text] = one
            victim_first[text] |= urgent[kind[one]]
            if _counts(
                one, first[text], first[text + 1], folds[text], kind, weight, start, end, origin, category, counted
            ):
                counted[one] = True
                doubt *= 1.0 - weight[one]
        score[text] = 1.0 - doubt
    return score, strongest, victim_first


@numba.njit(cache=True)
def _counts(one, begin, beyond, fold, kind, weight, start, end, origin, category, counted):  # type: ignore[no-untyped-def]
    """Whether this is the kind's first place of its own."""
    starts, ends = origin[fold + start[one]], origin[fold + max(end[one], 1) - 1]
    for other in range(begin, beyond):
        if kind[other] == kind[one]:
            if counted[other]:
                return False
            continue
        if category[kind[other]] != category[kind[one]]:
            continue
        first, last = origin[fold + start[other]], origin[fold + max(end[other], 1) - 1]
        if (
            first <= starts
            and ends <= last
            and ((weight[other], last - first, -kind[other]) > (weight[one], ends - starts, -kind[one]))
        ):
            return False
    return True


def in_code_points(found: Findings, block: TextBlock) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The findings' spans in the original texts, in code points; an invalid UTF-8 byte counts as one."""
    start, end = _points(found.row, found.start, found.end, block.source, block.starts, block.folds, block.origin)
    return start, end


@numba.njit(cache=True)
def _points(row, start, end, source, starts, folds, origin):  # type: ignore[no-untyped-def]
    firsts, lasts = np.empty(row.size, np.int32), np.empty(row.size, np.int32)
    text, at, points = -1, 0, 0
    for one in range(row.size):
        if row[one] != text:  # The findings are ordered, so each text is walked once.
            text, at, points = row[one], 0, 0
        begin, stop, fold = starts[text], starts[text + 1], folds[text]
        to = origin[fold + start[one]]
        while at < to:
            at += read(source, begin + at, stop)[1]
            points += 1
        firsts[one] = points
        beyond, last = at, points
        to = origin[fold + max(end[one], 1) - 1]
        while beyond <= to and begin + beyond < stop:
            beyond += read(source, begin + beyond, stop)[1]
            last += 1
        lasts[one] = last
    return firsts, lasts
