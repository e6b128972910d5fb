"""What no release may loosen. A policy officer can narrow these limits in YAML; widening one takes a change here.

This is the only place that knows the narrow list; `checks` refuses a release that goes beyond it, and
`PolicyRelease.allowed_decisions` cuts by it once more, so that nothing outside the list can be acted on, whoever asks.
"""

from collections.abc import Mapping
from types import MappingProxyType

from jaga.core.cases import IRREVERSIBLE
from jaga.core.terms import DecisionKind, ReporterCapacity

INTIMATE_PICTURES, UNDERAGE_ACCOUNT = "intimate_pictures", "underage_account"  # ADR 0062

ACTIONABLE_CATEGORIES = frozenset({
    "prostitution_advertising", "trafficking", "child_protection", "gambling", "fraud", "extortion",
    INTIMATE_PICTURES, UNDERAGE_ACCOUNT,
})  # fmt: skip
"""The only categories with actions. MR5 was used against reporting on politics: the rest are labels for figures."""

VICTIM_FIRST_CATEGORIES = frozenset({"child_protection", "trafficking"})
"""Here the holder may be the victim (pimps run accounts, photos are stolen), so closing could destroy help."""

CLEARED_CATEGORIES = frozenset({"child_protection"})
"""Cases of these are shown only to people whom a supervisor has let in, whatever the release says."""

NEVER_LIFTED = CLEARED_CATEGORIES
"""Here no vote takes a case off the victim-first way. (In the other victim-first categories a lifting opens contents
and reasons; what can be decided there stays as narrow as it is.)"""

WHO_MAY_REPORT: Mapping[str, frozenset[ReporterCapacity]] = MappingProxyType({
    INTIMATE_PICTURES: frozenset({
        ReporterCapacity.PICTURED, ReporterCapacity.GUARDIAN, ReporterCapacity.AUTHORITY,
    }),
    UNDERAGE_ACCOUNT: frozenset({
        ReporterCapacity.PARENT, ReporterCapacity.GUARDIAN, ReporterCapacity.PLATFORM, ReporterCapacity.AUTHORITY,
    }),
})  # fmt: skip
"""Categories that rest on the word of these alone (UU 12/2022 art. 14 is a complaint offence; PP 17/2025), at every
door. Two people decide on any measure there, and no picture is taken, kept or shown."""

UNSOUGHT_CATEGORIES = frozenset(WHO_MAY_REPORT)
"""Nobody looks for these: no watch, lexicon, rule, model or list of hashes, and no later account is looked for."""

HIGH_RISK_ONLY = frozenset({UNDERAGE_ACCOUNT})
"""Only on the platforms that the release names as high-risk (PP 17/2025)."""

ANSWER_FIRST: Mapping[str, int] = MappingProxyType({UNDERAGE_ACCOUNT: 14})
"""Days, at the least, that the holder has to answer before anything is done to the account. They begin when the letter
was seen to be delivered; where it cannot be, nothing is ever done."""

STRIKELESS_CATEGORIES = VICTIM_FIRST_CATEGORIES | {UNDERAGE_ACCOUNT}
"""A measure is no strike here: the holder may be the victim, or is a child who did nothing wrong."""

LABEL_DECISIONS = frozenset({DecisionKind.DISMISS, DecisionKind.REFER})
"""The most that a label may offer: nothing that touches the account or gathers material about its holder."""

VICTIM_FIRST_DECISIONS = frozenset({
    DecisionKind.DISMISS, DecisionKind.PRESERVE, DecisionKind.RESTRICT, DecisionKind.REFER,
})  # fmt: skip

DEACTIVATING_DECISIONS = frozenset({DecisionKind.DISMISS, DecisionKind.RESTRICT, DecisionKind.CLOSE})
"""The most for an under-age account: all that is kept stays its owner's. Nothing is preserved or referred, since that
would gather a child's words; which of the two measures it is depends on the platform
(`casework.decisions.permitted`)."""

