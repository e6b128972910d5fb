"""retention.yaml: how long each kind of data is kept after a case was closed, by how it ended."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.core.terms.retention import CaseEnding, DataKind
from jaga.policy.models import STRICT, Key, LocalText

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
