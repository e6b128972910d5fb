"""Lexicon and rules of a release applied to texts: the entry point for casework.

A rule's signal quotes its words, lists all their places, and names the rule; its version is the release.
"""

from collections.abc import Sequence

from jaga.policy import PolicyRelease
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening.engine import screen as lexical
from jaga.screening.rules.rules import NOTHING_KNOWN, TextContext
from jaga.screening.rules.sentences import SOURCE, rule_sentence, rules_of
from jaga.screening.text.signals import Place, Screened, TextSignal, combined


def screen_texts(
    texts: Sequence[str], release: PolicyRelease, abouts: Sequence[TextContext] | None = None, *, filtered: bool = True
) -> list[Screened]:
    """Screen each text by the release's lexicon, live rules and false-alarm filter; results in the same order.

    `abouts` is each text's context; `filtered=False` leaves the filter out. Accepts any string. Uses the engine, whose
    libraries are loaded on the first call.
    """
    from jaga.screening.engine.released import (  # Imported here, so a web process, which never screens, does without.
        columns_of,
        engine_of,
        unfiltered_engine_of,
    )
    from jaga.screening.engine.spoken import spoken

    engine = engine_of(release) if filtered else unfiltered_engine_of(release)
    return spoken(texts, engine, **columns_of(abouts) if abouts is not None else {})


def reference(
    texts: Sequence[str], release: PolicyRelease, abouts: Sequence[TextContext] | None = None
) -> list[Screened]:
    """`screen_texts` without the filter, by the readable definitions: slow, for tests and readers."""
    contexts = abouts if abouts is not None else (NOTHING_KNOWN,) * len(texts)
    lexical_screened = lexical.reference(texts, release.lexicon, version=release.hash)
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
    return TextSignal(SOURCE, release.hash, rule.category, rule.weight, msgid, *places[0], params)
