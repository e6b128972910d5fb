"""review.yaml: each category's rule in plain words, with examples and the elements of a closure."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.policy.models import STRICT, Key, LocalText


@dataclass(frozen=True, config=STRICT)
class Element:
    """A condition that must be met before an account is closed. Votes store its key.

    `finding` says the same of the account, as a sentence that its holder may read; it is proposed for the facts of a
    vote that ticks the element. None for what a holder should not read, such as who reported.
    """

    key: Key
    text: LocalText
    finding: LocalText | None = None


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
