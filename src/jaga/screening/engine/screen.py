"""Screening of a few texts with explanations for people.

It ranks and explains, never acts or judges.

For tables of many texts use `engine.screen_table` directly.
"""

from collections.abc import Iterable, Mapping, Sequence

from jaga.policy.models import LexiconEntry
from jaga.screening.phrases.phrases import LexiconFinder, PhraseHit
from jaga.screening.text.signals import SOURCE, Screened, TextSignal, combined, entry_sentence


def screen(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """Screen each text against the lexicon of policy release `version`; results in the same order.

    Accepts any string (NULs, lone surrogates, any length), in linear time. Each entry gives at most one signal per
    text, at its first place. Uses the engine, whose libraries are loaded on the first call.
    """
    # Imported here, so a web process, which never screens, does without.
    from jaga.screening.engine.spoken import engine_of, spoken

    return spoken(texts, engine_of(tuple(lexicon), version))


def reference(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """`screen` by its readable definition: slow, for tests and readers."""
    finder = LexiconFinder(phrase for entry in lexicon for phrase in (entry.phrase, *entry.needs, *entry.exceptions))
    return [_screen_one(text, lexicon, finder, version) for text in texts]


def _screen_one(text: str, lexicon: Sequence[LexiconEntry], finder: LexiconFinder, version: str) -> Screened:
    places: dict[str, PhraseHit] = {}
    for hit in finder.find(text):
        places.setdefault(hit.phrase, hit)
    counted = [(entry, signal) for entry in lexicon for signal in _signal(text, entry, places, version)]
    return combined(
        (signal, entry.branch == "victim_first")
        for place, (entry, signal) in enumerate(counted)
        if not _is_covered(place, counted)
    )


def _signal(text: str, entry: LexiconEntry, places: Mapping[str, PhraseHit], version: str) -> Iterable[TextSignal]:
    hit = places.get(entry.phrase)
    if not hit or any(exception in places for exception in entry.exceptions):
        return
    context = next((places[need] for need in entry.needs if need in places), None)
    if entry.needs and context is None:
        return
    msgid, params = entry_sentence(entry, text, (hit.start, hit.end), (context.start, context.end) if context else None)
    yield TextSignal(SOURCE, version, entry.category, entry.weight, msgid, hit.start, hit.end, params)


def _is_covered(place: int, counted: Sequence[tuple[LexiconEntry, TextSignal]]) -> bool:
    """Whether another entry covers it better: "bo" within "open bo", or a listed "openbo", does not count twice."""
    signal = counted[place][1]

    def strength(index: int, other: TextSignal) -> tuple[float, int, int]:
        return other.weight, other.end - other.start, -index

    return any(
        other.start <= signal.start
        and signal.end <= other.end
        and other.category == signal.category
        and strength(index, other) > strength(place, signal)
        for index, (_, other) in enumerate(counted)
        if index != place
    )
