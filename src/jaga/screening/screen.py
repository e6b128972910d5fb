"""Screening: what a machine sees in a text, with its reasons. It sorts and explains; it never acts and never judges.

What casework asks for: few texts, and sentences for people. Tables of many go through `engine.screen_table` directly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jaga.core.errors import N_
from jaga.policy.models import LexiconEntry
from jaga.screening.phrases import Finder, Hit

SOURCE = "lexicon"
ALONE = N_("“%(found)s” is on the word list as “%(phrase)s”.")
IN_CONTEXT = N_("“%(found)s” is on the word list as “%(phrase)s”; it counts because “%(context)s” stands there too.")
_LONGEST_QUOTE = 80
Place = tuple[int, int]
"""A half-open span of code points in the text as it came in."""


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

    @property
    def places(self) -> list[Place]:
        """All that it speaks of; `params["places"]` holds several, as `4-11 30-35`."""
        several = self.params.get("places", f"{self.start}-{self.end}")
        return [(int(start), int(end)) for start, end in (one.split("-") for one in several.split())]


@dataclass(frozen=True)
class Screened:
    """All signals of one text. `score` is 0 to 1; `victim_first` asks people to take the victim-first way."""

    signals: tuple[Signal, ...]
    score: float
    victim_first: bool


def screen(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """Screen each text against the lexicon of the policy release `version`; one result for each, in the same order.

    Any string is taken: NULs, lone surrogates, any length, in time linear in it. Each entry gives at most one signal a
    text, at its first place. Goes through the engine, whose libraries are loaded with the first call.
    """
    from jaga.screening.spoken import engine_of, spoken  # here: a web process, which never screens, does without

    return spoken(texts, engine_of(tuple(lexicon), version))


def reference(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """What `screen` returns, by its readable definition: slow, for tests and readers."""
    finder = Finder(phrase for entry in lexicon for phrase in (entry.phrase, *entry.needs, *entry.exceptions))
    return [_screen_one(text, lexicon, finder, version) for text in texts]


def combined(signals: Iterable[tuple[Signal, bool]]) -> Screened:
    """All signals of one text by place; each with whether it asks for the victim-first way.

    Each is a voice, and counts if one of its places is its own: words of a rule are no second voice beside it, unless
    the word list is surer of them. Of two that are as strong in the same place the one given first has it.
    """
    given = list(signals)
    found = [signal for signal, _ in given]
    doubt = 1.0
    for one, signal in sorted(enumerate(found), key=lambda pair: (pair[1].start, pair[1].end)):
        if not all(_is_covered(place, one, found) for place in signal.places):
            doubt *= 1.0 - signal.weight
    found.sort(key=lambda signal: (signal.start, signal.end, signal.category))
    return Screened(tuple(found), 1.0 - doubt, any(urgent for _, urgent in given))


def _is_covered(place: Place, one: int, found: Sequence[Signal]) -> bool:
    """Whether a stronger signal of the same category speaks of these words too."""
    start, end = place
    return any(
        other.category == found[one].category and first <= start and end <= last
        and (other.weight, last - first, -index) > (found[one].weight, end - start, -one)
        for index, other in enumerate(found) if index != one for first, last in other.places)


def said(entry: LexiconEntry, text: str, found: Place, context: Place | None) -> tuple[str, dict[str, str]]:
    """The sentence for an entry that was found there, as a msgid and what fills it."""
    params = {"found": quote(text, *found), "phrase": entry.phrase,
              "reason_id": entry.reason.id, "reason_en": entry.reason.en}
    if context is None:
        return ALONE, params
    return IN_CONTEXT, params | {"context": quote(text, *context)}


def _screen_one(text: str, lexicon: Sequence[LexiconEntry], finder: Finder, version: str) -> Screened:
    places: dict[str, Hit] = {}
    for hit in finder.find(text):
        places.setdefault(hit.phrase, hit)
    counted = [(entry, signal) for entry in lexicon for signal in _signal(text, entry, places, version)]
    return combined((signal, entry.branch == "victim_first") for place, (entry, signal) in enumerate(counted)
                    if not _is_said_already(place, counted))


def _signal(text: str, entry: LexiconEntry, places: Mapping[str, Hit], version: str) -> Iterable[Signal]:
    hit = places.get(entry.phrase)
    if not hit or any(exception in places for exception in entry.exceptions):
        return
    context = next((places[need] for need in entry.needs if need in places), None)
    if entry.needs and context is None:
        return
    msgid, params = said(entry, text, (hit.start, hit.end), (context.start, context.end) if context else None)
    yield Signal(SOURCE, version, entry.category, entry.weight, msgid, hit.start, hit.end, params)


def _is_said_already(place: int, counted: Sequence[tuple[LexiconEntry, Signal]]) -> bool:
    """Whether another entry says it better: "bo" within "open bo", or "openbo" listed beside it, is no second voice."""
    signal = counted[place][1]

    def strength(index: int, other: Signal) -> tuple[float, int, int]:
        return other.weight, other.end - other.start, -index

    return any(other.start <= signal.start and signal.end <= other.end and other.category == signal.category
               and strength(index, other) > strength(place, signal)
               for index, (_, other) in enumerate(counted) if index != place)


def quote(text: str, start: int, end: int) -> str:
    """The words as they stand in the text, shortened, in characters that can be stored and shown."""
    found = text[start:min(end, start + _LONGEST_QUOTE)]
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in found)
