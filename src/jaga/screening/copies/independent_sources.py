"""An estimate of independent sources in a case: each report is a new source or one heard before.

Reports are processed in order, and none changes the weight of an earlier one. The estimate therefore never falls, a
copy adds nothing, and it never exceeds the number of reports. People behind one network count as one; someone with many
networks and many wordings counts as many.
"""

import re
from collections import deque
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jaga.core.terms.reports import SourceReason
from jaga.screening.copies.likeness import bands, letters_of

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
        keys[SourceReason.SAME_WORDS] = words_of(sender.text)
    return keys


def words_of(text: str) -> tuple[str, ...]:
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
