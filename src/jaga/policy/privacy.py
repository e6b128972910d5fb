"""data-protection.yaml: the law on personal data, as the page *Privacy* and the assessment cite it.

What is kept, and why, is said by the inventory (`store.inventory`). Which article permits it differs by jurisdiction
and is said here.

retention.yaml: how long each kind of data is kept after a case was closed, by how it ended.

When data of a case falls due for deletion: computed from facts of the case and the rules of the release.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass as dataclass_of_dataclasses
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.core.terms.privacy import BindingReason, CaseEnding, DataKind, RefusalGround
from jaga.policy.models import STRICT, Key, LocalText, Text

BASES = ("legal_obligation", "public_task", "consent", "vital_interest", "contract", "legitimate_interest")
"""The grounds on which personal data may be processed, which both laws that Jaga ships know."""
RIGHTS = ("access", "correction", "erasure", "objection")
"""Rights that every release names. It may name more."""


@dataclass(frozen=True, config=STRICT)
class LawfulBasis:
    """A ground for processing, in plain words, with its article."""

    key: Literal["legal_obligation", "public_task", "consent", "vital_interest", "contract", "legitimate_interest"]
    title: LocalText
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class DataRight:
    """A right of the person concerned."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,40}$")]
    title: LocalText
    text: LocalText
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class Complaints:
    """The authority to which anybody may complain."""

    name: LocalText
    contact: LocalText
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class RefusalBasis:
    """The article on which a request is refused for this reason."""

    ground: RefusalGround
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class Clock:
    """Hours within which the law wants something done."""

    hours: Annotated[int, Field(ge=1, le=24 * 100)]
    citation: LocalText


@dataclass(frozen=True, config=STRICT)
class DataProtection:
    """data-protection.yaml."""

    law: LocalText
    source: Text
    read: Literal["gazette", "transcription", "second_hand", "none"]
    verified: bool
    bases: tuple[LawfulBasis, ...]
    rights: tuple[DataRight, ...]
    complaints: Complaints
    refusals: tuple[RefusalBasis, ...]
    answer: Clock  # of a person's request
    breach: Clock  # of the notice after a breach
    special: LocalText  # data that need more care: its article
    minors: LocalText
    assessment: LocalText  # the article that wants one
    note: Text | None = None

    def basis(self, key: str) -> LawfulBasis:
        """That ground. Raises KeyError."""
        return {basis.key: basis for basis in self.bases}[key]  # type: ignore[index]

    def refusal(self, ground: RefusalGround) -> LocalText:
        """The article on which a request is refused for this reason."""
        return next(one.citation for one in self.refusals if one.ground is ground)


ANY = "any"
"""Stands for every category, or every ending, that has no rule of its own."""
Days = Annotated[int, Field(ge=0, le=1_000_000)]  # `limits.LONGEST_KEPT_DAYS` refuses with a better sentence


@dataclass(frozen=True, config=STRICT)
class RetentionRule:
    """A period in whole days from the day on which the case was closed. `key` names it in the ledger.

    Applies from `valid_from` on, to cases closed earlier as well, until a later rule for the same data takes over.
    """

    key: Key
    kind: DataKind
    ending: CaseEnding | Annotated[str, Field(pattern=f"^{ANY}$")]
    category: Key  # or `ANY`
    days: Days
    valid_from: date
    source: LocalText

    def covers(self, kind: DataKind, ending: CaseEnding, category: str, on: date) -> bool:
        """Whether it speaks of this data on that day."""
        return (
            self.kind is kind
            and self.valid_from <= on
            and self.ending in (ending, ANY)
            and self.category in (category, ANY)
        )


@dataclass(frozen=True, config=STRICT)
class OutsideRemedy:
    """How long after the end of the appeal window a holder may still turn to a body or court outside."""

    days: Annotated[int, Field(ge=0, le=3660)]
    source: LocalText


@dataclass(frozen=True, config=STRICT)
class Retention:
    """retention.yaml."""

    outside_remedy: OutsideRemedy
    rules: Annotated[tuple[RetentionRule, ...], Field(min_length=1)]

    def rule(self, kind: DataKind, ending: CaseEnding, category: str, on: date) -> RetentionRule | None:
        """The rule for this data on that day: one of the category before one for any, then one of the ending before
        one for any, then the latest. None if there is none; a checked release has one on each day from its own date on.
        """
        return chosen([rule for rule in self.rules if rule.covers(kind, ending, category, on)])

    def access_log_rule(self, on: date) -> RetentionRule | None:
        """The rule for the access log, which belongs to no case."""
        return chosen([rule for rule in self.rules if rule.kind is DataKind.ACCESS_LOG and rule.valid_from <= on])


def chosen(rules: Sequence[RetentionRule]) -> RetentionRule | None:
    """The most specific of these rules, the latest among equals."""
    return max(rules, key=lambda rule: (rule.category != ANY, rule.ending != ANY, rule.valid_from), default=None)


@dataclass_of_dataclasses(frozen=True)
class Binding:
    """Why the data is still needed: through the day `until`, or (None) as long as the reason lasts."""

    reason: BindingReason
    until: date | None = None


@dataclass_of_dataclasses(frozen=True)
class RetentionFacts:
    """What the computation needs to know of a case. Without `ending` and `closed_on` it is open."""

    category: str
    ending: CaseEnding | None
    closed_on: date | None
    bindings: tuple[Binding, ...] = ()


@dataclass_of_dataclasses(frozen=True)
class DueDay:
    """When one kind of data is deleted.

    `by_rule` is the day by the rule alone; `on` that day or the first one on which nothing binds any more, and None
    while that is unknown. `bound_by` are the bindings that move it.
    """

    kind: DataKind
    rule: RetentionRule | None
    by_rule: date | None
    on: date | None
    bound_by: tuple[Binding, ...]

    def is_due(self, today: date) -> bool:
        """Whether it may be deleted on that day."""
        return self.on is not None and self.on <= today


def due_day(facts: RetentionFacts, kind: DataKind, rules: Retention, today: date) -> DueDay:
    """When this kind of data of the case is deleted, by the rule that applies today.

    Never while the case is open, nor on a day on which anything binds: an open case, appeal, request or hold has no
    due day at all. Without a rule nothing is ever due.
    """
    bound = tuple(binding for binding in facts.bindings if binding.until is None or binding.until >= today)
    if facts.ending is None or facts.closed_on is None:
        open_ = Binding(BindingReason.OPEN_CASE)
        return DueDay(kind, None, None, None, bound if open_ in bound else (open_, *bound))
    rule = rules.rule(kind, facts.ending, facts.category, today)
    if rule is None:
        return DueDay(kind, None, None, None, bound)
    by_rule = facts.closed_on + timedelta(days=rule.days)
    moving = tuple(binding for binding in bound if binding.until is None or binding.until >= by_rule)
    if any(binding.until is None for binding in moving):
        return DueDay(kind, rule, by_rule, None, moving)
    free = max((binding.until for binding in moving if binding.until), default=by_rule - timedelta(days=1))
    return DueDay(kind, rule, by_rule, max(by_rule, free + timedelta(days=1)), moving)


def due_days(facts: RetentionFacts, kinds: Iterable[DataKind], rules: Retention, today: date) -> tuple[DueDay, ...]:
    """`due_day` of each of these kinds."""
    return tuple(due_day(facts, kind, rules, today) for kind in kinds)
