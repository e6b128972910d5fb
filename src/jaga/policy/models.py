"""The values of a release.

Each class is also the schema of its part of the YAML files.

Unknown keys are refused. docs/policy.md explains the fields to policy officers.
"""

from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from jaga.core.terms.cases import DecisionKind, Severity
from jaga.core.terms.people import Language, OrganisationKind
from jaga.core.terms.reports import Channel, ReferralWay

STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)

Text = Annotated[str, Field(min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,58}$")]
Hours = Annotated[int, Field(ge=1, le=24 * 365)]


def _severity(value: object) -> object:
    """Parse a severity, which YAML files write as a word so that a diff is readable."""
    if isinstance(value, Severity):  # when a release is built from another one
        return value
    if isinstance(value, str) and value.upper() in Severity.__members__:
        return Severity[value.upper()]
    raise ValueError("one of " + ", ".join(severity.name.lower() for severity in Severity))


SeverityWord = Annotated[Severity, BeforeValidator(_severity)]


def _in_every_language(value: Any, info: ValidationInfo) -> Any:
    """Refuse a text that lacks a language of its release (`fitting.fit` names them)."""
    if isinstance(value, dict):
        for language in (info.context or {}).get("languages", ()):
            text = value.get(language, "")
            if isinstance(text, str) and not text.strip():
                raise PydanticCustomError("language_missing", "language missing", {"language": language})
    return value


@dataclass(frozen=True, config=STRICT)
class LocalText:
    """A text in the languages of its release; none of them may be missing. Empty in another language."""

    id: str = ""
    en: str = ""

    _complete = model_validator(mode="before")(_in_every_language)

    def say(self, language: Language | str) -> str:
        """The text in that language, or in the release's if it has only one. Raises ValueError for an unknown one."""
        return (self.id if Language(language) is Language.INDONESIAN else self.en) or self.id or self.en

    def __str__(self) -> str:
        """The English text if there is one, for logs and the command line."""
        return self.say(Language.ENGLISH)

    def __add__(self, other: "LocalText") -> "LocalText":
        """Both texts, one after the other, in each language."""
        return LocalText(*("; ".join(filter(None, pair)) for pair in ((self.id, other.id), (self.en, other.en))))


@dataclass(frozen=True, config=STRICT)
class LocalZone:
    """A time zone of the jurisdiction, and the label after its times. Not `offered`: another one has the same times."""

    zone: Text
    label: Text | None = None  # without one the zone's own abbreviation, which summer changes
    offered: bool = True


@dataclass(frozen=True, config=STRICT)
class LocalTime:
    """The zone whose calendar days count, the one where a day begins first, and the labels of zones."""

    zone: Text
    first_zone: Text
    zones: Annotated[tuple[LocalZone, ...], Field(min_length=1)]


@dataclass(frozen=True, config=STRICT)
class Phones:
    """How telephone numbers without a country code are read."""

    country_code: Annotated[str, Field(pattern=r"^[1-9]\d{0,2}$")]
    trunk_prefix: Annotated[str, Field(pattern=r"^\d{1,2}$")]


@dataclass(frozen=True, config=STRICT)
class Citations:
    """Where the rules stand that pages and refusals speak of, cited in brackets; none where there is no such law."""

    notice: LocalText | None = None  # what makes a report a formal notice
    request: LocalText | None = None  # what an authority's request must contain
    urgent: LocalText | None = None  # what is urgent
    data: LocalText | None = None  # where a contact person for requests for data must live
    content: LocalText | None = None  # that content needs a court's order
    child_accounts: LocalText | None = None  # that accounts of children on certain apps are deactivated
    operators: LocalText | None = None  # the register in which operators have a number


@plain_dataclass(frozen=True)
class Citation:
    """A law to be put behind a word: in brackets after a space, or nothing where there is no such law."""

    law: LocalText | None

    def say(self, language: Language | str) -> str:
        """The citation in that language, as `LocalText.say`."""
        return f" ({self.law.say(language)})" if self.law else ""

    def __str__(self) -> str:
        """In English, as `LocalText`."""
        return self.say(Language.ENGLISH)


@dataclass(frozen=True, config=STRICT)
class AuthorityNames:
    """What a kind of authorities is called: `one` of them, and all (`many`)."""

    one: LocalText
    many: LocalText


@dataclass(frozen=True, config=STRICT)
class AuthorityKinds:
    """Names of the kinds of authorities, each where the product's own does not fit."""

    ministry: AuthorityNames | None = None
    police: AuthorityNames | None = None
    agency: AuthorityNames | None = None

    def get(self, kind: str) -> AuthorityNames | None:
        """The names of this kind; None for the product's own."""
        named: AuthorityNames | None = getattr(self, kind, None) if kind in ("ministry", "police", "agency") else None
        return named


CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


@dataclass(frozen=True, config=STRICT)
class Jurisdiction:
    """jurisdiction.yaml: where the release applies. `code` is that of ISO 3166-1, or EU.

    `emergency`: the numbers to call when somebody is in danger. `countries`: where contact persons for requests for
    data must live, by default `code` alone. `authorities`: names of kinds that the product calls otherwise.
    """

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: LocalText
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]  # the first is the default
    time: LocalTime
    emergency: Annotated[tuple[Annotated[str, Field(pattern=r"^\d{2,6}$")], ...], Field(min_length=1)]
    phones: Phones | None = None
    countries: tuple[CountryCode, ...] = ()
    authorities: AuthorityKinds = field(default_factory=AuthorityKinds)
    citations: Citations = field(default_factory=Citations)

    @property
    def emergency_numbers(self) -> LocalText:
        """The numbers as a sentence names them, such as "110 or 112"."""
        return LocalText(" atau ".join(self.emergency), " or ".join(self.emergency))

    @property
    def home_countries(self) -> tuple[str, ...]:
        """The countries in which contact persons for requests for data must live."""
        return self.countries or (self.code,)

    def cited(self, rule: str) -> "Citation":
        """The citation of a rule (a field of `Citations`), to be put behind a word."""
        return Citation(getattr(self.citations, rule))

    def international(self, number: str) -> str:
        """The digits of a telephone number with the country code, if it is known. Not checked for validity."""
        if self.phones and number.startswith(self.phones.trunk_prefix):
            return self.phones.country_code + number.removeprefix(self.phones.trunk_prefix)
        return number


