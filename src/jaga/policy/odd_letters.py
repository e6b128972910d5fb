"""Letters that look like others, and invisible characters: they make two equal-looking words differ.

A key with a Cyrillic “а” is unknown although it reads like a known one, and a phrase with one is never found, since
screening folds every text to plain letters. Examples of rules and phrases may hold such letters: they show disguises.
"""

import unicodedata
from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.policy.problems import Sentence, fill

_LINE_ENDS = frozenset("\n\t")
EXAMPLES = frozenset({"matches", "passes", "example"})
"""Keys below which odd letters are wanted."""


def odd_letters(text: str) -> Iterator[str]:
    """The characters of `text` that are odd in Indonesian and English, each once."""
    if text.isascii():
        return
    for char in dict.fromkeys(text):
        kind = unicodedata.category(char)
        unseen = kind[0] == "C" and char not in _LINE_ENDS
        foreign = kind[0] == "L" and not unicodedata.name(char, "").startswith("LATIN ")
        if unseen or foreign or (kind == "Nd" and not char.isascii()):
            yield char


def name_of(char: str) -> Sentence:
    """How a person finds it: the letter itself if it can be seen, its Unicode name and its number."""
    name = unicodedata.name(char, "?")
    if unicodedata.category(char)[0] == "C":
        return fill(N_("an invisible character (%(name)s, U+%(number)s)"), name=name, number=f"{ord(char):04X}")
    return fill(
        N_("the letter “%(letter)s” (%(name)s, U+%(number)s)"), letter=char, name=name, number=f"{ord(char):04X}"
    )
