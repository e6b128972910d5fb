"""Limits that no release may loosen.

A policy officer can narrow them in YAML; widening takes a code change.

`checks` refuses a release beyond these limits, and `PolicyRelease.allowed_decisions` applies them again.

quality.yaml: shares of cases for blind review, expected agreement, and words for the audit of errors.

wellness.yaml: how much severe material a person gets in a shift, and when lighter material is due.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from jaga.core.cases import IRREVERSIBLE
from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind, Severity
from jaga.core.terms.privacy import CaseEnding, DataKind
from jaga.core.terms.reports import ReporterCapacity
from jaga.policy.documents import Document
from jaga.policy.models import STRICT, LocalText, Text, _severity
from jaga.policy.problems import ReleaseProblem, fill

INTIMATE_PICTURES, UNDERAGE_ACCOUNT = "intimate_pictures", "underage_account"  # ADR 0062

ACTIONABLE_CATEGORIES = frozenset({
    "prostitution_advertising", "trafficking", "child_protection", "gambling", "fraud", "extortion",
    INTIMATE_PICTURES, UNDERAGE_ACCOUNT,
})  # fmt: skip
"""The only categories with actions. MR5 was used against political reporting; all other categories are labels for
statistics."""

VICTIM_FIRST_CATEGORIES = frozenset({"child_protection", "trafficking"})
"""Categories in which the holder may be the victim (pimps run accounts, photos are stolen), so that closing could
destroy help."""

CLEARED_CATEGORIES = frozenset({"child_protection"})
"""Categories whose cases are shown only to people with a clearance, whatever the release says."""

NEVER_LIFTED = CLEARED_CATEGORIES
"""Categories in which no vote can lift victim-first. (In other victim-first categories a lifting opens contents and
reasons; the permitted decisions stay as narrow.)"""

WHO_MAY_REPORT: Mapping[str, frozenset[ReporterCapacity]] = MappingProxyType({
    INTIMATE_PICTURES: frozenset({
        ReporterCapacity.PICTURED, ReporterCapacity.GUARDIAN, ReporterCapacity.AUTHORITY,
    }),
    UNDERAGE_ACCOUNT: frozenset({
        ReporterCapacity.PARENT, ReporterCapacity.GUARDIAN, ReporterCapacity.PLATFORM, ReporterCapacity.AUTHORITY,
    }),
})  # fmt: skip
"""Categories that only these may report, on every channel (UU 12/2022 art. 14 is a complaint offence; PP 17/2025). Any
measure takes two people, and no picture is accepted, stored or shown."""

UNSOUGHT_CATEGORIES = frozenset(WHO_MAY_REPORT)
"""Categories that nothing searches for: no watch, lexicon, rule, model, hash list or ban-evasion match."""

HIGH_RISK_ONLY = frozenset({UNDERAGE_ACCOUNT})
"""Only on platforms that the release names as high-risk (PP 17/2025)."""

ANSWER_FIRST: Mapping[str, int] = MappingProxyType({UNDERAGE_ACCOUNT: 14})
"""Minimum days that the holder has to answer before anything is done, from the observed delivery of the letter. If it
cannot be delivered, nothing is ever done."""

STRIKELESS_CATEGORIES = VICTIM_FIRST_CATEGORIES | {UNDERAGE_ACCOUNT}
"""Categories in which a measure is not a strike: the holder may be the victim, or is a child who did nothing wrong."""

LABEL_DECISIONS = frozenset({DecisionKind.DISMISS, DecisionKind.REFER})
"""The widest decisions for a label: nothing that affects the account or collects material about its holder."""

VICTIM_FIRST_DECISIONS = frozenset({
    DecisionKind.DISMISS, DecisionKind.PRESERVE, DecisionKind.RESTRICT, DecisionKind.REFER,
})  # fmt: skip

DEACTIVATING_DECISIONS = frozenset({DecisionKind.DISMISS, DecisionKind.RESTRICT, DecisionKind.CLOSE})
"""The widest decisions for an under-age account, whose data stay its owner's. Preserving or referring would collect a
child's words. Which of the two measures applies depends on the platform (`decisions.verbs.permitted`)."""

