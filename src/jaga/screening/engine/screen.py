"""Screening of a few texts with explanations for people.

It ranks and explains, never acts or judges.

For tables of many texts use `engine.screen_table` directly.

Lexicon and rules of a release applied to texts: the entry point for casework.

A rule's signal quotes its words, lists all their places, and names the rule; its version is the release.
"""

from collections.abc import Iterable, Mapping, Sequence

from jaga.policy.models import LexiconEntry
from jaga.policy.release import PolicyRelease
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening.phrases.phrases import LexiconFinder, PhraseHit
from jaga.screening.rules.rules import NOTHING_KNOWN, TextContext
from jaga.screening.rules.sentences import SOURCE as RULES_SOURCE
from jaga.screening.rules.sentences import rule_sentence, rules_of
from jaga.screening.text.signals import SOURCE, Place, Screened, TextSignal, combined, entry_sentence


def screen(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
    """Screen each text against the lexicon of policy release `version`; results in the same order.

    Accepts any string (NULs, lone surrogates, any length), in linear time. Each entry gives at most one signal per
    text, at its first place. Uses the engine, whose libraries are loaded on the first call.
    """
    # Imported here, so a web process, which never screens, does without.
    from jaga.screening.engine.spoken import engine_of, spoken

    return spoken(texts, engine_of(tuple(lexicon), version))


def reference_of_screen(texts: Sequence[str], lexicon: Sequence[LexiconEntry], *, version: str) -> list[Screened]:
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


def screen_texts(
    texts: Sequence[str], release: PolicyRelease, abouts: Sequence[TextContext] | None = None, *, filtered: bool = True
) -> list[Screened]:
    """Screen each text by the release's lexicon, live rules and false-alarm filter; results in the same order.

    `abouts` is each text's context; `filtered=False` leaves the filter out. Accepts any string. Uses the engine, whose
    libraries are loaded on the first call.
    """
    from jaga.screening.engine.released import columns_of, engine_of, unfiltered_engine_of
    from jaga.screening.engine.spoken import spoken

    engine = engine_of(release) if filtered else unfiltered_engine_of(release)
    return spoken(texts, engine, **columns_of(abouts) if abouts is not None else {})


def reference_of_ruled(
    texts: Sequence[str], release: PolicyRelease, abouts: Sequence[TextContext] | None = None
) -> list[Screened]:
    """`screen_texts` without the filter, by the readable definitions: slow, for tests and readers."""
    contexts = abouts if abouts is not None else (NOTHING_KNOWN,) * len(texts)
    lexical_screened = reference_of_screen(texts, release.lexicon, version=release.hash)
    return [
        _with_rules(screened, text, about, release)
        for text, about, screened in zip(texts, contexts, lexical_screened, strict=True)
    ]


def _with_rules(screened: Screened, text: str, about: TextContext, release: PolicyRelease) -> Screened:
    live = [(rule, places) for rule, places in rules_of(release).fired(text, about) if rule.mode == "live"]
    both = combined(
        [
            *((signal, False) for signal in screened.signals),
            *((signal_of(rule, places, text, release), rule.branch == "victim_first") for rule, places in live),
        ]
    )
    return Screened(both.signals, both.score, both.victim_first or screened.victim_first)


def signal_of(rule: ScreeningRule, places: Sequence[Place], text: str, release: PolicyRelease) -> TextSignal:
    """The signal of one rule."""
    msgid, params = rule_sentence(rule, places, text, release)
    return TextSignal(RULES_SOURCE, release.hash, rule.category, rule.weight, msgid, *places[0], params)
