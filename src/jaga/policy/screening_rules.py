"""rules/: screening rules as trees of typed conditions, without loops.

A condition has exactly one kind. `screening.rules.rules` compiles them; docs/policy.md explains them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, fields, replace
from functools import cache
from operator import attrgetter, is_
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from jaga.core.canonical import SHA256_WHOLE
from jaga.policy.limits import (
    LEAST_PRECISION_LINE,
    LEAST_SAMPLED,
    LEAST_SHARED_CASES,
    LONGEST_CONTACT_DAYS,
    LONGEST_SHARED_DAYS,
    MOST_SAMPLED,
    MOST_SHARED_CASES,
    SHORTEST_CONTACT_DAYS,
)
from jaga.policy.models import STRICT, Key, LocalText, Text
from jaga.policy.shapes import NamedShape, with_shapes, written_shape

ContactKind = Literal["phone", "mail", "handle", "link"]
Surface = Literal["name", "bio", "message", "comment", "report"]
Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1, le=100_000)]
CONTACT_KINDS: tuple[ContactKind, ...] = get_args(ContactKind)
_ALIASED = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True, config=STRICT)
class AtLeast:
    """At least `count` of the conditions hold."""

    count: Annotated[int, Field(ge=2, le=200)]
    of: Annotated[tuple["RuleCondition", ...], Field(min_length=2)]


@dataclass(frozen=True, config=STRICT)
class PointedSign:
    """A sign and the points it gives where it holds. Negative points speak against."""

    points: Annotated[int, Field(ge=-9, le=9)]
    when: "RuleCondition"

    @model_validator(mode="after")
    def _some(self) -> "PointedSign":
        if self.points == 0:
            raise ValueError("points from -9 to 9, but not 0")
        return self


@dataclass(frozen=True, config=STRICT)
class Scorecard:
    """The points of the signs that hold sum up to `least` or more."""

    least: Annotated[int, Field(ge=2, le=99)]
    signs: Annotated[tuple[PointedSign, ...], Field(min_length=2)]


@dataclass(frozen=True, config=_ALIASED)
class RuleCondition:
    """A condition on a text, its account or its place. Exactly one kind is given."""

    all: Annotated[tuple["RuleCondition", ...], Field(min_length=1)] | None = None
    any: Annotated[tuple["RuleCondition", ...], Field(min_length=1)] | None = None
    not_: Annotated["RuleCondition | None", Field(alias="not")] = None
    at_least: AtLeast | None = None
    points: Scorecard | None = None
    condition: Key | None = None
    phrase: Text | None = None
    words: Key | None = None
    pattern: Text | None = None
    disguised: Annotated[int, Field(ge=2, le=100)] | None = None
    contact: Annotated[tuple[ContactKind, ...], Field(min_length=1)] | None = None
    platform: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    surface: Annotated[tuple[Surface, ...], Field(min_length=1)] | None = None
    younger_than_days: Count | None = None
    copies: Annotated[int, Field(ge=2, le=1_000_000)] | None = None
    listed: Key | None = None
    decided: Count | None = None
    count: Annotated[int, Field(ge=2, le=20)] | None = None  # with `words`: at least this many different ones

    @model_validator(mode="after")
    def _one_kind(self) -> "RuleCondition":
        values = _read_kinds()(self)
        if values.count(None) != len(values) - 1:  # asked tens of thousands of times for each release
            given = " and ".join(f"`{kind}`" for kind in self.kinds()) or "none"
            raise ValueError(f"exactly one kind of condition in each entry, not {given}")
        if self.count is not None and self.words is None:
            raise ValueError("`count` only together with `words`")
        return self

    def kinds(self) -> tuple[str, ...]:
        """The given kinds, as written in YAML."""
        return tuple(kind for name, kind in _kinds() if getattr(self, name) is not None)

    def parts(self) -> tuple[tuple[tuple[str | int, ...], "RuleCondition"], ...]:
        """The conditions within this one, with their places."""
        if self.not_ is not None:
            return ((("not",), self.not_),)
        if self.at_least is not None:
            return tuple((("at_least", "of", at), one) for at, one in enumerate(self.at_least.of))
        if self.points is not None:
            return tuple((("points", "signs", at, "when"), one.when) for at, one in enumerate(self.points.signs))
        name = "all" if self.all is not None else "any"
        return tuple(((name, at), one) for at, one in enumerate(self.all or self.any or ()))


@cache
def _kinds() -> tuple[tuple[str, str], ...]:
    """The fields of a condition that are its kinds, with their names in YAML: asked for each of thousands."""
    return tuple((one.name, one.name.rstrip("_")) for one in fields(RuleCondition) if one.name != "count")


@cache
def _read_kinds() -> "attrgetter[tuple[object, ...]]":
    return attrgetter(*(name for name, _ in _kinds()))


@dataclass(frozen=True, config=STRICT)
class SharedCondition:
    """A named condition for several rules. It may use earlier ones, so there are no loops."""

    key: Key
    purpose: Text
    when: RuleCondition


@dataclass(frozen=True, config=STRICT)
class SharedFile:
    """rules/shared.yaml."""

    conditions: tuple[SharedCondition, ...]
    shapes: tuple[NamedShape, ...] = ()


@dataclass(frozen=True, config=STRICT)
class WrittenRule:
    """A rule as written. In `shadow` mode its matches are counted without effect."""

    key: Key
    weight: Share
    when: RuleCondition
    reason: LocalText
    matches: Annotated[tuple[Text, ...], Field(min_length=1)]
    passes: Annotated[tuple[Text, ...], Field(min_length=1)]
    unless: tuple[Key, ...] = ()
    mode: Literal["live", "shadow"] = "live"
    nearly: Annotated[int, Field(ge=2, le=99)] | None = None
    """With `points`: the sum from which on the false-alarm filter decides whether the rule holds all the same."""


@dataclass(frozen=True, config=STRICT)
class RuleFile:
    """A file of `rules/` other than shared.yaml. Its own `unless` holds for every rule in it."""

    category: Key
    branch: Literal["none", "victim_first"]
    rules: tuple[WrittenRule, ...]
    unless: tuple[Key, ...] = ()


@dataclass(frozen=True, config=STRICT)
class AccountList:
    """A list of accounts that rules may refer to (`listed`). Its members are in the screened files."""

    key: Key
    purpose: Text


@dataclass(frozen=True, config=STRICT)
class KnownContact:
    """Contacts of a bank, helpline, ministry or newsroom, which never tie accounts together."""

    who: Text
    contacts: Text


@dataclass(frozen=True, config=STRICT)
class Screening:
    """screening.yaml: the score from which a case is flagged, the limits of the false-alarm filter, the requirements
    for trained models, how rules are measured on a sample that people judge, and of how many accounts with the same
    words a watch makes cases before people judged some (`shared_words_cases`; None: of all).
    """

    flagged_from: Annotated[float, Field(ge=0.1, le=1)]
    model_from: Annotated[float, Field(ge=0.5, le=0.999)] = 0.8
    model_cases: Annotated[int, Field(ge=20, le=100_000)] = 50
    account_lists: tuple[AccountList, ...] = ()
    filter_below: Annotated[float, Field(ge=0, le=0.5)] = 0.25
    filter_up_to: Annotated[float, Field(ge=0.1, le=1)] = 0.9
    filter_spares: tuple[Key, ...] = ()
    known_contacts: tuple[KnownContact, ...] = ()
    contact_days: Annotated[int, Field(ge=SHORTEST_CONTACT_DAYS, le=LONGEST_CONTACT_DAYS)] = 365
    nearly_from: Annotated[float, Field(ge=0.5, le=1)] = 1.0
    precision_line: Annotated[float, Field(ge=LEAST_PRECISION_LINE, le=0.95)] = 0.5
    sampled_flagged: Annotated[int, Field(ge=LEAST_SAMPLED, le=MOST_SAMPLED)] = 10  # a week, for each rule and source
    sampled_unflagged: Annotated[int, Field(ge=LEAST_SAMPLED, le=MOST_SAMPLED)] = 50  # a week, for each source
    shared_words_cases: Annotated[int, Field(ge=LEAST_SHARED_CASES, le=MOST_SHARED_CASES)] | None = None
    shared_words_days: Annotated[int, Field(ge=1, le=LONGEST_SHARED_DAYS)] = 7


@dataclass(frozen=True, config=STRICT)
class FilterFile:
    """filter.yaml: the models of the false-alarm filter, and the SHA-256 of the texts that they were learnt from.

    `jaga policy learn-filter` writes it; `screening.engine.false_alarms` reads the models.
    """

    texts: Annotated[str, Field(pattern=SHA256_WHOLE)]
    model: Annotated[str, Field(min_length=1, max_length=800_000)]


@dataclass(frozen=True)
class ScreeningRule:
    """A rule with all names resolved: no `condition`, no `points`, no shapes, and `words` in `word_lists`."""

    key: str
    category: str
    weight: float
    when: RuleCondition
    reason: LocalText
    branch: Literal["none", "victim_first"] = "none"
    mode: Literal["live", "shadow"] = "live"
    matches: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    nearly: RuleCondition | None = None
    """The same with a lower sum, for what the false-alarm filter decides; None: nothing."""


@dataclass(frozen=True)
class SharedNames:
    """What rules may name: conditions, and shapes in their patterns; each already written out."""

    conditions: Mapping[str, RuleCondition] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)


def expand_rules(file: RuleFile, shared: SharedNames) -> tuple[ScreeningRule, ...]:
    """The file's rules with shared conditions, exceptions and shapes inserted. All names must exist."""
    return tuple(
        ScreeningRule(
            rule.key,
            file.category,
            rule.weight,
            with_exceptions(rule, file.unless, shared),
            rule.reason,
            file.branch,
            rule.mode,
            rule.matches,
            rule.passes,
            None if rule.nearly is None else with_exceptions(_lowered(rule), file.unless, shared),
        )
        for rule in file.rules
    )


