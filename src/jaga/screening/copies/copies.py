"""Near-duplicates among training texts: a template sent a thousand times is one lesson.

Copies on both sides of a train/test split would inflate any score. Candidates are found by their smallest feature
hashes (Broder, On the resemblance of documents, 1997), then compared exactly by the features of `grams`.

Text similarity by the share of common letter groups.

`bands` reduces lookup to a few equality queries: similar texts nearly always share a band (probability 0.95 at
similarity 0.6, 0.99 at 0.7), dissimilar ones hardly ever (0.01 at 0.1). Candidates must be compared with `likeness`,
which is exact. Only letters count, not prices, numbers, spaces, emoji or case.

Whether a text repeats an earlier one word for word, and which words are new.

Unlike in `likeness`, numbers and signs count: an amount, an account number or a police report number makes a second
report worth reading. Case, spaces and punctuation do not count.

An estimate of independent sources in a case: each report is a new source or one heard before.

Reports are processed in order, and none changes the weight of an earlier one. The estimate therefore never falls, a
copy adds nothing, and it never exceeds the number of reports. People behind one network count as one; someone with many
networks and many wordings counts as many.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from struct import Struct

from jaga.core.terms.reports import SourceReason
from jaga.screening.text.normalise import first_spellings

COPIES_ALIKE = 0.5  # Share of common features from which two texts are near-duplicates.
_LEAST = 12  # Hashes per text for finding candidates; similar texts nearly always share at least one.
_COMPARED = 8  # Earlier texts with the same hash that are compared.


def clusters(features: Sequence[Iterable[int]]) -> list[int]:
    """For each text the index of its cluster's first text. Feature order does not matter."""
    kept = [frozenset(slots) for slots in features]
    leader, places = list(range(len(kept))), dict[int, list[int]]()

    def first(text: int) -> int:
        while leader[text] != text:
            leader[text] = leader[leader[text]]
            text = leader[text]
        return text

    for text, slots in enumerate(kept):
        for value in sorted(map(_mixed, slots))[:_LEAST]:
            others = places.setdefault(value, [])
            for other in others:
                one, two = first(text), first(other)
                if one != two and _alike(slots, kept[other]):
                    leader[max(one, two)] = min(one, two)
            if len(others) < _COMPARED:
                others.append(text)
    return [first(text) for text in range(len(kept))]


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    both = len(one & other)
    return both >= COPIES_ALIKE * (len(one) + len(other) - both)


def _mixed(slot: int) -> int:
    """A permutation of the slots, so that no letter is always among the smallest."""
    return (slot * 0x9E3779B1 ^ slot >> 7) * 0x85EBCA6B & 0xFFFFFFFF


LIKENESS_ALIKE = 0.6  # Share of common letter groups from which two texts are near-duplicates.
FEWEST_LETTERS = 40  # A shorter text is a greeting or slogan anyone could write.
LONGEST = 5000  # Characters examined.
_GROUP = 4
_BANDS, _ROWS = 12, 3
_SIGNATURE = Struct(f"<{_BANDS * _ROWS}I")
_SALTS = (b"1", b"2", b"3")


@lru_cache(maxsize=4096)  # adverts are copied, and one text is asked for more than once
def letters_of(text: str) -> str:
    """The text's letters after folding, without digits and repeats, for comparison."""
    letters = "".join(word for word in first_spellings(text[:LONGEST]) if not word.isdigit())
    return re.sub(r"(.)\1+", r"\1", letters, flags=re.DOTALL)


@lru_cache(maxsize=4096)
def bands(letters: str) -> tuple[str, ...]:
    """The bands of the letters from `letters_of`; empty if there are too few."""
    if len(letters) < FEWEST_LETTERS:
        return ()
    least = [min(column) for column in zip(*map(_SIGNATURE.unpack, map(_hashes, _groups(letters))), strict=True)]
    return tuple(":".join(map(str, (band, *least[band * _ROWS : (band + 1) * _ROWS]))) for band in range(_BANDS))


def likeness(letters: str, others: str) -> float:
    """The Jaccard index of the letter groups, 0 to 1. Symmetric; 1 for equal letters, 0 if either has none."""
    one, other = _groups(letters), _groups(others)
    return len(one & other) / len(one | other) if one and other else 0.0


def _groups(letters: str) -> set[str]:
    return {letters[start : start + _GROUP] for start in range(len(letters) - _GROUP + 1)}


@lru_cache(maxsize=1 << 15)  # a language has few groups that are common
def _hashes(group: str) -> bytes:
    """One independent hash per signature position, of 32 bits."""
    data = group.encode("utf-8", "surrogatepass")
    return b"".join(blake2b(data, salt=salt).digest() for salt in _SALTS)[: _SIGNATURE.size]


FEWEST = 40  # Letters, digits and signs; anything shorter is a slogan or cry anyone could write.
_WORD = re.compile(r"\w+|[^\w\s]")


def comparison_form(text: str) -> str:
    """The comparison form: words, numbers and signs, folded, in order. Empty for an empty text."""
    return " ".join(word for _, _, word in _words(text)) or text.strip()


