"""Screening: what a machine sees in a text, with its reasons. It sorts and explains; it never acts and never judges.

What casework asks for: few texts, and sentences for people. Tables of many go through `engine.screen_table` directly.
"""

from collections.abc import Iterable, Mapping, Sequence

from jaga.policy.models import LexiconEntry
from jaga.screening.phrases.phrases import LexiconFinder, PhraseHit
from jaga.screening.text.signals import SOURCE, Screened, TextSignal, combined, said


def screen(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """Screen each text against the lexicon of the policy release `version`; one result for each, in the same order.

    Any string is taken: NULs, lone surrogates, any length, in time linear in it. Each entry gives at most one signal a
    text, at its first place. Goes through the engine, whose libraries are loaded with the first call.
    """
    from jaga.screening.engine.spoken import engine_of, spoken  # here: a web process, which never screens, does without

    return spoken(texts, engine_of(tuple(lexicon), version))


def reference(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """What `screen` returns, by its readable definition: slow, for tests and readers."""
    finder = LexiconFinder(phrase for entry in lexicon for phrase in (entry.phrase, *entry.needs, *entry.exceptions))
    return [_screen_one(text, lexicon, finder, version) for text in texts]


def _screen_one(text: str, lexicon: Sequence[LexiconEntry], finder: LexiconFinder, version: str) -> Screened:
    places: dict[str, PhraseHit] = {}
    for hit in finder.find(text):
        places.setdefault(hit.phrase, hit)
    counted = [(entry, signal) for entry in lexicon for signal in _signal(text, entry, places, version)]
    return combined((signal, entry.branch == "victim_first") for place, (entry, signal) in enumerate(counted)
                    if not _is_said_already(place, counted))


def _signal(text: str, entry: LexiconEntry, places: Mapping[str, PhraseHit], version: str) -> Iterable[TextSignal]:
    hit = places.get(entry.phrase)
    if not hit or any(exception in places for exception in entry.exceptions):
        return
    context = next((places[need] for need in entry.needs if need in places), None)
    if entry.needs and context is None:
        return
    msgid, params = said(entry, text, (hit.start, hit.end), (context.start, context.end) if context else None)
    yield TextSignal(SOURCE, version, entry.category, entry.weight, msgid, hit.start, hit.end, params)


def _is_said_already(place: int, counted: Sequence[tuple[LexiconEntry, TextSignal]]) -> bool:
    """Whether another entry says it better: "bo" within "open bo", or "openbo" listed beside it, is no second voice."""
    signal = counted[place][1]

    def strength(index: int, other: TextSignal) -> tuple[float, int, int]:
        return other.weight, other.end - other.start, -index

    return any(other.start <= signal.start and signal.end <= other.end and other.category == signal.category
               and strength(index, other) > strength(place, signal)
               for index, (_, other) in enumerate(counted) if index != place)
