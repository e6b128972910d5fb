"""Names of the public figures' rows, for the page of figures and the page of a year."""

from collections import Counter
from datetime import date

from babel.dates import format_date
from django.utils.translation import gettext

from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import UnknownTerm, load_release
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.transparency.periods import FigurePeriod
from jaga.web.errors import language
from jaga.web.public.base.words import OUTCOMES
from jaga.web.templatetags.jaga_tags import month

BECAME = {
    "close:seen": N_("Account closed, confirmed by our check"),
    "close:said": N_("Account closed, as the chat app says"),
    "close:not_so": N_("Closure decided, but our check found the account open"),
    "close:under_way": N_("Closure under way"),
    "restrict:seen": N_("Account restricted, confirmed by our check"),
    "restrict:said": N_("Account restricted, as the chat app says"),
    "restrict:not_so": N_("Restriction decided, but our check found the account unrestricted"),
    "restrict:under_way": N_("Restriction under way"),
    **{kind.value: OUTCOMES[kind] for kind in DecisionKind if kind not in (DecisionKind.CLOSE, DecisionKind.RESTRICT)},
    "ended_without_effect": N_("Ended without effect"),
}
REFERRALS = {
    "passed_on": N_("Passed on: the receiver has confirmed it"),
    "confirmed_in_time": N_("of these confirmed in time"),
    "outcome:taken_up": N_("Taken up by the receiver"),
    "outcome:passed_on": N_("Given to another office by the receiver"),
    "outcome:not_theirs": N_("Came back: not the receiver's to do"),
    "outcome:no_answer": N_("Came back: nobody answered in time"),
    "outcome:not_reached": N_("Came back: could not be sent"),
    "at_once": N_("Referred at once by one person, in danger to life or of a child"),
    "reviewed_in_time": N_("Such referrals that a second person reviewed in time"),
    "found_wrong": N_("Such referrals that the second person found wrong"),
}


def became_words() -> dict[str, str]:
    """What can become of a case, in the reader's language."""
    return {key: gettext(word) for key, word in BECAME.items()}


def category_name(key: str) -> str:
    """A category in the reader's language; one from an earlier policy release by its key."""
    try:
        return load_release().category(key).label.say(language())
    except UnknownTerm:
        return key


def openly_counted(*also: Counter[str]) -> dict[str, str]:
    """The release's categories except those of possible victims, and earlier releases' categories, with their names."""
    keys = [
        category.key
        for category in load_release().categories
        if not category.victim_first and category.key not in WHO_MAY_REPORT
    ]
    earlier = sorted({key for counts in also for key in counts} - set(keys))
    return {key: category_name(key) for key in (*keys, *earlier)}


def period_name(period: FigurePeriod) -> str:
    """`Oktober 2026`, or `2026`."""
    return period.key if period.is_year else month(period.first)


def month_name(first: date) -> str:
    """`Oktober`, beside its year."""
    return format_date(first, "LLLL", locale=language().value)


def short_period_name(period: FigurePeriod) -> str:
    """`Okt 2026`, or `2026`: for the head of a column on a phone."""
    return period.key if period.is_year else format_date(period.first, "MMM y", locale=language().value)
