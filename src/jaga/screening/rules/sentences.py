"""A release's rules (cached), and the sentences that explain their findings."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy import PolicyRelease
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening.rules.rules import Rules
from jaga.screening.text.signals import Place, quote

SOURCE = "rule"
TOGETHER = N_("%(found)s: together they fulfil the rule “%(rule)s” of the policy %(release)s.")
ALONE = N_("%(found)s: this fulfils the rule “%(rule)s” of the policy %(release)s.")
NEARLY = N_(
    "%(found)s: together they nearly fulfil the rule “%(rule)s” of the policy %(release)s, and the text as a "
    "whole reads like the offences from which its filter has learnt."
)
NEARLY_MARK = "~"
"""What the key of a rule's tentative signals ends with; no rule's own key has it."""


@lru_cache(maxsize=8)
def rules_of(release: PolicyRelease) -> Rules:
    """The release's rules with its word lists, built once."""
    return Rules(release.screening_rules, release.word_lists)


def with_nearly(rules: Rules) -> Rules:
    """The rules, and behind them what nearly fulfils a live one, under its key with `NEARLY_MARK`."""
    near = (
        replace(rule, key=rule.key + NEARLY_MARK, when=rule.nearly, nearly=None)
        for rule in rules.rules
        if rule.nearly is not None and rule.mode == "live"
    )
    return Rules((*rules.rules, *near), rules.word_lists)


def rule_sentence(
    rule: ScreeningRule, places: Sequence[Place], text: str, release: PolicyRelease, *, nearly: bool = False
) -> tuple[str, dict[str, str]]:
    """The sentence for a rule that those words fulfil, or `nearly` fulfil, as a msgid and its params."""
    words = [quote(text, start, end) for start, end in places]
    return NEARLY if nearly else TOGETHER if len(places) > 1 else ALONE, {
        "found": ", ".join(f"“{word}”" for word in words),
        "phrase": rule.key,
        "rule": rule.key,
        "release": release.version,
        "places": " ".join(f"{start}-{end}" for start, end in places),
        "reason_id": rule.reason.id,
        "reason_en": rule.reason.en,
    }
