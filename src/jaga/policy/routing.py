"""routing.yaml: queues, skills, and rules that choose a case's queue.

Pure.

A rule only sorts. Access is limited by a queue's clearance alone, and `limits` says which cases must have one.

Validates a document against its schema; each problem has its line and is worded for policy officers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass as plain
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.terms.people import Clearance, Language
from jaga.core.terms.reports import Channel
from jaga.policy.documents import Document, Place
from jaga.policy.models import STRICT, Key, LocalText, SeverityWord, Text
from jaga.policy.problems import ReleaseProblem, fill

T = TypeVar("T")


def fit(
    document: Document, schema: type[T], languages: tuple[str, ...] = tuple(Language)
) -> tuple[T | None, list[ReleaseProblem]]:
    """The document as a value of `schema`, or None with all problems. Each text must be there in all `languages`."""
    try:
        value = TypeAdapter(schema).validate_python(document.value, context={"languages": languages})
    except ValidationError as error:
        return None, [_problem(document, fault) for fault in error.errors(include_url=False)]
    misread = [*_misread(document, document.value, value, ())]
    return (None, misread) if misread else (value, [])


def _misread(document: Document, written: object, value: object, place: Place) -> Iterator[ReleaseProblem]:
    """Where `yes` or `true` was read as the number 1, or a number or word as a yes: the meaning is unclear."""
    if isinstance(written, dict):
        for key, part in written.items():
            yield from _misread(document, part, getattr(value, key, getattr(value, f"{key}_", None)), (*place, key))
    elif isinstance(written, list) and isinstance(value, tuple):
        for index, (part, own) in enumerate(zip(written, value, strict=False)):
            yield from _misread(document, part, own, (*place, index))
    elif isinstance(written, bool) != isinstance(value, bool) and value is not None:
        name = next((part for part in reversed(place) if isinstance(part, str)), "the file")
        if isinstance(written, bool):
            yield document.problem(
                place,
                fill(N_("`%(name)s` is a yes or no, but a number is expected"), name=name),
                N_("YAML reads yes, no, on and off as true or false. Write the number."),
            )
        else:
            yield document.problem(
                place, fill(N_("`%(name)s` is not a clear yes or no"), name=name), N_("Write true or false.")
            )


def _problem(document: Document, fault: Any) -> ReleaseProblem:
    place = tuple(fault["loc"])
    if fault["type"] == "language_missing":
        place = (*place, fault["ctx"]["language"])
    name = next((part for part in reversed(place) if isinstance(part, str)), "the file")
    kind = str(fault["type"])
    if kind in ("missing", "language_missing") or (kind == "string_too_short" and name in ("id", "en")):
        if name in ("id", "en"):
            whole = ".".join(str(part) for part in place[:-1] if isinstance(part, str)) or "this text"
            return document.problem(
                place,
                fill(N_("the translation `%(name)s` of `%(whole)s` is missing"), name=name, whole=whole),
                fill(N_("Add `%(name)s:` with the text."), name=name),
            )
        return document.problem(
            place,
            fill(N_("`%(name)s` is missing"), name=name),
            fill(N_("Add `%(name)s:`; docs/policy.md explains it."), name=name),
        )
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return document.problem(
            place,
            fill(N_("`%(name)s` is not known here"), name=name),
            N_("Correct its spelling (docs/policy.md lists the fields) or remove it."),
        )
    if kind == "string_type":
        return document.problem(
            place,
            fill(N_("`%(name)s` must be text, not %(value)s"), name=name, value=repr(fault["input"])),
            N_('Put it in "quotes".'),
        )
    given = fault["input"]
    shown = f" (found {given!r})" if isinstance(given, str | int | float | bool) else ""
    return document.problem(
        place, fill(N_("`%(name)s` is not valid%(shown)s"), name=name, shown=shown), _expected(kind, fault)
    )


_EXPECTED = {
    "greater_than": N_("Expected: more than %(gt)s."),
    "greater_than_equal": N_("Expected: %(ge)s or more."),
    "less_than": N_("Expected: less than %(lt)s."),
    "less_than_equal": N_("Expected: %(le)s or less."),
    "literal_error": N_("Expected: %(expected)s."),
    "enum": N_("Expected: %(expected)s."),
    "int_parsing": N_("Expected: a whole number."),
    "int_type": N_("Expected: a whole number."),
    "int_from_float": N_("Expected: a whole number."),
    "float_parsing": N_("Expected: a number."),
    "float_type": N_("Expected: a number."),
    "bool_parsing": N_("Write true or false."),
    "bool_type": N_("Write true or false."),
    "string_too_short": N_("Expected: text that is not empty."),
    "date_from_datetime_parsing": N_("Expected: a date such as 2026-01-31."),
    "date_type": N_("Expected: a date such as 2026-01-31."),
    "date_parsing": N_("Expected: a date such as 2026-01-31."),
    "time_delta_parsing": N_("Expected: a duration such as PT5M (minutes), PT1H (hours) or P7D (days)."),
    "time_delta_type": N_("Expected: a duration such as PT5M (minutes), PT1H (hours) or P7D (days)."),
    "tuple_type": N_("Expected: a list."),
    "too_short": N_("Expected: a list with at least one entry."),
    "dataclass_type": N_("Expected: named fields (`name: value`)."),
    "string_pattern_mismatch": N_(
        "Expected: a name of lower-case letters, digits and _, or the form in docs/policy.md."
    ),
}


def _expected(kind: str, fault: Any) -> str:
    """The expected value, in our words if there are some, else in pydantic's."""
    if msgid := _EXPECTED.get(kind):
        return fill(msgid, **fault.get("ctx", {}))
    message = str(fault["msg"]).removeprefix("Value error, ")
    return fill(N_("Expected: %(what)s."), what=message[0].lower() + message[1:])