def _lowered(rule: WrittenRule) -> WrittenRule:
    """The rule with `nearly` as its sum."""
    card = rule.when.points
    if rule.nearly is None or card is None:
        raise ValueError("a rule without `nearly`")
    return replace(rule, nearly=None, when=RuleCondition(points=replace(card, least=rule.nearly)))


def expand_shared(file: SharedFile) -> SharedNames:
    """Shared conditions and shapes by name, each with earlier ones inserted."""
    shapes: dict[str, str] = {}
    for shape in file.shapes:
        shapes[shape.key] = written_shape(shape, shapes)
    conditions: dict[str, RuleCondition] = {}
    for one in file.conditions:
        conditions[one.key] = written_out(one.when, SharedNames(conditions, shapes))
    return SharedNames(conditions, shapes)


def with_exceptions(rule: WrittenRule, also: tuple[Key, ...], shared: SharedNames) -> RuleCondition:
    """The rule's condition combined with the negation of its exceptions and of its file's."""
    when = written_out(rule.when, shared)
    unless = dict.fromkeys((*rule.unless, *also))
    if not unless:
        return when
    return RuleCondition(all=(when, *(negated(shared.conditions[key]) for key in unless)))


def negated(condition: RuleCondition) -> RuleCondition:
    """The negated condition."""
    opposite: Any = {"not": condition}
    return RuleCondition(**opposite)


