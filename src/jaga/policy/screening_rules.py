"""rules/: screening rules as trees of typed conditions, without loops.

A condition has exactly one kind. `screening.rules.rules` compiles them; docs/policy.md explains them.

Lexicon files: phrases with weight, context, exceptions, a reason, and an example that must match.

The restricted regular expressions of rules, which hyperscan matches in linear time within one text.

Patterns match the folded text (`screening.text.block`): lower-case Latin letters, digits, ASCII signs and spaces.
Refused are lookarounds and backreferences, anything that could match a line break (texts are separated by line breaks),
and unbounded repeats. `screening.engine.proving` also compiles and times each pattern.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, fields, replace
from functools import cache, lru_cache
from operator import attrgetter, is_
from re import _parser  # type: ignore[attr-defined]
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from jaga.core.canonical import SHA256_WHOLE
from jaga.core.errors import N_
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
from jaga.policy.models import STRICT, Key, LexiconEntry, LocalText, Text
from jaga.policy.problems import fill
from jaga.policy.shapes import NamedShape, with_shapes, written_shape


@dataclass(frozen=True, config=STRICT)
class WordList:
    """Words that serve as context of phrases."""

    key: Key
    purpose: Text
    words: Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True, config=STRICT)
class WordListFile:
    """lexicons/words.yaml."""

    lists: tuple[WordList, ...]


@dataclass(frozen=True, config=STRICT)
class LexiconPhrase:
    """A phrase as written in a lexicon file; `needs` and `exceptions` name word lists."""

    phrase: Text
    weight: Annotated[float, Field(gt=0, le=1)]
    reason: LocalText
    example: Text
    needs: tuple[Key, ...] = ()
    exceptions: tuple[Key, ...] = ()


@dataclass(frozen=True, config=STRICT)
class LexiconFile:
    """A file of `lexicons/` other than words.yaml."""

    category: Key
    branch: Literal["none", "victim_first"]
    entries: tuple[LexiconPhrase, ...]


def expand(file: LexiconFile, lists: dict[str, WordList]) -> tuple[LexiconEntry, ...]:
    """The file's entries with their word lists inserted. All named lists must exist."""
    return tuple(
        LexiconEntry(
            entry.phrase, file.category, entry.weight, *context(entry, lists), entry.reason, entry.example, file.branch
        )
        for entry in file.entries
    )


