"""routing.yaml: queues, skills, and rules that choose a case's queue.

Pure.

A rule only sorts. Access is limited by a queue's clearance alone, and `limits` says which cases must have one.
"""

from collections.abc import Iterable
from dataclasses import dataclass as plain
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.core.terms.people import Clearance, Language
from jaga.core.terms.reports import Channel
from jaga.policy.models import STRICT, Key, LocalText, SeverityWord, Text


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
