"""A text's visible form in plain lower-case characters, each with its place in the original.

Unlike `normalise` it keeps the signs of addresses (`@ . / + : _ -`) and reads digits as digits.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jaga.screening.text.letters import TABLE, fold


@dataclass(frozen=True)
class Visible:
    """`starts[i]` and `ends[i]` are the code point span in the original of character `i`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span for a non-empty range of this text."""
        return self.starts[start], self.ends[end - 1]

    def with_replaced(self, pattern: re.Pattern[str], by: str) -> "Visible":
        """A copy with each match of `pattern` (never empty) replaced by the character `by`."""
        if not pattern.search(self.text):  # Nearly always: a text with few signs has nothing to replace.
            return self
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for match in pattern.finditer(self.text):
            parts += (self.text[at : match.start()], by)
            starts += (*self.starts[at : match.start()], self.starts[match.start()])
            ends += (*self.ends[at : match.start()], self.ends[match.end() - 1])
            at = match.end()
        return Visible("".join(parts) + self.text[at:], (*starts, *self.starts[at:]), (*ends, *self.ends[at:]))


def visible(text: str) -> Visible:
    """The visible form of any string, in linear time."""
    if text.isascii() and text.replace("\n", "").isprintable():  # as nearly all names: each looks like itself
        return Visible(text.lower(), tuple(range(len(text))), tuple(range(1, len(text) + 1)))
    read = [(char, index) for index, original in enumerate(text) for char in plain(original)]
    return Visible(
        "".join(char for char, _ in read), tuple(index for _, index in read), tuple(index + 1 for _, index in read)
    )


@lru_cache(maxsize=65536)
def plain(char: str) -> str:
    """What one code point looks like: "" if invisible, " " if it has no plain form."""
    if char.isascii():
        return char.lower() if char.isprintable() or char == "\n" else " "
    digit = unicodedata.digit(char, None)  # Also circled and boxed ones without a decomposition.
    if digit is not None:
        return str(digit)
    if char in TABLE:
        return TABLE[char]
    compatible = unicodedata.normalize("NFKC", char).casefold()
    return compatible if compatible.isascii() else fold(char)