def written_out(condition: RuleCondition, shared: SharedNames) -> RuleCondition:
    """The condition with shared conditions and shapes inserted. Raises KeyError for an unknown one."""
    if condition.condition is not None:
        return shared.conditions[condition.condition]
    if condition.pattern is not None:
        pattern = with_shapes(condition.pattern, shared.shapes)
        return condition if pattern == condition.pattern else RuleCondition(pattern=pattern)
    as_written = tuple(part for _, part in condition.parts())
    parts = tuple(written_out(part, shared) for part in as_written)
    if condition.points is None and all(map(is_, parts, as_written)):
        return condition  # most name nothing shared, and a new one would be checked with all its parts
    if condition.not_ is not None:
        return negated(parts[0])
    if condition.at_least is not None:
        return RuleCondition(at_least=AtLeast(condition.at_least.count, parts))
    if condition.points is not None:
        return counted_out(condition.points, parts)
    if condition.all is not None:
        return RuleCondition(all=parts)
    return RuleCondition(any=parts) if condition.any is not None else condition


def counted_out(card: Scorecard, parts: tuple[RuleCondition, ...]) -> RuleCondition:
    """The scorecard as an `at_least`: a sign of 3 points is listed three times.

    A sign of -2 points is two times its opposite, and two more must hold.
    """
    of = tuple(
        one
        for sign, part in zip(card.signs, parts, strict=True)
        for one in ((part if sign.points > 0 else negated(part)),) * abs(sign.points)
    )
    return RuleCondition(at_least=AtLeast(card.least - sum(min(0, sign.points) for sign in card.signs), of))


def walk(
    condition: RuleCondition, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], RuleCondition]]:
    """The condition and all its parts, each with its place."""
    yield place, condition
    for at, part in condition.parts():
        yield from walk(part, (*place, *at))


def needs_words(condition: RuleCondition) -> bool:
    """Whether it can hold only if something occurs in the text.

    A rule without that would only be about a person's place, age or past.
    """
    if condition.all is not None:
        return any(needs_words(part) for part in condition.all)
    if condition.any is not None:
        return all(needs_words(part) for part in condition.any)
    if condition.at_least is not None:
        return sum(not needs_words(part) for part in condition.at_least.of) < condition.at_least.count
    return any(
        value is not None
        for value in (condition.phrase, condition.words, condition.pattern, condition.disguised, condition.contact)
    )
