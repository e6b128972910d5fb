"""review.yaml: each category's rule in plain words, with examples and the elements of a closure."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.policy.models import STRICT, Key, LocalText


@dataclass(frozen=True, config=STRICT)
class Element:
    """A condition that must be met before an account is closed. Votes store its key."""

    key: Key
    text: LocalText


@dataclass(frozen=True, config=STRICT)
class CategoryRule:
    """A category's rule for reviewers: what falls under it, and what only resembles it."""

    category: Key
    rule: LocalText
    examples: Annotated[tuple[LocalText, ...], Field(min_length=1)]
    counter_examples: Annotated[tuple[LocalText, ...], Field(min_length=1)]
    elements: tuple[Element, ...] = ()
    rule_for_holder: LocalText | None = None  # the text for the holder on the code's page, if it differs

    @property
    def for_holder(self) -> LocalText:
        """The rule as shown to the account holder."""
        return self.rule_for_holder or self.rule


@dataclass(frozen=True, config=STRICT)
class ReviewFile:
    """review.yaml."""

    rules: tuple[CategoryRule, ...]
