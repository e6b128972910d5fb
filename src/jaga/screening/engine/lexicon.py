"""The lexicon stage: which found phrases count, and their explanation.

An entry counts if its phrase occurs, none of its exceptions does, and, if it has needs, one of these does. It gives one
signal per text, at its first place. A stronger entry of the same category at the same place replaces it.
`screen.reference` is the readable definition.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from jaga.policy.models import LexiconEntry
from jaga.screening.engine.engine import StageInput
from jaga.screening.phrases.matching import PhraseFinder
from jaga.screening.text.findings import Findings, Kind, in_code_points
from jaga.screening.text.fold import fold_texts
from jaga.screening.text.signals import SOURCE, Place, entry_sentence


class _Lists(NamedTuple):
    """A list of numbers per item: that of item `i` is `listed[first[i]:first[i + 1]]`."""

    first: npt.NDArray[np.int32]
    listed: npt.NDArray[np.int32]

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> "_Lists":
        return cls(
            np.cumsum([0, *map(len, lists)]).astype(np.int32),
            np.array([one for listed in lists for one in listed], np.int32),
        )


class Lexicon:
    """The entries of one policy release.

    Immutable and thread-safe. `phrases` finds what it needs and what `others` ask for: `written`, by their indices.
    With `keep` its tables are cached for the next start.
    """

    def __init__(
        self, entries: Sequence[LexiconEntry], version: str, others: Sequence[str] = (), *, keep: bool = False
    ) -> None:
        self._entries = tuple(entries)
        self.kinds = tuple(
            Kind(SOURCE, version, entry.category, entry.phrase, entry.branch == "victim_first") for entry in entries
        )
        own = (phrase for entry in entries for phrase in (entry.phrase, *entry.needs, *entry.exceptions))
        self.written = tuple(dict.fromkeys([*own, *others]))
        self.phrases = PhraseFinder(self.written, keep=keep)
        key = {phrase: number for number, phrase in enumerate(self.written)}
        entries_of: list[list[int]] = [[] for _ in key]
        for number, entry in enumerate(entries):
            entries_of[key[entry.phrase]].append(number)
        self._entries_of = _Lists.of(entries_of)
        self._needs = _Lists.of([[key[phrase] for phrase in entry.needs] for entry in entries])
        self._exceptions = _Lists.of([[key[phrase] for phrase in entry.exceptions] for entry in entries])
        self._category = np.unique([entry.category for entry in entries], return_inverse=True)[1].astype(np.int32)
        self._weight = np.array([entry.weight for entry in entries], np.float64)
        # Asked once for each finding of a text: without this, a text with every phrase would be searched that often.
        self._first_places = lru_cache(maxsize=1)(self._find_first_places)

    def signals(self, given: StageInput) -> Findings:
        """Ordered by text; within a text in no particular order."""
        row, entry, start, end = _counted(
            *given.phrases,
            given.block.folds,
            given.block.origin,
            self._entries_of,
            self._needs,
            self._exceptions,
            self._category,
            self._weight,
        )
        return Findings(row, entry, self._weight[entry], start, end)

    def sentence(self, kind: int, text: str, places: Sequence[Place]) -> tuple[str, Mapping[str, str]]:
        """The explanation of that entry at those places, as a msgid and its params."""
        entry, (place,) = self._entries[kind], places
        first_places = self._first_places(text) if entry.needs else {}
        context = next((first_places[need] for need in entry.needs if need in first_places), None)
        return entry_sentence(entry, text, place, context)

    def _find_first_places(self, text: str) -> dict[str, Place]:
        """Each phrase that occurs in a text, with its first place in code points."""
        block, _ = fold_texts([text])
        row, key, start, end = self.phrases.find(block)
        spans = zip(*in_code_points(Findings(row, key, np.zeros(len(row)), start, end), block), strict=True)
        found = sorted((int(begin), -int(beyond), int(one)) for one, (begin, beyond) in zip(key, spans, strict=True))
        places: dict[str, Place] = {}
        for begin, beyond, one in found:
            places.setdefault(self.written[one], (begin, -beyond))
        return places


@numba.njit(cache=True)
def _counted(  # type: ignore[no-untyped-def]
    row,
    key,
    start,
    end,
    folds,
    origin,
    entries_of,
    needs,
    exceptions,
    category,
    weight,
):
    """The signals: text, entry, start and end. Hits arrive text by text."""
    phrases = entries_of.first.size - 1
    stands_in, place = np.full(phrases, -1, np.int32), np.zeros(phrases, np.int32)
    signals, found = np.empty((4, 64), np.int32), np.int64(0)
    hit = np.int64(0)
    while hit < row.size:
        beyond = hit
        while beyond < row.size and row[beyond] == row[hit]:
            _note_first_place(key[beyond], beyond, row, start, end, folds, origin, stands_in, place)
            beyond += 1
        counted = found
        for one in range(hit, beyond):
            if place[key[one]] != one:
                continue
            for entry in entries_of.listed[entries_of.first[key[one]] : entries_of.first[key[one] + 1]]:
                if _occurs(exceptions, entry, row[one], stands_in):
                    continue
                if needs.first[entry] < needs.first[entry + 1] and not _occurs(needs, entry, row[one], stands_in):
                    continue
                if found == signals.shape[1]:
                    signals = np.concatenate((signals, np.empty_like(signals)), axis=1)
                signals[:, found] = row[one], entry, start[one], end[one]
                found += 1
        found = _uncovered(signals, counted, found, folds, origin, category, weight)
        hit = beyond
    return signals[0, :found], signals[1, :found], signals[2, :found], signals[3, :found]


@numba.njit(cache=True)
def _note_first_place(phrase, hit, row, start, end, folds, origin, stands_in, place):  # type: ignore[no-untyped-def]
    """Of two hits starting at the same character the longer one is first."""
    if stands_in[phrase] == row[hit]:
        fold, other = folds[row[hit]], place[phrase]
        if (
            origin[fold + start[other]] < origin[fold + start[hit]]
            or origin[fold + end[other] - 1] >= origin[fold + end[hit] - 1]
        ):
            return
    stands_in[phrase], place[phrase] = row[hit], hit


@numba.njit(cache=True)
def _occurs(lists, entry, text, stands_in):  # type: ignore[no-untyped-def]
    """Whether one of the entry's listed phrases occurs in the text."""
    for phrase in lists.listed[lists.first[entry] : lists.first[entry + 1]]:  # noqa: SIM110 - numba knows no any()
        if stands_in[phrase] == text:
            return True
    return False


@numba.njit(cache=True)
def _uncovered(signals, first, beyond, folds, origin, category, weight):  # type: ignore[no-untyped-def]
    """Keep those of one text's signals that no stronger one of the same category covers; returns the new end."""
    silent = np.zeros(beyond - first, np.bool_)
    for one in range(first, beyond):
        row, entry, start, end = signals[:, one]
        begins, ends = origin[folds[row] + start], origin[folds[row] + end - 1]
        for other in range(first, beyond):
            _, rival, start, end = signals[:, other]
            start, end = origin[folds[row] + start], origin[folds[row] + end - 1]
            if other == one or category[rival] != category[entry] or start > begins or end < ends:
                continue
            wider = start < begins or end > ends
            if weight[rival] > weight[entry] or (weight[rival] == weight[entry] and (wider or rival < entry)):
                silent[one - first] = True
                break
    kept = first
    for one in range(first, beyond):
        if not silent[one - first]:
            signals[:, kept] = signals[:, one]
            kept += 1
    return kept
