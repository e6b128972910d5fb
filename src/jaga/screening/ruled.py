"""What the lexicon and the rules of a release say of texts together. One function for everybody who asks.

A rule's signal names its words as they stand in the text, all their places, and the rule; its version is the release.
"""

from collections.abc import Sequence
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy import PolicyRelease
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening import screen as lexical
from jaga.screening.rules import NOTHING_KNOWN, About, Rules
from jaga.screening.screen import Place, Screened, Signal, combined, quote

SOURCE = "rule"
TOGETHER = N_("%(found)s: together they fulfil the rule “%(rule)s” of the policy %(release)s.")
ALONE = N_("%(found)s: this fulfils the rule “%(rule)s” of the policy %(release)s.")


def screen_texts(texts: Sequence[str], release: PolicyRelease,
                 abouts: Sequence[About] | None = None) -> list[Screened]:
    """Screen each text by the release's lexicon and live rules; one result for each, in the same order.

    `abouts` says what is known about each text's account and place. Any string is taken. Goes through the engine,
    whose libraries are loaded with the first call.
    """
    from jaga.screening.released import columns_of, engine_of  # here: a web process, which never screens, does without
    from jaga.screening.spoken import spoken

    return spoken(texts, engine_of(release), **columns_of(abouts) if abouts is not None else {})


def reference(texts: Sequence[str], release: PolicyRelease,
              abouts: Sequence[About] | None = None) -> list[Screened]:
    """What `screen_texts` returns, by the readable definitions: slow, for tests and readers."""
    known = abouts if abouts is not None else (NOTHING_KNOWN,) * len(texts)
    said = lexical.reference(texts, release.lexicon, version=release.hash)
    return [_with_rules(screened, text, about, release)
            for text, about, screened in zip(texts, known, said, strict=True)]


def rules_of(release: PolicyRelease) -> Rules:
    """The release's rules with its word lists, made once."""
    return _rules(release.screening_rules, release.word_lists)


_rules = lru_cache(maxsize=8)(Rules)


def _with_rules(screened: Screened, text: str, about: About, release: PolicyRelease) -> Screened:
    live = [(rule, places) for rule, places in rules_of(release).fired(text, about) if rule.mode == "live"]
    both = combined([*((signal, False) for signal in screened.signals),
                     *((signal_of(rule, places, text, release), rule.branch == "victim_first")
                       for rule, places in live)])
    return Screened(both.signals, both.score, both.victim_first or screened.victim_first)


def signal_of(rule: ScreeningRule, places: Sequence[Place], text: str, release: PolicyRelease) -> Signal:
    """The finding of one rule."""
    msgid, params = rule_said(rule, places, text, release)
    return Signal(SOURCE, release.hash, rule.category, rule.weight, msgid, *places[0], params)


def rule_said(rule: ScreeningRule, places: Sequence[Place], text: str, release: PolicyRelease
              ) -> tuple[str, dict[str, str]]:
    """The sentence for a rule that holds by those words, as a msgid and what fills it."""
    words = [quote(text, start, end) for start, end in places]
    return TOGETHER if len(places) > 1 else ALONE, {
        "found": ", ".join(f"“{word}”" for word in words), "phrase": rule.key, "rule": rule.key,
        "release": release.version, "places": " ".join(f"{start}-{end}" for start, end in places),
        "reason_id": rule.reason.id, "reason_en": rule.reason.en}