@dataclass(frozen=True, config=STRICT)
class ReleaseInfo:
    """release.yaml: the identity of the release."""

    name: Key
    version: Annotated[str, Field(pattern=r"^\d{4}\.\d{1,3}$")]
    dated: date
    language: Language
    maintainer: Text


@dataclass(frozen=True, config=STRICT)
class Category:
    """A kind of complaint. `PolicyRelease.allowed_decisions` says what may be decided."""

    key: Key
    label: LocalText
    description: LocalText
    practice_label: Text  # the row of the ministry's statistics under which it is counted
    severity: SeverityWord
    victim_first: bool
    offered_on_form: bool
    order: Annotated[int, Field(ge=1)]
    mr5: Literal["9(4)(a)", "9(4)(c)", "none"]  # never (b), "disturbs the public": vague, and misused
    dsa_category: Text
    dsa_keywords: Annotated[tuple[str, ...], Field(min_length=1)]
    dsa_other: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    only_on: tuple[Text, ...] | None = None  # names of the high-risk platforms (`limits.HIGH_RISK_ONLY`)

    def is_on(self, platform: str) -> bool:
        """Whether accounts of that platform can be reported in this category."""
        return self.only_on is None or platform in self.only_on


@dataclass(frozen=True, config=STRICT)
class LegalBasis:
    """A legal provision and the days of conduct (inclusive) to which it applies.

    `source` and `read` say from whom the text is known and which text was read. With `only_in_requests` it is what an
    authority's demand rests on, and forbids nothing: no decision names it.
    """

    key: Key
    citation: Text
    title: LocalText
    categories: Annotated[tuple[Key, ...], Field(min_length=1)]
    authorities: tuple[OrganisationKind, ...]  # who may invoke it in a request
    valid_from: Annotated[date, Field(ge=date(1900, 1, 1))]
    source: Text
    read: Literal["gazette", "transcription", "second_hand", "none"]
    valid_until: date | None = None
    replaces: Key | None = None
    verified: bool = False
    note: Text | None = None
    only_in_requests: bool = False

    def covers(self, day: date) -> bool:
        """Whether it applies to conduct on that day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, config=STRICT)
class ChannelClock:
    """The deadline in hours for reports of a channel, with its source."""

    channel: Channel
    hours: Hours
    source: LocalText
    met_by_restriction: bool = False  # whether the restriction before a closure meets the deadline


@dataclass(frozen=True, config=STRICT)
class UrgentCategory:
    """A category that is urgent `always`, or only when the sender `marked` it."""

    category: Key
    when: Literal["always", "marked"]
    source: LocalText


@dataclass(frozen=True, config=STRICT)
class Sourced:
    """A duration with its source."""

    source: LocalText
    hours: Hours | None = None
    minutes: Annotated[int, Field(ge=1)] | None = None

    @property
    def span(self) -> timedelta:
        """The duration."""
        return timedelta(hours=self.hours or 0, minutes=self.minutes or 0)


@dataclass(frozen=True, config=STRICT)
class OperatorClocks:
    """The operator's time from provable receipt of a notice, and between two escalation letters."""

    hours: Hours
    hours_urgent: Hours
    data_days: Annotated[int, Field(ge=1, le=30)]  # calendar days of the jurisdiction
    source: LocalText
    data_source: LocalText


