"""Whether a text was said before, word for word, and which of its words are new.

Unlike `likeness`, which asks for nearly the same, numbers and signs count here: an amount, an account number or a
police report's number is what makes a second report worth reading. Capitals, spaces and punctuation do not.
"""

import re
import unicodedata
from collections.abc import Iterator, Set

FEWEST = 40  # letters, digits and signs: less is a slogan or a cry that anybody writes
_WORD = re.compile(r"\w+|[^\w\s]")


def said(text: str) -> str:
    """What is compared: the text's words, numbers and signs, folded, in their order. Empty for an empty text."""
    return " ".join(word for _, _, word in _words(text)) or text.strip()


def is_told(text: str) -> bool:
    """Whether a text is long enough that the same words again are a copy, and not two people who say the same."""
    return sum(len(word) for _, _, word in _words(text)) >= FEWEST


def words_said(text: str) -> frozenset[str]:
    """The words, numbers and signs themselves, folded."""
    return frozenset(word for _, _, word in _words(text))


def new_words(text: str, known: Set[str]) -> tuple[tuple[int, int], ...]:
    """Where words stand in `text` that are not among `known` (of `words_said`): start and end, in order. Words that
    follow one another are one place.
    """
    places: list[tuple[int, int]] = []
    last_was_new = False
    for start, end, word in _words(text):
        if is_new := word not in known:
            places[-1:] = [(places[-1][0], end)] if last_was_new else [*places[-1:], (start, end)]
        last_was_new = is_new
    return tuple(places)


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for found in _WORD.finditer(text):
        word = found.group()
        if word[0].isalnum() or word[0] == "_" or unicodedata.category(word[0]).startswith("S"):
            yield found.start(), found.end(), unicodedata.normalize("NFKC", word).casefold()