def context(entry: LexiconPhrase, lists: dict[str, WordList]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words a phrase needs and its exceptions. A word within the phrase does not count as its context."""
    needs = (word for name in entry.needs for word in lists[name].words)
    exceptions = (word for name in entry.exceptions for word in lists[name].words)
    return tuple(word for word in needs if not occurs_in(word, entry.phrase)), tuple(exceptions)


def occurs_in(phrase: str, text: str) -> bool:
    """Whether the phrase occurs in the text as whole words.

    Only for checking examples; screening has its own engine.
    """
    return re.search(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", text.casefold()) is not None


LONGEST = 300
MOST_REPEATS = 40
MOST_TOGETHER = 400
"""The largest product of nested repeats, e.g. `(?:a{2,20}b){1,20}`."""

MOST_POSITIONS = 400
"""The largest number of characters and classes of a pattern once its repeats are written out, which is the size of the
automaton. Hyperscan refuses larger ones, or holds megabytes and takes seconds for them."""

_TOKEN = re.compile(
    r"""(?P<escape>\\.)|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\(\?<?.|\()|(?P<close>\))"""
    r"""|(?P<counted>\{\d*,?\d*\})|(?P<repeat>[*+?])|(?P<plain>.)""",
    re.DOTALL,
)
_ESCAPES = frozenset("bd") | frozenset(".^$*+?{}[]\\|()/-:@#&!%=_'\"~,;<> ")


@lru_cache(maxsize=4096)  # drafts of a release differ in few of their hundreds of patterns
def faults_of(pattern: str, longest: int = LONGEST) -> tuple[tuple[str, str], ...]:
    """The problems of a pattern with their remedies; nothing if it is valid."""
    return tuple(_faults(pattern, longest))


def _faults(pattern: str, longest: int) -> Iterator[tuple[str, str]]:
    if len(pattern) > longest:
        yield (
            fill(N_("the pattern is longer than %(longest)s characters"), longest=longest),
            N_("Write two rules, or a word list."),
        )
        return
    if pattern != pattern.lower() and not re.search(r"\\[A-Z]", pattern):
        yield N_("the pattern has capital letters"), N_("Texts are screened in lower case; use lower-case letters.")
    if not pattern.isascii():
        yield (
            N_("the pattern has characters that never occur in a screened text"),
            N_("Use a to z, 0 to 9 and ASCII punctuation."),
        )
    faults = [*_not_the_same_everywhere(pattern)]
    if faults:
        yield from faults
        return
    try:
        parsed = _parser.parse(pattern)
    except re.error as error:
        yield (
            fill(N_("this is not a regular expression: %(error)s"), error=error),
            N_("Check the brackets and repeats."),
        )
        return
    yield from _token_faults(pattern)
    if (size := _positions(parsed)) > MOST_POSITIONS:
        yield (
            fill(N_("the pattern has %(size)s characters when its repeats are written out"), size=size),
            fill(N_("At most %(most)s: repeat less, or write two rules."), most=MOST_POSITIONS),
        )
    if parsed.getwidth()[0] == 0:
        yield N_("the pattern matches an empty text"), N_("Make it match at least one character.")


def _not_the_same_everywhere(pattern: str) -> Iterator[tuple[str, str]]:
    """What Python and hyperscan interpret differently, found by fuzzing. Python only warns about some of it."""
    if any(char < " " for char in pattern):
        yield (
            N_("the pattern has a control character"),
            N_("Remove it: screened texts have none, and hyperscan stops reading at a NUL."),
        )
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "class" and re.search(r"(?<!\\)\[|--|&&|~~|\|\|", written[1:]):
            yield (
                fill(N_("`%(written)s` has brackets or doubled characters within brackets"), written=written),
                N_("Write `\\[`, and each character once."),
            )
        elif kind == "counted" and written.startswith("{,"):
            yield (
                fill(N_("`%(written)s` has no minimum"), written=written),
                fill(N_("Write {0%(rest)s."), rest=written[1:]),
            )


def _token_faults(pattern: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "open" and written not in ("(", "(?:"):
            yield (
                fill(N_("`%(written)s` is a lookaround, a named group or a flag"), written=written),
                N_("Use plain groups, `(?:…)`, and `unless`."),
            )
        elif kind == "escape" and written[1] in "123456789":
            yield (
                fill(N_("`%(written)s` is a back-reference to a group"), written=written),
                N_("Write out what can occur there."),
            )
        elif kind == "escape" and written[1] not in _ESCAPES:
            yield (
                fill(N_("`%(written)s` is not part of the pattern syntax"), written=written),
                (N_("Use [a-z], [0-9], \\d, \\b, a space and escaped characters; none of these matches a line break.")),
            )
        elif kind == "class" and (written.startswith("[^") or re.search(r"\\[^d.\]\[\\/^-]", written)):
            yield (
                fill(N_("`%(written)s` could match a line break"), written=written),
                N_("List the characters that can occur there."),
            )
        elif kind == "counted" and any(int(n) > MOST_REPEATS for n in re.findall(r"\d+", written)):
            yield (
                fill(
                    N_("`%(written)s` repeats more than %(most_repeats)s times"),
                    written=written,
                    most_repeats=MOST_REPEATS,
                ),
                N_("Repeat less often."),
            )
        elif (kind == "repeat" and written in "*+") or (kind == "counted" and written.endswith(",}")):
            yield (
                fill(N_("`%(written)s` repeats without a limit"), written=written),
                fill(N_("Write the largest number of repeats, e.g. {1,%(most_repeats)s}."), most_repeats=MOST_REPEATS),
            )
    if _together(pattern) > MOST_TOGETHER:
        yield (
            N_("nested repeats multiply"),
            fill(N_("Keep their product at %(most_together)s or less."), most_together=MOST_TOGETHER),
        )


def _together(pattern: str) -> int:
    """The largest product of nested counted repeats."""
    inside, last = [1], 1
    for match in _TOKEN.finditer(pattern):
        written, kind = match.group(), match.lastgroup
        if kind == "open":
            inside.append(1)
        elif kind == "close" and len(inside) > 1:
            last = inside.pop()
            inside[-1] = max(inside[-1], last)
        elif kind == "counted":
            last *= max(map(int, re.findall(r"\d+", written)), default=1)
            inside[-1] = max(inside[-1], last)
        else:
            last = 1
    return max(inside)


def _positions(parsed: Any) -> int:
    """Characters and classes with their repeats written out; `parsed` is of Python's parser."""
    found = 0
    for kind, given in parsed:
        match str(kind):
            case "SUBPATTERN":
                found += _positions(given[3])
            case "MAX_REPEAT" | "MIN_REPEAT":
                found += min(int(given[1]), MOST_POSITIONS + 1) * _positions(given[2])
            case "BRANCH":
                found += sum(_positions(one) for one in given[1])
            case "AT":
                pass
            case _:
                found += 1
    return found


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