def is_long_enough(text: str) -> bool:
    """Whether a text is long enough that an identical one is a copy rather than a coincidence."""
    return sum(len(word) for _, _, word in _words(text)) >= FEWEST


def words_of_of_repeats(text: str) -> frozenset[str]:
    """The folded words, numbers and signs."""
    return frozenset(word for _, _, word in _words(text))


def new_words(text: str, before: Set[str]) -> tuple[tuple[int, int], ...]:
    """Spans of words in `text` that are not in `before` (from `words_of`), in order; adjacent words form one span."""
    places: list[tuple[int, int]] = []
    last_was_new = False
    for start, end, word in _words(text):
        if is_new := word not in before:
            places[-1:] = [(places[-1][0], end)] if last_was_new else [*places[-1:], (start, end)]
        last_was_new = is_new
    return tuple(places)


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _WORD.finditer(text):
        word = found.group()
        if word[0].isalnum() or word[0] == "_" or unicodedata.category(word[0]).startswith("S"):
            yield found.start(), found.end(), unicodedata.normalize("NFKC", word).casefold()


BURST = timedelta(hours=1)
FREE_IN_BURST = 5
"""New sources per hour that count fully. The n-th beyond them counts 1/(n+1): 10,000 in an hour count about 13."""
FLOOR = 0.2  # Minimum weight of a source with a bad-faith record: less, never zero.
SHARED_BANDS = 3  # Of a text's twelve; from here on its words count as heard before.
WORTH_REMEMBERING = 0.02  # Sources with less weight, deep in a burst, are not kept for comparison.
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class ReportSource:
    """What a report reveals about its source.

    Keys are keyed hashes, or None.

    `whole`: the report of an organisation or of monitoring. Its source is identified by `source` alone and is not
    reduced in a burst.
    """

    source: bytes
    at: datetime
    contact: bytes | None = None
    network: bytes | None = None
    text: str = field(default="", repr=False)
    whole: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class SourceScore:
    """A report's weight from 0 to 1, and why."""

    value: float
    reason: SourceReason


@dataclass
class Room:
    """The state of one case: `keys` (from `keys_of`) and the times of new sources within the last burst."""

    keys: set[str] = field(default_factory=set)
    recent: deque[datetime] = field(default_factory=deque)

    def score(self, sender: ReportSource) -> SourceScore:
        """The weight of the next report. A source that counts is remembered."""
        keys = keys_of(sender)
        reason = _is_known(keys, self.keys)
        score = SourceScore(0.0, reason) if reason is not None else self._new(sender)
        if score.value > WORTH_REMEMBERING:
            self.keys.update(key for kind in keys.values() for key in kind)
        return score

    def _new(self, sender: ReportSource) -> SourceScore:
        weight = min(1.0, max(FLOOR, sender.weight))
        if sender.whole:
            return SourceScore(weight, SourceReason.NEW)
        while self.recent and self.recent[0] <= sender.at - BURST:
            self.recent.popleft()
        self.recent.append(sender.at)
        over = len(self.recent) - FREE_IN_BURST
        share = 1.0 if over <= 0 else 1.0 / (over + 1)
        if over > 0:
            return SourceScore(weight * share, SourceReason.BURST)
        return SourceScore(weight, SourceReason.NEW if weight == 1.0 else SourceReason.BAD_FAITH)


def alone(sender: ReportSource) -> SourceScore:
    """The weight of a first report: equal to `Room.score`, without computing its keys."""
    return Room()._new(sender)


def displayed_count(values: Iterable[float]) -> int:
    """The displayed number of independent sources: the rounded sum, at least one if there is any report."""
    given = list(values)
    return max(1, int(sum(given) + 0.5)) if given else 0


def keys_of(sender: ReportSource) -> dict[SourceReason, tuple[str, ...]]:
    """Keys by which the source of a report can be recognised, by kind."""
    keys: dict[SourceReason, tuple[str, ...]] = {SourceReason.SAME_SENDER: (f"source:{sender.source.hex()}",)}
    if sender.whole:
        return keys
    if sender.contact:
        keys[SourceReason.SAME_SENDER] += (f"contact:{sender.contact.hex()}",)
    if sender.network:
        keys[SourceReason.SAME_NETWORK] = (f"network:{sender.network.hex()}",)
    if sender.text:
        keys[SourceReason.SAME_WORDS] = words_of_of_independent_sources(sender.text)
    return keys


def words_of_of_independent_sources(text: str) -> tuple[str, ...]:
    """The keys of a text: its bands, or its letters if too short for them; empty without letters."""
    letters = letters_of(text)
    found = bands(letters)
    if found:
        return tuple(f"words:{band}" for band in found)
    short = _SPACES.sub("", letters)
    return () if len(short) < 12 else (f"words:{short}",)


def _is_known(keys: dict[SourceReason, tuple[str, ...]], keys_before: Set[str]) -> SourceReason | None:
    for reason, mine in keys.items():
        shared = sum(key in keys_before for key in mine)
        if shared >= (min(SHARED_BANDS, len(mine)) if reason is SourceReason.SAME_WORDS else 1) and shared:
            return reason
    return None
