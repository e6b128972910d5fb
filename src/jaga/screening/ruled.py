"""What the lexicon and the rules of a release say of texts together. One function for everybody who asks.

A rule's signal names its words as they stand in the text, all their places, and the rule; its version is the release.
"""

from collections.abc import Sequence
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy import PolicyRelease
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening.rules import NOTHING_KNOWN, About, Place, Rules
from jaga.screening.screen import Screened, Signal, quote, screen

SOURCE = "rule"
TOGETHER = N_("%(found)s: together they fulfil the rule “%(rule)s” of the policy %(release)s.")
ALONE = N_("%(found)s: this fulfils the rule “%(rule)s” of the policy %(release)s.")


def screen_texts(texts: Sequence[str], release: PolicyRelease,
                 abouts: Sequence[About] | None = None) -> list[Screened]:
    """Screen each text by the release's lexicon and live rules; one result for each, in the same order.

    `abouts` says what is known about each text's account and place. Any string is taken.
    """
    rules = rules_of(release)
    known = abouts if abouts is not None else (NOTHING_KNOWN,) * len(texts)
    said = screen(texts, release.lexicon, version=release.hash)
    return [with_rules(screened, text, rules.fired(text, about), release)
            for text, about, screened in zip(texts, known, said, strict=True)]


def rules_of(release: PolicyRelease) -> Rules:
    """The release's rules with its word lists, made once."""
    return _rules(release.screening_rules, release.word_lists)


_rules = lru_cache(maxsize=8)(Rules)


def with_rules(screened: Screened, text: str, fired: Sequence[tuple[ScreeningRule, Sequence[Place]]],
               release: PolicyRelease) -> Screened:
    """The lexicon's result with the rules that hold of the same text. Shadow rules change nothing."""
    live = [(rule, places) for rule, places in fired if rule.mode == "live"]
    if not live:
        return screened
    doubt = 1.0
    for rule, _ in live:
        doubt *= 1.0 - rule.weight
    for signal in screened.signals:
        if not any(_says_it_already(rule, places, signal) for rule, places in live):
            doubt *= 1.0 - signal.weight
    signals = [*screened.signals, *(signal_of(rule, places, text, release) for rule, places in live)]
    return Screened(tuple(sorted(signals, key=lambda one: (one.start, one.end, one.category))), 1.0 - doubt,
                    screened.victim_first or any(rule.branch == "victim_first" for rule, _ in live))


def _says_it_already(rule: ScreeningRule, places: Sequence[Place], signal: Signal) -> bool:
    """Words of a rule are no second voice beside it, unless the lexicon is surer of them."""
    return (signal.category == rule.category and signal.weight <= rule.weight
            and any(start <= signal.start and signal.end <= end for start, end in places))


def signal_of(rule: ScreeningRule, places: Sequence[Place], text: str, release: PolicyRelease) -> Signal:
    """The finding of one rule. `params["places"]` holds every span, as `4-11 30-35`."""
    words = [quote(text, start, end) for start, end in places]
    params = {"found": ", ".join(f"“{word}”" for word in words), "phrase": rule.key, "rule": rule.key,
              "release": release.version,
              "places": " ".join(f"{start}-{end}" for start, end in places),
              "reason_id": rule.reason.id, "reason_en": rule.reason.en}
    return Signal(SOURCE, release.hash, rule.category, rule.weight, TOGETHER if len(places) > 1 else ALONE,
                  places[0][0], places[0][1], params)
