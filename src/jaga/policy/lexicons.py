"""Lexicon files: phrases with weight, context, exceptions, a reason, and an example that must match."""

import re
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.policy.models import STRICT, Key, LexiconEntry, LocalText, Text


@dataclass(frozen=True, config=STRICT)
class WordList:
    """Words that serve as context of phrases."""

    key: Key
    purpose: Text
    words: Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True, config=STRICT)
class WordListFile:
    """lexicons/words.yaml."""

    lists: tuple[WordList, ...]


@dataclass(frozen=True, config=STRICT)
class LexiconPhrase:
    """A phrase as written in a lexicon file; `needs` and `exceptions` name word lists."""

    phrase: Text
    weight: Annotated[float, Field(gt=0, le=1)]
    reason: LocalText
    example: Text
    needs: tuple[Key, ...] = ()
    exceptions: tuple[Key, ...] = ()


@dataclass(frozen=True, config=STRICT)
class LexiconFile:
    """A file of `lexicons/` other than words.yaml."""

    category: Key
    branch: Literal["none", "victim_first"]
    entries: tuple[LexiconPhrase, ...]


def expand(file: LexiconFile, lists: dict[str, WordList]) -> tuple[LexiconEntry, ...]:
    """The file's entries with their word lists inserted. All named lists must exist."""
    return tuple(
        LexiconEntry(
            entry.phrase, file.category, entry.weight, *context(entry, lists), entry.reason, entry.example, file.branch
        )
        for entry in file.entries
    )


def context(entry: LexiconPhrase, lists: dict[str, WordList]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words a phrase needs and its exceptions. A word within the phrase does not count as its context."""
    needs = (word for name in entry.needs for word in lists[name].words)
    exceptions = (word for name in entry.exceptions for word in lists[name].words)
    return tuple(word for word in needs if not occurs_in(word, entry.phrase)), tuple(exceptions)


def occurs_in(phrase: str, text: str) -> bool:
    """Whether the phrase occurs in the text as whole words.

    Only for checking examples; screening has its own engine.
    """
    return re.search(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", text.casefold()) is not None