ACTING_DECISIONS = frozenset(DecisionKind) - {DecisionKind.RESTORE}
"""The widest decisions for an actionable category. RESTORE follows only from an overturned appeal."""

LONGEST_VICTIM_RESTRICTION_DAYS = 30
"""The longest restriction in a victim-first case, in days after the decision: it may cut off somebody who needs help.
Its review is due at half of its time."""

LONGEST_AT_ONCE_DAYS = 7
"""Days that one person may restrict an account within any `AT_ONCE_WITHIN_DAYS`, over all cases and categories.
Otherwise one person could silence an account indefinitely, case by case."""
AT_ONCE_WITHIN_DAYS = 90

PRESERVED_ALONE_HOURS = 72
"""A preservation ordered by one person lapses after this unless a second agrees."""

SHORTEST_UNDO_MINUTES = 5
"""The shortest undo window of an irreversible decision by two people, even if overdue."""

SHORTEST_READING_HOURS, LONGEST_READING_HOURS = 12, 168
"""Between the letter to the holder and the closure. Twelve hours include a night; beyond a week a closure would be a
restriction under another name."""

UNDO_DISMISSAL_SECONDS = 10
"""How long a dismissal can be undone before anybody is notified."""

TAKE_BACK_SECONDS = 10
"""How long a person can take back their own vote that is still sealed."""

LONGEST_HELD_DAYS = 7
"""The longest that an account stays restricted for a closure beyond its commit time, if nobody lets it proceed."""

LONGEST_REVIEW_HOURS = 24
"""Within this a second person reviews a referral made by one person in danger to life or of a child."""
LONGEST_ADDRESS_HOURS = 4  # from the decision to the choice of a receiver
LONGEST_ACKNOWLEDGE_HOURS = 24  # from then to the receiver's confirmation, or an alarm

SHORTEST_LEASE_MINUTES = 5
"""A lease that ends before a case was read hands it to somebody else in the middle of a judgement."""

SHORTEST_RETRY_SECONDS, SHORTEST_PAUSE_SECONDS = 1, 10
"""Between two attempts of an action, and until a failing platform is asked again: less would be an attack on it."""

SHORTEST_WATCH_HOURS = 24
"""How long after an action its result is looked at again at least once: what came back overnight must be seen."""

SHORTEST_STRIKE_DAYS, LONGEST_STRIKE_DAYS = 30, 3660
"""How long a strike counts. Less than a month says nothing of a repetition; nobody is marked for life."""

FIRST_YEAR, LAST_YEAR = 2020, 2099
"""The years in which a release can be dated: before, Jaga did not exist; beyond, it is a typing error."""
LONGEST_AHEAD_YEARS = 10
"""How long after the day of the release a law may begin or end. A code is enacted three years ahead; ten are a slip."""

LEAST_LETTERS = 2
"""Letters and digits of a phrase or word to look for. One alone occurs in every text and says nothing."""

SHORTEST_APPEAL_DAYS = 184
"""The appeal window: DSA art. 20(1) requires at least six months, which have at most 184 days."""
LATEST_APPEAL_START_DAYS = 30
"""The latest start of the appeal window after the decision, whether or not the letter was delivered."""

NAMED_BODIES = frozenset({"legal_aid", "courts"})
"""Outside bodies that every account holder is told about, whatever the release says."""
NAMED_BODIES_OF: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "ID": frozenset({"ombudsman", "komnas_ham", "komnas_perempuan"}),
        "EU": frozenset({"dispute_settlement", "digital_services_coordinator"}),  # DSA art. 21, art. 53
    }
)
"""Further ones, by the jurisdiction's code."""

