"""Named shapes: parts of patterns that rules share by name, `{price}` in a pattern for the shape `price`."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from jaga.policy.models import STRICT, Key, Text

Word = Annotated[str, Field(pattern=r"^[a-z]{3,20}$")]
LONGEST_WRITTEN_OUT = 8000
"""Characters of a pattern with its shapes inserted."""
_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_ANY = "[a-z]"
_VOWELS = "aeiou"


@dataclass(frozen=True, config=STRICT)
class NamedShape:
    """A part of patterns with a name. Exactly one of `pattern` and `near` is given.

    A `pattern` may use earlier shapes, so there are no loops. `near` lists words; each stands for itself, for all
    spellings that are one edit away, and for itself without vowels.
    """

    key: Key
    purpose: Text
    pattern: Text | None = None
    near: Annotated[tuple[Word, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "NamedShape":
        if (self.pattern is None) == (self.near is None):
            raise ValueError("either `pattern` or `near`, and not both")
        return self


def shape_names(pattern: str) -> list[str]:
    """The names of the shapes that a pattern uses."""
    return _NAMED.findall(pattern)


def with_shapes(pattern: str, shapes: Mapping[str, str]) -> str:
    """The pattern with its shapes inserted. Raises KeyError for an unknown one."""
    return _NAMED.sub(lambda named: f"(?:{shapes[named[1]]})", pattern)


def written_shape(shape: NamedShape, earlier: Mapping[str, str]) -> str:
    """The regular expression that a shape stands for. Raises KeyError for an unknown name in it."""
    if shape.near is not None:
        return "|".join(dict.fromkeys(spelling for word in shape.near for spelling in spellings(word)))
    return with_shapes(shape.pattern or "", earlier)


def spellings(word: str) -> list[str]:
    """Patterns of the word and of all spellings one edit away that keep its first letter, and of it without vowels.

    An edit leaves out, adds, replaces or swaps with its neighbour one letter.
    """
    after = range(1, len(word))
    replaced = [word[:at] + _ANY + word[at + 1 :] for at in after]  # the word itself is among them
    added = [word[:at] + _ANY + word[at:] for at in range(1, len(word) + 1)]
    left_out = [word[:at] + word[at + 1 :] for at in after]
    swapped = [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]
    bare = word[0] + "".join(letter for letter in word[1:] if letter not in _VOWELS)
    return [*replaced, *added, *left_out, *swapped, *([bare] if len(bare) > 1 else [])]
