"""Screening: what a machine sees in a text, with its reasons. It sorts and explains; it never acts and never judges.

This is the first, simple engine. The columnar one keeps these names and values and takes tables instead of lists.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy.models import LexiconEntry
from jaga.screening.phrases import Finder, Hit

SOURCE = "lexicon"
ALONE = N_("“%(found)s” is on the word list as “%(phrase)s”.")
IN_CONTEXT = N_("“%(found)s” is on the word list as “%(phrase)s”; it counts because “%(context)s” stands there too.")
_LONGEST_QUOTE = 80


@dataclass(frozen=True)
class Signal:
    """One finding. `start` and `end` count code points in the text as it came in; `weight` is 0 to 1.

    `msgid` with `params` is the sentence that explains it. `params` also holds the lexicon's own reason, as `reason_id`
    and `reason_en`, and only text that a database can store (no NUL, no lone surrogate).
    """

    source: str
    version: str
    category: str
    weight: float
    msgid: str
    start: int
    end: int
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Screened:
    """All signals of one text. `score` is 0 to 1; `victim_first` asks people to take the victim-first way."""

    signals: tuple[Signal, ...]
    score: float
    victim_first: bool


def screen(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """Screen each text against the lexicon of the policy release `version`; one result for each, in the same order.

    Any string is taken: NULs, lone surrogates, any length, in time linear in it. Each entry gives at most one signal a
    text, at its first place.
    """
    entries = tuple(lexicon)
    finder = _finder(entries)
    return [_screen_one(text, entries, finder, version) for text in texts]


@lru_cache(maxsize=8)
def _finder(entries: tuple[LexiconEntry, ...]) -> Finder:
    return Finder(phrase for entry in entries for phrase in (entry.phrase, *entry.needs, *entry.exceptions))


def _screen_one(text: str, entries: tuple[LexiconEntry, ...], finder: Finder, version: str) -> Screened:
    places: dict[str, list[Hit]] = {}
    for hit in finder.find(text):
        places.setdefault(hit.phrase, []).append(hit)
    counted = [(entry, signal) for entry in entries for signal in _signal(text, entry, places, version)]
    counted = [pair for place, pair in enumerate(counted) if not _is_said_already(place, counted)]
    doubt = 1.0
    for _, signal in counted:
        doubt *= 1.0 - signal.weight
    signals = sorted((signal for _, signal in counted), key=lambda signal: (signal.start, signal.end, signal.category))
    return Screened(tuple(signals), 1.0 - doubt, any(entry.branch == "victim_first" for entry, _ in counted))


def _signal(text: str, entry: LexiconEntry, places: Mapping[str, list[Hit]], version: str) -> Iterable[Signal]:
    hits = places.get(entry.phrase)
    if not hits or any(exception in places for exception in entry.exceptions):
        return
    context = next((places[need][0] for need in entry.needs if need in places), None)
    if entry.needs and context is None:
        return
    params = {"found": quote(text, hits[0]), "phrase": entry.phrase,
              "reason_id": entry.reason.id, "reason_en": entry.reason.en}
    if context is not None:
        params["context"] = quote(text, context)
    yield Signal(SOURCE, version, entry.category, entry.weight, IN_CONTEXT if context else ALONE,
                 hits[0].start, hits[0].end, params)


def _is_said_already(place: int, counted: Sequence[tuple[LexiconEntry, Signal]]) -> bool:
    """Whether another entry says it better: "bo" within "open bo", or "openbo" listed beside it, is no second voice."""
    signal = counted[place][1]

    def strength(index: int, other: Signal) -> tuple[float, int, int]:
        return other.weight, other.end - other.start, -index

    return any(other.start <= signal.start and signal.end <= other.end and other.category == signal.category
               and strength(index, other) > strength(place, signal)
               for index, (_, other) in enumerate(counted) if index != place)


def quote(text: str, hit: Hit) -> str:
    """The words as they stand in the text, shortened, in characters that can be stored and shown."""
    found = text[hit.start:min(hit.end, hit.start + _LONGEST_QUOTE)]
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in found)