LONGEST_HOURS = 24  # MR5 (Permenkominfo 5/2020): 24 h from receipt
LONGEST_URGENT_HOURS = 4  # MR5: 4 h if urgent (mendesak)
LONGEST_DATA_DAYS = 5  # MR5: five calendar days
LONGEST_RESTORATION_HOURS = 48  # MR5 art. 20: 2x24 h
LONGEST_PERSON_REQUEST_HOURS: Mapping[str, int] = MappingProxyType({"ID": 72})  # UU 27/2022 arts 30-32: 3x24 h
LONGEST_PERSON_REQUEST_HOURS_ELSEWHERE = 24 * 31  # GDPR art. 12(3): one month
LONGEST_BREACH_HOURS = 72  # UU 27/2022 art. 46, GDPR art. 33
URGENT_BY_LAW = frozenset({"child_protection", "terrorism"})  # MR5 art. 14(3), without "disturbs the public"

LEAST_KEPT_DAYS = 30
"""No data of a closed case is deleted earlier: a dismissal can be judged again, and its reporters can still ask."""
LEAST_PRESERVED_DAYS = 180
"""Evidence of a case that was referred or preserved for authorities: a formal request or court order takes months.
So long a request for an export keeps what it asks for, too."""
LEAST_ACCESS_LOG_DAYS = 365
"""Who opened what: a leak is often found late, and the people concerned must then be named (UU PDP art. 46)."""
LONGEST_KEPT_DAYS: Mapping[DataKind, int] = MappingProxyType(
    {
        DataKind.REPORTER_IDENTITY: 1100,
        DataKind.REPORT_TEXTS: 1830,
        DataKind.PICTURES: 1830,
        DataKind.INDICATORS: 1100,
        DataKind.TRAINING: 1830,
        DataKind.EXPORTS: 1830,
        DataKind.APPEAL: 3660,
        DataKind.DECISION: 3660,
        DataKind.ACCESS_LOG: 1830,
    }
)
"""The longest periods: whatever is kept longer has no purpose in a case, and a larger number is a typing error."""
LEAST_STATE_DAYS: Mapping[CaseEnding, int] = MappingProxyType(
    {
        CaseEnding.REFERRED: LEAST_PRESERVED_DAYS,
        CaseEnding.PRESERVED: LEAST_PRESERVED_DAYS,
    }
)
"""The least days by how a case ended, besides what the release's own appeal, strikes and re-checks need."""

LONGEST_HOLD_DAYS = 366
"""The longest legal hold, and the longest extension at a time; each takes two people."""
CONFIRM_HOLD_HOURS = 72
"""Within this a second person confirms a legal hold; meanwhile it holds already."""
HOLD_ENDED_HOURS = 24
"""So long an ended or refused legal hold still keeps the data: one person ends it, and a second one must have the time
to see that and to object."""
LONGEST_POSTPONEMENT_DAYS = 180
"""The longest that one person may postpone deletions of a case; a legal hold reaches further."""
MOST_CASES_A_NIGHT = 20_000
"""Cases from which a day's sweep deletes at most. The rest waits for the next day, so that a wrong clock or rule is
seen before everything is gone."""
ONLY_PLANS_HOURS = 24
"""So long a new installation only plans deletions: somebody looks at the plan first."""
LARGEST_CLOCK_STEP_DAYS = 7
"""If the clock is so far ahead of the last sweep, or behind it at all, nothing is deleted until a supervisor confirms
that the clock is right: the machine may be wrong. So many days it may also gain in all while the machine runs."""