@dataclass(frozen=True, config=STRICT)
class AnswerFirst:
    """A category in which the holder has this many days to answer before anything is done."""

    category: Key
    days: Annotated[int, Field(ge=1, le=60)]
    source: LocalText

    @property
    def span(self) -> timedelta:
        """The duration."""
        return timedelta(days=self.days)


@dataclass(frozen=True, config=STRICT)
class Deadlines:
    """deadlines.yaml. A missed deadline marks a case overdue and raises an alarm; it never acts."""

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
    """The deadline of a report. `source` is the article, or says that it is our own rule."""

    due_at: datetime
    hours: int
    source: LocalText
    urgent: bool


@dataclass(frozen=True, config=STRICT)
class PermittedDecisions:
    """The decisions permitted in a category, and those that take two people."""

    category: Key
    allowed: tuple[DecisionKind, ...]
    second_person: tuple[DecisionKind, ...]


@dataclass(frozen=True, config=STRICT)
class Retries:
    """Attempts of an action before it is marked stuck, and their growing intervals."""

    attempts: Annotated[int, Field(ge=1, le=50)]
    first_wait: timedelta
    factor: Annotated[int, Field(ge=1, le=10)]
    longest_wait: timedelta
    jitter: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of an interval by which it varies at random

    def wait(self, attempt: int, chance: float = 0.0) -> timedelta:
        """The interval after this failed attempt (from 1). `chance` is between -1 and 1."""
        wait = self.first_wait
        for _ in range(attempt - 1):
            if wait >= self.longest_wait:
                break
            wait *= self.factor
        return min(wait, self.longest_wait) * (1 + self.jitter * chance)


@dataclass(frozen=True, config=STRICT)
class Breaker:
    """When requests to a failing platform are paused (a circuit breaker)."""

    failures: Annotated[int, Field(ge=1, le=1000)]  # consecutive
    pause: timedelta
    longest_pause: timedelta


