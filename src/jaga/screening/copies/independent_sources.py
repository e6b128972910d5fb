"""How many people speak in a case: each report is a voice of its own, or one that was heard before.

Reports are taken in the order in which they came, and none changes what an earlier one counted for. So the estimate
never falls when one more report comes, a copy adds nothing, and it is never more than the number of reports. It is an
estimate: people behind one network are taken for one, and whoever has many networks and many words for many.
"""

import re
from collections import deque
from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jaga.core.terms import VoiceReason
from jaga.screening.copies.likeness import bands, letters_of

BURST = timedelta(hours=1)
FREE_IN_BURST = 5
"""New voices an hour that count whole. The n-th beyond them counts 1/(n+1): ten thousand in an hour about 13."""
FLOOR = 0.2  # what a voice with a record of bad faith counts for at the least: less, never nothing
SHARED_BANDS = 3  # of the twelve of a text, from which on its words are taken for words heard before
WORTH_REMEMBERING = 0.02  # what counts for less, deep in a burst, is not kept to be compared with
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Heard:
    """One report, as far as it tells who speaks. Keys are keyed hashes; None where there is nothing to compare.

    `whole`: an organisation's or a watch's report. It is one voice by its `source` alone, and no burst makes it less.
    """

    source: bytes
    at: datetime
    contact: bytes | None = None
    network: bytes | None = None
    text: str = field(default="", repr=False)
    whole: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class Voice:
    """What a report counts for, 0 to 1, and why."""

    value: float
    reason: VoiceReason


@dataclass
class Room:
    """What was heard in one case so far: `keys` (of `keys_of`) and the moments of new voices within the last burst."""

    keys: set[str] = field(default_factory=set)
    recent: deque[datetime] = field(default_factory=deque)

    def hear(self, heard: Heard) -> Voice:
        """What the next report counts for. A voice that counts is remembered."""
        keys = keys_of(heard)
        known = _known(keys, self.keys)
        voice = Voice(0.0, known) if known is not None else self._new(heard)
        if voice.value > WORTH_REMEMBERING:
            self.keys.update(key for kind in keys.values() for key in kind)
        return voice

    def _new(self, heard: Heard) -> Voice:
        weight = min(1.0, max(FLOOR, heard.weight))
        if heard.whole:
            return Voice(weight, VoiceReason.NEW)
        while self.recent and self.recent[0] <= heard.at - BURST:
            self.recent.popleft()
        self.recent.append(heard.at)
        over = len(self.recent) - FREE_IN_BURST
        share = 1.0 if over <= 0 else 1.0 / (over + 1)
        if over > 0:
            return Voice(weight * share, VoiceReason.BURST)
        return Voice(weight, VoiceReason.NEW if weight == 1.0 else VoiceReason.BAD_FAITH)


def alone(heard: Heard) -> Voice:
    """What a report counts for where nobody spoke before: as `Room.hear` says it, without the work of its keys."""
    return Room()._new(heard)


def about(values: Iterable[float]) -> int:
    """The independent sources to be told: the sum, rounded, and at least one where anybody reported."""
    given = list(values)
    return max(1, int(sum(given) + 0.5)) if given else 0


def keys_of(heard: Heard) -> dict[VoiceReason, tuple[str, ...]]:
    """By what a report can be recognised as a voice that was heard before, by kind."""
    keys: dict[VoiceReason, tuple[str, ...]] = {VoiceReason.SAME_SENDER: (f"source:{heard.source.hex()}",)}
    if heard.whole:
        return keys
    if heard.contact:
        keys[VoiceReason.SAME_SENDER] += (f"contact:{heard.contact.hex()}",)
    if heard.network:
        keys[VoiceReason.SAME_NETWORK] = (f"network:{heard.network.hex()}",)
    if heard.text:
        keys[VoiceReason.SAME_WORDS] = words_of(heard.text)
    return keys


def words_of(text: str) -> tuple[str, ...]:
    """The keys of a text: its bands, or where it is too short for them its letters. Empty for no letters at all."""
    letters = letters_of(text)
    found = bands(letters)
    if found:
        return tuple(f"words:{band}" for band in found)
    short = _SPACES.sub("", letters)
    return () if len(short) < 12 else (f"words:{short}",)


def _known(keys: dict[VoiceReason, tuple[str, ...]], heard: Set[str]) -> VoiceReason | None:
    for reason, mine in keys.items():
        shared = sum(key in heard for key in mine)
        if shared >= (min(SHARED_BANDS, len(mine)) if reason is VoiceReason.SAME_WORDS else 1) and shared:
            return reason
    return None
