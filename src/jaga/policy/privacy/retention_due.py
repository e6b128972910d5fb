"""When data of a case falls due for deletion: computed from facts of the case and the rules of the release."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from jaga.core.terms.retention import BindingReason, CaseEnding, DataKind
from jaga.policy.privacy.retention import Retention, RetentionRule


@dataclass(frozen=True)
class Binding:
    """Why the data is still needed: through the day `until`, or (None) as long as the reason lasts."""

    reason: BindingReason
    until: date | None = None


@dataclass(frozen=True)
class RetentionFacts:
    """What the computation needs to know of a case. Without `ending` and `closed_on` it is open."""

    category: str
    ending: CaseEnding | None
    closed_on: date | None
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True)
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