LONGEST_WATCH_DAYS = 90
"""The longest watch of public content, from its proposal; two people propose and start each."""
START_WATCH_HOURS = 72
"""Within this a second person starts a proposed watch; otherwise it lapses."""
MOST_WATCHED_A_DAY = 1_000_000
"""The largest budget of a watch: observations a day."""
WATCH_HASH_DAYS = 7
"""So long a keyed hash of an observed text is kept, by which it is recognised when it comes again."""
WATCH_SAMPLE_DAYS = 30
"""So long a text of the random sample is kept, without account and platform."""
WATCH_FOUND_DAYS = 30
"""So long text and account of a flagged observation are kept if no case took it."""
SHORTEST_CONTACT_DAYS, LONGEST_CONTACT_DAYS = 30, 1095
"""How long a shared contact alone makes a return likely (`contact_days`): a number that lies idle is given to somebody
else."""
LEAST_PRECISION_LINE = 0.2
"""The lowest line for the precision of a rule (`screening.yaml`). A rule whose upper bound lies below it makes no more
cases: it would accuse at least four ordinary people for each offence."""
LEAST_JUDGED = 30
"""So many judged texts of a rule are needed before it stops by itself: fewer could be chance."""
LEAST_SAMPLED, MOST_SAMPLED = 5, 500
"""Texts that are drawn a week from each part of the sample: fewer say nothing, more are people's time and eyes."""
LEAST_SHARED_CASES, MOST_SHARED_CASES = 2, 100
"""Of how many accounts with the same words a watch makes cases before people judged some (`shared_words_cases`): one
person's one judgement is not enough to keep other accounts waiting."""
LONGEST_SHARED_DAYS = 14
"""So long an account waits at most for a judgement of the same words (`shared_words_days`), well within
`WATCH_FOUND_DAYS`: then it gets its case, too."""
WATCH_RESULTS_DAYS = 30
"""So long after its end the scope and the results of a watch become public."""


def named_bodies(jurisdiction: str) -> frozenset[str]:
    """The keys of the outside bodies that a release of this jurisdiction must have."""
    return NAMED_BODIES | NAMED_BODIES_OF.get(jurisdiction, frozenset())


def widest(category: str, *, victim_first: bool) -> frozenset[DecisionKind]:
    """The widest set of decisions that a release may allow for this category."""
    if category not in ACTIONABLE_CATEGORIES:
        return LABEL_DECISIONS
    if victim_first or category in VICTIM_FIRST_CATEGORIES:
        return VICTIM_FIRST_DECISIONS
    if category == UNDERAGE_ACCOUNT:
        return DEACTIVATING_DECISIONS
    return ACTING_DECISIONS


def must_be_seconded(category: str, decision: DecisionKind, *, victim_first: bool) -> bool:
    """Whether two people are required whatever the release says.

    That is for final measures, for everything in victim-first cases (dismissals too: missing a victim is as grave as
    harming one), for referrals, which hand somebody to an authority, for any restriction in categories that only
    certain people may report, and for dismissing the report of a pictured person. In danger to life or of a child one
    person may refer at once (`referrals.verbs.referrals`).
    """
    if decision in IRREVERSIBLE or decision is DecisionKind.REFER or victim_first:
        return True
    if category in VICTIM_FIRST_CATEGORIES:
        return True
    measure = decision is DecisionKind.RESTRICT and category in WHO_MAY_REPORT
    return measure or (decision is DecisionKind.DISMISS and category == INTIMATE_PICTURES)


LONGEST_KEY_COPY_DAYS = 7
"""How long a copy of the key store may be kept (`jaga key-store copy`): it opens what was erased since it was made."""


LEAST_SHARE = 0.05
"""The least share for a release: without review, errors go unnoticed."""
SEVERAL, NONE = "several", "none"
"""What a text names that names several groups of words, or none."""
Place = Annotated[int, Field(ge=0, le=30)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=STRICT)
class GenderedWords:
    """Words by which a text counts as about women or men: a weak guess, only for error statistics."""

    group: Literal["women", "men"]
    words: Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True, config=STRICT)
class RegionWords:
    """Words by which a text counts as about a place in this region, only for error statistics and the public map.

    `code` and `tile` (column and row, from 0 at the top left) draw it on the map; a release without them has no map.
    """

    region: Text
    words: Annotated[tuple[Text, ...], Field(min_length=1)]
    code: Annotated[str, Field(min_length=2, max_length=3)] | None = None
    tile: tuple[Place, Place] | None = None


