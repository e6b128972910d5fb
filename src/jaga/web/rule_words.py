"""The words for rules, sources and weeks by which the sample that people judge is counted."""

from datetime import date

from babel.dates import format_date
from django.utils.translation import gettext

from jaga.casework.reporting.monitoring import RETURNS, WORDS
from jaga.core.observations.settings import FORMS
from jaga.core.terms.watch import SourceKind
from jaga.policy import PolicyRelease
from jaga.policy.problems import UnknownTerm
from jaga.web.errors import language


def rule_words(rule: str, category: str, release: PolicyRelease) -> str:
    """A rule by the policy's reason for it, with its category; word lists and likely returns by their category.

    Its key is for those who write rules: a rule that the release no longer has is called by it.
    """
    try:
        label = release.category(category).label.say(language())
    except UnknownTerm:  # of an earlier release
        label = category
    if rule.startswith(WORDS):
        return gettext("Word list: %(category)s") % {"category": label}
    if rule.startswith(RETURNS):
        return gettext("Likely return: %(category)s") % {"category": label}
    reason = next((one.reason.say(language()) for one in release.screening_rules if one.key == rule), rule)
    return f"{reason} ({label})"


def source_words(kind: SourceKind) -> str:
    """What reads."""
    return gettext(FORMS[kind].label)


def week_words(monday: str) -> str:
    """A week by its Monday."""
    day = format_date(date.fromisoformat(monday), "d MMMM y", locale=language().value)
    return gettext("Week from %(day)s") % {"day": day}
