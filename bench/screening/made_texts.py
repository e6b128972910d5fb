"""Generated texts, phrases and rules for the screening benchmark. They measure speed only, not quality."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jaga.policy.models import LexiconEntry, LocalText
from jaga.policy.screening_rules import RuleCondition, ScreeningRule, faults_of

_ONSETS = ("", "b", "c", "d", "g", "h", "j", "k", "l", "m", "n", "ng", "p", "r", "s", "t", "w", "y")
_CODAS = ("", "", "", "", "n", "ng", "k", "r", "s", "t", "h")
_VOWELS = "aiueo"
_FONTS = (0x1D5D4, 0x1D63C, 0x1D670, 0xFF21, 0x24B6)
_DECORATION = ("🔥", " ✨ ", "é", "…", "’", " — ", "😀", "🙏🏼", "ё", "中文")
_LOOKS = {"o": "0", "e": "3", "a": "4", "i": "1", "s": "5", "b": "8"}


@dataclass(frozen=True)
class Mix:
    """The composition of the texts: `beyond_ascii` have other characters; `phrases` contain one of the phrases, plain
    or (one in three) disguised; `patterns` contain a match of one of the rules' patterns.
    """

    name: str
    beyond_ascii: float
    phrases: float
    patterns: float


CALM = Mix("calm", 0.18, 0.02, 0.01)
"""A chat on an ordinary day: one text in thirty has something."""
BUSY = Mix("busy", 0.18, 0.25, 0.1)
"""Reports and rooms where it is advertised: one in three has."""


class Pattern(NamedTuple):
    """A regular expression, and words that it matches."""

    written: str
    example: str


def words(chance: random.Random, count: int) -> list[str]:
    return [
        "".join(
            chance.choice(_ONSETS) + chance.choice(_VOWELS) + chance.choice(_CODAS)
            for _ in range(chance.choice((1, 2, 2, 2, 3, 3)))
        )
        for _ in range(count)
    ]


def phrases(chance: random.Random, count: int) -> list[str]:
    """Different phrases of two or three words, or of one long word; their words are rare in the texts."""
    rare, made = words(chance, 6000), dict[str, None]()
    while len(made) < count:
        phrase = " ".join(chance.choices(rare, k=chance.choice((1, 2, 2, 2, 3))))
        if len(phrase) >= 5:
            made[phrase] = None
    return list(made)


def lexicon(chance: random.Random, count: int) -> tuple[LexiconEntry, ...]:
    """Entries of six categories; one in ten needs a context, one in five has exceptions."""
    written, reason = phrases(chance, count), LocalText(id="karangan", en="made")
    lists = [tuple(chance.sample(written, 5)) for _ in range(8)]
    return tuple(
        LexiconEntry(
            phrase,
            f"category-{chance.randrange(6)}",
            round(chance.uniform(0.1, 0.9), 2),
            chance.choice(lists) if chance.random() < 0.1 else (),
            chance.choice(lists) if chance.random() < 0.2 else (),
            reason,
            phrase,
        )
        for phrase in written
    )


def texts(chance: random.Random, count: int, mix: Mix, written: list[str], examples: list[str]) -> list[str]:
    """Texts of about 87 bytes of UTF-8."""
    common = words(chance, 4000)
    return [_text(chance, mix, common, written, examples) for _ in range(count)]


def _text(chance: random.Random, mix: Mix, common: list[str], written: list[str], examples: list[str]) -> str:
    words = chance.choices(common, k=max(1, round(chance.gauss(12, 4))))
    if chance.random() < 0.3:
        words.insert(chance.randrange(len(words)), str(chance.randrange(10, 500_000)))
    if chance.random() < mix.phrases:
        phrase = chance.choice(written)
        words.insert(chance.randrange(len(words)), _disguised(chance, phrase) if chance.random() < 1 / 3 else phrase)
    if chance.random() < mix.patterns:
        words.insert(chance.randrange(len(words)), chance.choice(examples))
    text = " ".join(words).capitalize() + chance.choice(("", "", ".", "!", "?", " .."))
    if chance.random() < mix.beyond_ascii:
        at = chance.randrange(len(text))
        text = text[:at] + "".join(chance.choices(_DECORATION, k=chance.randint(1, 4))) + text[at:]
    return text


def _disguised(chance: random.Random, phrase: str) -> str:
    way = chance.randrange(4)
    if way == 0:
        return "".join(_LOOKS.get(char, char) if chance.random() < 0.5 else char for char in phrase)
    if way == 1:
        return ".".join(phrase)
    if way == 2:
        return phrase.replace(" ", "").upper()
    start = chance.choice(_FONTS)
    return "".join(chr(start + ord(char) - ord("a")) if char.isalpha() else char for char in phrase)


def patterns(chance: random.Random, count: int) -> list[Pattern]:
    """Regular expressions as an author of rules would write them: words in some order, numbers with units,
    alternatives, and names with numbers, which begin to match in every word.

    Raises ValueError for one that a policy release could not contain.
    """
    rare = words(chance, 600)
    made = [_pattern(chance.randrange(40), *chance.sample(rare, 4)) for _ in range(count)]
    if faults := [(one.written, what) for one in made for what, _ in faults_of(one.written)]:
        raise ValueError(f"a release could not have {faults[0]}")
    return made


def _pattern(kind: int, one: str, two: str, three: str, four: str) -> Pattern:
    if kind == 0:
        return Pattern(rf"\b[a-z]{{3,14}}[._-]?[0-9]{{2,4}}{one[0]}\b", f"{two}xyz88{one[0]}")
    return (
        Pattern(rf"\b{one} {{1,3}}\d{{1,3}} ?(k|rb|jt)\b", f"{one} 50 rb"),
        Pattern(rf"\b({one}|{two}|{three}) {{1,3}}{four}\b", f"{two} {four}"),
        Pattern(rf"{one}[a-z]{{0,4}}{two}\b", f"{one}ku{two}"),
        Pattern(rf"\b{one}[ .,:;!?_/-]{{1,3}}{two}\b", f"{one}, {two}"),
    )[kind % 4]


def rules(chance: random.Random, written: Sequence[Pattern], phrases: Sequence[str]) -> tuple[ScreeningRule, ...]:
    """A rule for each pattern: half need only the pattern, half also need a phrase, a contact or (a few) disguised
    letters.
    """
    made = []
    for number, pattern in enumerate(written):
        when = RuleCondition(pattern=pattern.written)
        if number % 2:
            more = (
                RuleCondition(phrase=chance.choice(phrases))
                if number % 4 == 1
                else RuleCondition(contact=("phone", "handle"))
            )
            more = RuleCondition(disguised=4) if number % 20 == 19 else more
            when = RuleCondition(all=(when, more))
        made.append(
            ScreeningRule(f"rule-{number}", f"category-{number % 6}", 0.5, when, LocalText(id="karangan", en="made"))
        )
    return tuple(made)
