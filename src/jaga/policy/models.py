"""What a release consists of, as frozen values. Each class is also the schema of its part of the YAML files.

Unknown keys are refused. docs/policy.md explains each field to a policy officer.
"""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from jaga.core.terms import Channel, DecisionKind, Language, OrganisationKind, ReferralWay, Severity

STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)

Text = Annotated[str, Field(min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,58}$")]
Hours = Annotated[int, Field(ge=1, le=24 * 365)]


def _severity(value: object) -> object:
    """Severities are written as words in YAML: a number would not tell the reader of a diff anything."""
    if isinstance(value, Severity):  # of a release that was read, where one is made of another
        return value
    if isinstance(value, str) and value.upper() in Severity.__members__:
        return Severity[value.upper()]
    raise ValueError("one of " + ", ".join(severity.name.lower() for severity in Severity))


SeverityWord = Annotated[Severity, BeforeValidator(_severity)]


@dataclass(frozen=True, config=STRICT)
class LocalText:
    """One text in the product's two languages; neither may be missing."""

    id: Text
    en: Text

    def say(self, language: Language | str) -> str:
        """The text in that language. Raises ValueError for a language that the product does not speak."""
        return self.id if Language(language) is Language.INDONESIAN else self.en

    def __add__(self, other: "LocalText") -> "LocalText":
        """Both texts, one after the other, in each language."""
        return LocalText(f"{self.id}; {other.id}", f"{self.en}; {other.en}")


@dataclass(frozen=True, config=STRICT)
class ReleaseInfo:
    """release.yaml: which release this is."""

    name: Key
    version: Annotated[str, Field(pattern=r"^\d{4}\.\d{1,3}$")]
    dated: date
    language: Language
    maintainer: Text
    jurisdiction: Text


@dataclass(frozen=True, config=STRICT)
class Category:
    """One kind of complaint. Whether anything may be done about it is `PolicyRelease.allowed_decisions`."""

    key: Key
    label: LocalText
    description: LocalText
    practice_label: Text  # the row of the ministry's list under which it is counted there
    severity: SeverityWord
    victim_first: bool
    offered_on_form: bool
    order: Annotated[int, Field(ge=1)]
    mr5: Literal["9(4)(a)", "9(4)(c)", "none"]  # never (b), "disturbs the public": vague, and misused
    dsa_category: Text
    dsa_keywords: Annotated[tuple[str, ...], Field(min_length=1)]
    dsa_other: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    only_on: tuple[Text, ...] | None = None  # the platforms, by name, that are high-risk (`limits.HIGH_RISK_ONLY`)

    def is_on(self, platform: str) -> bool:
        """Whether accounts of that platform can be reported in it at all."""
        return self.only_on is None or platform in self.only_on


@dataclass(frozen=True, config=STRICT)
class LegalBasis:
    """A provision, and the days (inclusive) of conduct to which it applies."""

    key: Key
    citation: Text
    title: LocalText
    categories: Annotated[tuple[Key, ...], Field(min_length=1)]
    authorities: tuple[OrganisationKind, ...]  # who may invoke it in a request to us
    valid_from: Annotated[date, Field(ge=date(1900, 1, 1))]
    valid_until: date | None = None
    replaces: Key | None = None
    verified: bool = True
    note: Text | None = None

    def covers(self, day: date) -> bool:
        """Whether conduct on that day falls under it."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, config=STRICT)
class ChannelClock:
    """How many hours a channel's report may wait, and the article that says so."""

    channel: Channel
    hours: Hours
    source: LocalText
    met_by_restriction: bool = False  # whether the clock looks at the restriction that goes before a closure


@dataclass(frozen=True, config=STRICT)
class UrgentCategory:
    """A category that is urgent `always`, or only when the sender `marked` it so."""

    category: Key
    when: Literal["always", "marked"]
    source: LocalText


@dataclass(frozen=True, config=STRICT)
class Sourced:
    """A single time span with its source."""

    source: LocalText
    hours: Hours | None = None
    minutes: Annotated[int, Field(ge=1)] | None = None

    @property
    def span(self) -> timedelta:
        """The length of time."""
        return timedelta(hours=self.hours or 0, minutes=self.minutes or 0)


@dataclass(frozen=True, config=STRICT)
class OperatorClocks:
    """How long an operator has from provable receipt of a notice, and how long between two letters of the ladder."""

    hours: Hours
    hours_urgent: Hours
    data_days: Annotated[int, Field(ge=1, le=30)]  # calendar days, WIB
    source: LocalText
    data_source: LocalText


@dataclass(frozen=True, config=STRICT)
class AnswerFirst:
    """A category in which the holder has so many days to answer before anything is done to the account."""

    category: Key
    days: Annotated[int, Field(ge=1, le=60)]
    source: LocalText

    @property
    def span(self) -> timedelta:
        """The length of time."""
        return timedelta(days=self.days)


@dataclass(frozen=True, config=STRICT)
class Deadlines:
    """deadlines.yaml. A deadline marks a case overdue and alarms; it never acts."""

    standard: tuple[ChannelClock, ...]
    urgent: tuple[ChannelClock, ...]
    urgent_categories: tuple[UrgentCategory, ...]
    first_triage: Sourced
    appeal_decision: Sourced
    restoration: Sourced
    operator: OperatorClocks
    answer_first: tuple[AnswerFirst, ...] = ()


@dataclass(frozen=True)
class DeadlineRule:
    """When a report must have been decided. `source` is the article, or says that it is our own rule."""

    due_at: datetime
    hours: int
    source: LocalText
    urgent: bool


@dataclass(frozen=True, config=STRICT)
class PermittedDecisions:
    """What may be decided in one category, and what of it takes two people."""

    category: Key
    allowed: tuple[DecisionKind, ...]
    second_person: tuple[DecisionKind, ...]


@dataclass(frozen=True, config=STRICT)
class Retries:
    """How often a promised action is tried before it is shown as stuck, and how the wait grows."""

    attempts: Annotated[int, Field(ge=1, le=50)]
    first_wait: timedelta
    factor: Annotated[int, Field(ge=1, le=10)]
    longest_wait: timedelta
    jitter: Annotated[float, Field(ge=0, lt=1)] = 0.0  # the part of a wait by which chance may lengthen or shorten it

    def wait(self, attempt: int, chance: float = 0.0) -> timedelta:
        """How long to wait after the given failed attempt (1 is the first). `chance` lies in -1..1."""
        wait = self.first_wait
        for _ in range(attempt - 1):
            if wait >= self.longest_wait:
                break
            wait *= self.factor
        return min(wait, self.longest_wait) * (1 + self.jitter * chance)


@dataclass(frozen=True, config=STRICT)
class Breaker:
    """When a platform that keeps failing is left alone for a while (a circuit breaker)."""

    failures: Annotated[int, Field(ge=1, le=1000)]  # in a row
    pause: timedelta
    longest_pause: timedelta


@dataclass(frozen=True, config=STRICT)
class StrikeRung:
    """What the ladder suggests to people for an account with at least `strikes` in force."""

    strikes: Annotated[int, Field(ge=0, le=100)]
    suggests: DecisionKind
    days: Annotated[int, Field(ge=1, le=366)] | None = None  # of a restriction; none: without an end


@dataclass(frozen=True, config=STRICT)
class Strikes:
    """How long a breach counts, and what the count suggests. It suggests only: people decide."""

    expire: timedelta
    ladder: Annotated[tuple[StrikeRung, ...], Field(min_length=1)]

    def suggestion(self, in_force: int) -> StrikeRung:
        """The highest rung that the count reaches."""
        return max((rung for rung in self.ladder if rung.strikes <= in_force), key=lambda rung: rung.strikes)


@dataclass(frozen=True, config=STRICT)
class Enforcement:
    """enforcement.yaml."""

    lease_minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    commit_delay_minutes: Annotated[int, Field(le=24 * 60)]  # how long what is irreversible can be undone, at least
    appeal_window_days: Annotated[int, Field(ge=1, le=3660)]  # at least `limits.SHORTEST_APPEAL_DAYS`
    reading_time: timedelta  # between the delivery of the holder's letter and the closure
    verification: Annotated[tuple[timedelta, ...], Field(min_length=1)]  # after the action; the first is immediate
    retries: Retries
    breaker: Breaker
    restriction_days: Annotated[tuple[Annotated[int, Field(ge=1, le=366)], ...], Field(min_length=1)]
    strikes: Strikes
    ladders: tuple[PermittedDecisions, ...]


@dataclass(frozen=True, config=STRICT)
class Service:
    """Where someone in danger or distress finds help. Show unverified ones with a word of caution.

    `in_letters`: named in every letter to an account holder, whatever the case is about.
    """

    key: Key
    name: LocalText
    contact: Text
    purpose: LocalText
    categories: tuple[Key, ...]  # empty: for everyone
    verified: bool
    in_letters: bool = False
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class OutsideBody:
    """Who can help the holder of an account beside this installation: an ombudsman, a commission, legal aid, a court.

    Each stands on every code's page. `in_person` is the way without a device.
    """

    key: Key
    name: LocalText
    contact: Text
    purpose: LocalText
    in_person: LocalText
    verified: bool
    note: Text | None = None


@dataclass(frozen=True, config=STRICT)
class ReferralReceiver:
    """An office to which people may refer a case: how it is reached, what it takes, and by when it confirms.

    `authority`: of officers who read it on their page. Where nobody is registered, or no mail address is set, the way
    is by hand, at `contact`.
    """

    key: Key
    name: LocalText
    way: ReferralWay
    contact: Text
    categories: Annotated[tuple[Key, ...], Field(min_length=1)]
    takes: Annotated[tuple[Literal["urgent", "ordinary"], ...], Field(min_length=1)]
    acknowledge_hours: Hours
    verified: bool  # whether somebody has called the contact
    authority: OrganisationKind | None = None
    note: Text | None = None

    def accepts(self, category: str, *, urgent: bool) -> bool:
        """Whether a case of this category and urgency may be referred to it."""
        return category in self.categories and ("urgent" if urgent else "ordinary") in self.takes


@dataclass(frozen=True, config=STRICT)
class Receivers:
    """receivers.yaml. A clock reminds and alarms; it never decides that somebody was told."""

    address_hours: Hours  # from the decision until somebody has chosen a receiver
    review_hours: Hours  # until a second person has reviewed what one referred at once
    receivers: tuple[ReferralReceiver, ...]


@dataclass(frozen=True, config=STRICT)
class Wording:
    """A phrase that letters and pages put into their sentences, e.g. `restriction_close`."""

    key: Key
    id: Text
    en: Text


@dataclass(frozen=True)
class LexiconEntry:
    """A phrase that makes a case more likely to matter. It sorts and explains; it never decides.

    It counts only where one of `needs` stands in the same text (if there are any) and none of `exceptions`.
    `branch` is `victim_first` where a hit also calls for the victim-first way.
    """

    phrase: str
    category: str
    weight: float
    needs: tuple[str, ...]
    exceptions: tuple[str, ...]
    reason: LocalText
    example: str
    branch: Literal["none", "victim_first"] = "none"