ACTING_DECISIONS = frozenset(DecisionKind) - {DecisionKind.RESTORE}
"""The most that an actionable category may offer. RESTORE follows only from an overturned appeal."""

LONGEST_VICTIM_RESTRICTION_DAYS = 30
"""A restriction on the victim-first way has an end, this many days after the decision at the latest: it may cut
somebody off who needs help. Half of its time is its review date."""

LONGEST_AT_ONCE_DAYS = 7
"""That one person may restrict an account at once, within any `AT_ONCE_WITHIN_DAYS`: all cases and categories
together. Else one person could silence an account for as long as they like, case after case."""
AT_ONCE_WITHIN_DAYS = 90

PRESERVED_ALONE_HOURS = 72
"""What one person lets be preserved lapses after so long, unless a second agrees."""

SHORTEST_UNDO_MINUTES = 5
"""What two people agreed on and cannot be taken back can be undone at least so long, overdue or not."""

SHORTEST_READING_HOURS, LONGEST_READING_HOURS = 12, 168
"""Between the letter to the holder and the closure. A night lies within twelve hours; beyond a week a closure would be
a restriction under another name."""

UNDO_DISMISSAL_SECONDS = 10
"""How long a dismissal can be undone before anybody is told of it."""

LONGEST_HELD_DAYS = 7
"""Beyond its moment an account stays restricted before a closure at most so long: then nobody has let it go on."""

LONGEST_REVIEW_HOURS = 24
"""Within which a second person reviews what one referred at once, in danger to life or of a child."""
LONGEST_ADDRESS_HOURS = 4  # from the decision to refer until somebody has chosen the receiver
LONGEST_ACKNOWLEDGE_HOURS = 24  # from then until the receiver must have confirmed it, or an alarm is raised

SHORTEST_APPEAL_DAYS = 184
"""In which a holder can appeal: DSA art. 20(1) gives at least six months, and no six months have more days."""
LATEST_APPEAL_START_DAYS = 30
"""After the decision: from then on the time for an appeal runs, whatever was seen of the letter."""

NAMED_BODIES = frozenset({"ombudsman", "komnas_ham", "komnas_perempuan", "legal_aid", "courts"})
"""Bodies outside that the holder of an account is told of, whatever a release would rather leave out."""

LONGEST_HOURS = 24  # MR5 (Permenkominfo 5/2020): 24 h from receipt
LONGEST_URGENT_HOURS = 4  # MR5: 4 h where urgent (mendesak)
LONGEST_DATA_DAYS = 5  # MR5: five calendar days
LONGEST_RESTORATION_HOURS = 48  # MR5 art. 20: 2x24 h
URGENT_BY_LAW = frozenset({"child_protection", "terrorism"})  # MR5 art. 14(3), without "disturbs the public"


def widest(category: str, *, victim_first: bool) -> frozenset[DecisionKind]:
    """The decisions that a release may at most offer for this category."""
    if category not in ACTIONABLE_CATEGORIES:
        return LABEL_DECISIONS
    if victim_first or category in VICTIM_FIRST_CATEGORIES:
        return VICTIM_FIRST_DECISIONS
    if category == UNDERAGE_ACCOUNT:
        return DEACTIVATING_DECISIONS
    return ACTING_DECISIONS


def must_be_seconded(category: str, decision: DecisionKind, *, victim_first: bool) -> bool:
    """Whether two people are needed whatever the release says: for what is final, and all along the victim-first way.

    A victim-first dismissal too, and that of whoever is pictured: to overlook a victim is as grave as to hit one. And a
    referral: it hands somebody to an authority. In danger to life or of a child one person may refer at once
    (`casework.referrals.referrals`). Every measure in the categories that rest on certain people's word alone.
    """
    if decision in IRREVERSIBLE or decision is DecisionKind.REFER or victim_first:
        return True
    if category in VICTIM_FIRST_CATEGORIES:
        return True
    measure = decision is DecisionKind.RESTRICT and category in WHO_MAY_REPORT
    return measure or (decision is DecisionKind.DISMISS and category == INTIMATE_PICTURES)