@dataclass(frozen=True, config=STRICT)
class StrikeStep:
    """The suggested measure for an account with at least `strikes` active strikes."""

    strikes: Annotated[int, Field(ge=0, le=100)]
    suggests: DecisionKind
    days: Annotated[int, Field(ge=1, le=366)] | None = None  # of a restriction; None: without an end


@dataclass(frozen=True, config=STRICT)
class Strikes:
    """How long strikes count, and what they suggest. People decide."""

    expire: timedelta
    ladder: Annotated[tuple[StrikeStep, ...], Field(min_length=1)]

    def suggestion(self, in_force: int) -> StrikeStep:
        """The suggestion for this number of active strikes."""
        return max((step for step in self.ladder if step.strikes <= in_force), key=lambda step: step.strikes)


@dataclass(frozen=True, config=STRICT)
class Enforcement:
    """enforcement.yaml."""

    lease_minutes: Annotated[int, Field(ge=1, le=24 * 60)]
    undo_window_minutes: Annotated[int, Field(le=24 * 60)]  # shortest undo window of irreversible decisions
    appeal_window_days: Annotated[int, Field(ge=1, le=3660)]  # at least `limits.SHORTEST_APPEAL_DAYS`
    reading_time: timedelta  # between delivery of the holder's letter and the closure
    verification: Annotated[tuple[timedelta, ...], Field(min_length=1)]  # after the action; the first one is immediate
    retries: Retries
    breaker: Breaker
    restriction_days: Annotated[tuple[Annotated[int, Field(ge=1, le=366)], ...], Field(min_length=1)]
    strikes: Strikes
    ladders: tuple[PermittedDecisions, ...]


@dataclass(frozen=True, config=STRICT)
class Service:
    """A helpline or other service.

    Pages and letters show only those that `may_be_named`.

    `in_letters`: named in every letter to an account holder, whatever the case is about.
    `never_called`: an emergency number of the jurisdiction, which nobody may call for a test.
    """

    key: Key
    name: LocalText
    contact: Text
    purpose: LocalText
    categories: tuple[Key, ...]  # empty: for everyone
    verified: bool
    in_letters: bool = False
    never_called: bool = False
    note: Text | None = None

    @property
    def may_be_named(self) -> bool:
        """Whether pages and letters may send people there."""
        return self.verified or self.never_called


@dataclass(frozen=True, config=STRICT)
class OutsideBody:
    """An independent body for account holders: ombudsman, commission, legal aid, court.

    Shown on every code's page. `in_person` is the way without a device.
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
    """An office to which cases can be referred: how to reach it, what it accepts, and when it must confirm.

    `authority` is the kind of organisation whose officers read it on their page. Without a registered officer or mail
    address it is reached by hand at `contact`.
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
        """Whether it accepts a case of this category and urgency."""
        return category in self.categories and ("urgent" if urgent else "ordinary") in self.takes


@dataclass(frozen=True, config=STRICT)
class Receivers:
    """receivers.yaml. Its clocks remind and raise alarms only."""

    address_hours: Hours  # from the decision to the choice of a receiver
    review_hours: Hours  # to the review of a referral made by one person
    receivers: tuple[ReferralReceiver, ...]


@dataclass(frozen=True, config=STRICT)
class Wording:
    """A phrase used in letters and pages, such as `restriction_close`."""

    key: Key
    id: str = ""
    en: str = ""

    _complete = model_validator(mode="before")(_in_every_language)

    def say(self, language: Language | str) -> str:
        """The phrase in that language, as `LocalText.say`."""
        return LocalText(self.id, self.en).say(language)


@dataclass(frozen=True)
class LexiconEntry:
    """A phrase that raises a case's score.

    It sorts and explains; it never decides.

    It counts only if one of `needs` (if any) and none of `exceptions` occur in the same text. With `branch`
    `victim_first`, a match also proposes victim-first.
    """

    phrase: str
    category: str
    weight: float
    needs: tuple[str, ...]
    exceptions: tuple[str, ...]
    reason: LocalText
    example: str
    branch: Literal["none", "victim_first"] = "none"