@dataclass(frozen=True, config=STRICT)
class QualityRules:
    """quality.yaml. It decides nothing about a case."""

    share_dismissals: Share
    share_decisions: Share
    golden_share: Annotated[float, Field(ge=0, le=0.5)]
    agreement_bound: Share
    least_pairs: Annotated[int, Field(ge=2, le=100_000)]
    window_days: Annotated[int, Field(ge=7, le=3660)]
    gendered_words: tuple[GenderedWords, ...]
    regions: tuple[RegionWords, ...]

    def share_of(self, kind: DecisionKind) -> float:
        """The share of cases decided this way that are reviewed."""
        return self.share_dismissals if kind is DecisionKind.DISMISS else self.share_decisions


def check_shares(value: QualityRules, document: Document) -> Iterator[ReleaseProblem]:
    """Shares are large enough, and no group or region is repeated."""
    for name, share in (("share_dismissals", value.share_dismissals), ("share_decisions", value.share_decisions)):
        if share < LEAST_SHARE:
            yield document.problem(
                (name,),
                fill(N_("with this `%(name)s` almost no case would be reviewed again"), name=name),
                fill(N_("Write %(least_share)s or more."), least_share=LEAST_SHARE),
            )
    for part, name, names in (
        ("gendered_words", "group", [words.group for words in value.gendered_words]),
        ("regions", "region", [words.region for words in value.regions]),
    ):
        for index, group in enumerate(names):
            if group in names[:index]:
                yield document.problem(
                    (part, index, name), fill(N_("`%(group)s` is listed twice"), group=group), N_("Keep one.")
                )
    tiles = [words.tile for words in value.regions]
    for index, tile in enumerate(tiles):
        if tile is not None and tile in tiles[:index]:
            yield document.problem(
                ("regions", index, "tile"),
                fill(N_("another region has the tile %(column)s, %(row)s as well"), column=tile[0], row=tile[1]),
                N_("Give each region its own tile."),
            )


class WordGroups:
    """Groups of words, each under its name, compiled once."""

    def __init__(self, groups: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self._group = {word.casefold(): name for name, words in groups for word in words}
        # Longer words first, so that "papua barat daya" is not read as "papua barat".
        words = sorted(self._group, key=lambda word: (-len(word), word))
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)") if words else None

    def named_in(self, text: str) -> str:
        """The only group whose words occur in the text, else SEVERAL or NONE."""
        if self._words is None:
            return NONE
        found = {self._group[one] for one in self._words.findall(text.casefold())}
        return SEVERAL if len(found) > 1 else found.pop() if found else NONE


Weight = Annotated[float, Field(ge=0, le=5)]
Minutes = Annotated[int, Field(ge=1, le=600)]


@dataclass(frozen=True, config=STRICT)
class Weights:
    """The weight of a minute in material of each severity."""

    low: Weight
    moderate: Weight
    high: Weight
    critical: Weight

    def of(self, severity: Severity) -> float:
        """The weight of one minute."""
        return (self.low, self.moderate, self.high, self.critical)[severity - 1]


@dataclass(frozen=True, config=STRICT)
class Rotation:
    """After `after_minutes` of severe material within `within_minutes`, only lighter cases are given."""

    after_minutes: Minutes
    within_minutes: Minutes


@dataclass(frozen=True, config=STRICT)
class Wellness:
    """wellness.yaml."""

    shift_hours: Annotated[int, Field(ge=1, le=24)]
    weights: Weights
    budget_minutes: Minutes  # weighted, for each person and shift
    severe_from: Annotated[Severity, BeforeValidator(_severity)]
    rotation: Rotation
    support: LocalText  # whom the employer's staff may turn to

    @property
    def shift(self) -> timedelta:
        """The period over which exposure is added up."""
        return timedelta(hours=self.shift_hours)
