"""Whether a text repeats an earlier one word for word, and which words are new.

Unlike in `likeness`, numbers and signs count: an amount, an account number or a police report number makes a second
report worth reading. Case, spaces and punctuation do not count.
"""

import re
import unicodedata
from collections.abc import Iterator, Set

FEWEST = 40  # Letters, digits and signs; anything shorter is a slogan or cry anyone could write.
_WORD = re.compile(r"\w+|[^\w\s]")


def comparison_form(text: str) -> str:
    """The comparison form: words, numbers and signs, folded, in order. Empty for an empty text."""
    return " ".join(word for _, _, word in _words(text)) or text.strip()


def is_long_enough(text: str) -> bool:
    """Whether a text is long enough that an identical one is a copy rather than a coincidence."""
    return sum(len(word) for _, _, word in _words(text)) >= FEWEST


def words_of(text: str) -> frozenset[str]:
    """The folded words, numbers and signs."""
    return frozenset(word for _, _, word in _words(text))


def new_words(text: str, before: Set[str]) -> tuple[tuple[int, int], ...]:
    """Spans of words in `text` that are not in `before` (from `words_of`), in order; adjacent words form one span."""
    places: list[tuple[int, int]] = []
    last_was_new = False
    for start, end, word in _words(text):
        if is_new := word not in before:
            places[-1:] = [(places[-1][0], end)] if last_was_new else [*places[-1:], (start, end)]
        last_was_new = is_new
    return tuple(places)


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _WORD.finditer(text):
        word = found.group()
        if word[0].isalnum() or word[0] == "_" or unicodedata.category(word[0]).startswith("S"):
            yield found.start(), found.end(), unicodedata.normalize("NFKC", word).casefold()
