"""A release's rules (cached), and the sentences that explain their findings."""

from collections.abc import Sequence
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy import PolicyRelease
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening.rules.rules import Rules
from jaga.screening.text.signals import Place, quote

SOURCE = "rule"
TOGETHER = N_("%(found)s: together they fulfil the rule “%(rule)s” of the policy %(release)s.")
ALONE = N_("%(found)s: this fulfils the rule “%(rule)s” of the policy %(release)s.")


@lru_cache(maxsize=8)
def rules_of(release: PolicyRelease) -> Rules:
    """The release's rules with its word lists, built once."""
    return Rules(release.screening_rules, release.word_lists)


def rule_sentence(rule: ScreeningRule, places: Sequence[Place], text: str, release: PolicyRelease
                  ) -> tuple[str, dict[str, str]]:
    """The sentence for a rule that matched those words, as a msgid and its params."""
    words = [quote(text, start, end) for start, end in places]
    return TOGETHER if len(places) > 1 else ALONE, {
        "found": ", ".join(f"“{word}”" for word in words), "phrase": rule.key, "rule": rule.key,
        "release": release.version, "places": " ".join(f"{start}-{end}" for start, end in places),
        "reason_id": rule.reason.id, "reason_en": rule.reason.en}
