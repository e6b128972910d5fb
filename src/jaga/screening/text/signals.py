"""A screening finding in a text with its explaining sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jaga.core.errors import N_
from jaga.policy.models import LexiconEntry

SOURCE = "lexicon"
ALONE = N_("“%(found)s” is on the word list as “%(phrase)s”.")
IN_CONTEXT = N_("“%(found)s” is on the word list as “%(phrase)s”; it counts because “%(context)s” occurs there too.")
_LONGEST_QUOTE = 80
Place = tuple[int, int]
"""A half-open span of code points in the original text."""


@dataclass(frozen=True)
class TextSignal:
    """One finding.

    `start` and `end` count code points in the original text; `weight` is 0 to 1.

    `msgid` with `params` is the explanation. `params` also holds the lexicon's own reason as `reason_id` and
    `reason_en`, and only text a database can store (no NUL, no lone surrogate).
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
        """All its places; several are stored in `params["places"]` as `4-11 30-35`."""
        several = self.params.get("places", f"{self.start}-{self.end}")
        return [(int(start), int(end)) for start, end in (one.split("-") for one in several.split())]


@dataclass(frozen=True)
class Screened:
    """All signals of one text.

    `score` is 0 to 1; `victim_first` proposes the victim-first procedure; `filtered` says that the false-alarm filter
    lowered the score.
    """

    signals: tuple[TextSignal, ...]
    score: float
    victim_first: bool
    filtered: bool = False


def combined(signals: Iterable[tuple[TextSignal, bool]]) -> Screened:
    """The signals of one text by place; each is given with whether it proposes the victim-first procedure.

    A signal counts if one of its places is its own: words of a rule do not count again unless the lexicon's weight is
    higher. Of two equal ones at one place the first given counts.
    """
    given = list(signals)
    found = [signal for signal, _ in given]
    doubt = 1.0
    for one, signal in sorted(enumerate(found), key=lambda pair: (pair[1].start, pair[1].end)):
        if not all(_is_covered(place, one, found) for place in signal.places):
            doubt *= 1.0 - signal.weight
    found.sort(key=lambda signal: (signal.start, signal.end, signal.category))
    return Screened(tuple(found), 1.0 - doubt, any(urgent for _, urgent in given))


def _is_covered(place: Place, one: int, found: Sequence[TextSignal]) -> bool:
    """Whether a stronger signal of the same category covers this place, too."""
    start, end = place
    return any(
        other.category == found[one].category
        and first <= start
        and end <= last
        and (other.weight, last - first, -index) > (found[one].weight, end - start, -one)
        for index, other in enumerate(found)
        if index != one
        for first, last in other.places
    )


def entry_sentence(entry: LexiconEntry, text: str, found: Place, context: Place | None) -> tuple[str, dict[str, str]]:
    """The sentence for an entry found there, as a msgid and its params."""
    params = {
        "found": quote(text, *found),
        "phrase": entry.phrase,
        "reason_id": entry.reason.id,
        "reason_en": entry.reason.en,
    }
    if context is None:
        return ALONE, params
    return IN_CONTEXT, params | {"context": quote(text, *context)}


def quote(text: str, start: int, end: int) -> str:
    """The words as in the text, shortened, in characters that can be stored and shown."""
    found = text[start : min(end, start + _LONGEST_QUOTE)]
    return "".join("\ufffd" if char == "\0" or "\ud800" <= char <= "\udfff" else char for char in found)