@dataclass(frozen=True, config=STRICT)
class Skill:
    """A skill, such as a language. The console records who has it."""

    key: Key
    label: LocalText


@dataclass(frozen=True, config=STRICT)
class Queue:
    """A queue. `skill`: who gets it first; `clearance`: required to see its cases at all."""

    key: Key
    label: LocalText
    description: LocalText
    skill: Key | None = None
    clearance: Clearance | None = None


@dataclass(frozen=True, config=STRICT)
class When:
    """The conditions of a rule: each named field must have one of its values."""

    category: tuple[Key, ...] = ()
    channel: tuple[Channel, ...] = ()
    language: tuple[Language, ...] = ()
    platform: tuple[Text, ...] = ()
    severity: SeverityWord | None = None  # at least
    victim_first: bool | None = None
    flagged: bool | None = None


@dataclass(frozen=True, config=STRICT)
class RoutingRule:
    """Cases that meet `when` go to this queue. The first matching rule counts."""

    when: When
    queue: Key
    why: LocalText


@dataclass(frozen=True, config=STRICT)
class Routing:
    """routing.yaml."""

    skills: tuple[Skill, ...]
    queues: Annotated[tuple[Queue, ...], Field(min_length=1)]
    rules: tuple[RoutingRule, ...]
    default: Key
    default_why: LocalText

    def queue(self, key: str) -> Queue:
        """The queue with that key, or the default one if this release lacks it."""
        queues = {queue.key: queue for queue in self.queues}
        return queues.get(key) or queues[self.default]

    def place(self, facts: "RoutingFacts") -> "Placed":
        """The queue for such a case, and the reason."""
        rule = next((rule for rule in self.rules if fits(rule.when, facts)), None)
        return Placed(self.queue(rule.queue), rule.why) if rule else Placed(self.queue(self.default), self.default_why)


@plain(frozen=True)
class RoutingFacts:
    """The facts that rules use. `platform` is its name; "" if not known yet."""

    category: str
    channel: str
    language: str
    severity: int
    victim_first: bool = False
    flagged: bool = False
    platform: str = ""


@plain(frozen=True)
class Placed:
    """A queue, and the reason as a sentence."""

    queue: Queue
    why: LocalText


def fits(when: When, facts: RoutingFacts) -> bool:
    """Whether all conditions hold; an empty one always does."""
    return (
        _among(facts.category, when.category)
        and _among(facts.channel, when.channel)
        and _among(facts.language, when.language)
        and _among(facts.platform, when.platform)
        and (when.severity is None or facts.severity >= when.severity)
        and (when.victim_first is None or facts.victim_first is when.victim_first)
        and (when.flagged is None or facts.flagged is when.flagged)
    )


def _among(value: str, wanted: Iterable[str]) -> bool:
    return not wanted or value in wanted


def covers(earlier: When, later: When) -> bool:
    """Whether `earlier` matches everything that `later` matches, so that the later rule is unreachable."""
    return (
        _within(earlier.category, later.category)
        and _within(earlier.channel, later.channel)
        and _within(earlier.language, later.language)
        and _within(earlier.platform, later.platform)
        and (earlier.severity is None or (later.severity is not None and later.severity >= earlier.severity))
        and (earlier.victim_first is None or later.victim_first is earlier.victim_first)
        and (earlier.flagged is None or later.flagged is earlier.flagged)
    )


def _within(earlier: tuple[str, ...], later: tuple[str, ...]) -> bool:
    return not earlier or (bool(later) and set(later) <= set(earlier))
