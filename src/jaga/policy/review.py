"""review.yaml: the rule of each category in plain words, its examples, and what must be so before a closure."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.policy.models import STRICT, Key, LocalText


@dataclass(frozen=True, config=STRICT)
class Element:
    """One thing that must be so before an account is closed. Its key stands on votes."""

    key: Key
    text: LocalText


@dataclass(frozen=True, config=STRICT)
class CategoryRule:
    """A category's rule as reviewers read it: what falls under it, and what only looks like it."""

    category: Key
    rule: LocalText
    examples: Annotated[tuple[LocalText, ...], Field(min_length=1)]
    counter_examples: Annotated[tuple[LocalText, ...], Field(min_length=1)]
    elements: tuple[Element, ...] = ()
    told: LocalText | None = None  # to the holder on the code's page, where reviewers read something else

    @property
    def for_holder(self) -> LocalText:
        """The rule as the account's holder reads it."""
        return self.told or self.rule


@dataclass(frozen=True, config=STRICT)
class ReviewFile:
    """review.yaml."""

    rules: tuple[CategoryRule, ...]
