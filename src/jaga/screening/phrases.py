"""Finds phrases in a text's words, also where a word was pulled apart ("o p e n") or two were joined ("openbo").

A hit always begins and ends where a word does; only a hashtag is words written together, so there a long phrase may
be its beginning or its end ("#openbokota"). Work is bounded by the number of words times the longest phrase.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jaga.screening.letters import fold
from jaga.screening.normalise import Word, readings, words_of

_WIDEST_GAP = 6  # visible characters between two words of one phrase: room for decoration, not for another sentence
_WIDEST_CUT = 3  # ... and within one word that was pulled apart
_SHORTEST_JOINED = 5  # letters that a phrase needs to be recognised without its spaces
_SHORTEST_TAGGED = 6  # ... and to be recognised as a part of a hashtag
_LONGEST_GAP = 64  # code points, invisible ones included
_SHORT = 3  # a phrase of so few letters is not looked for in the middle of a row of single letters


@dataclass(frozen=True)
class Hit:
    """A phrase as given to `Finder`, and the span of code points in the original text."""

    phrase: str
    start: int
    end: int


@dataclass(frozen=True)
class _Joint:
    """Where two words of the text meet, as an offset in the letters of the phrase."""

    offset: int
    left: Word
    right: Word


@dataclass(frozen=True)
class _Shape:
    phrase: str
    ends: frozenset[int]  # offsets at which one of its own words ends


class Finder:
    """Holds the phrases of one lexicon. Immutable after construction, so that threads may share it."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._shapes: dict[str, list[_Shape]] = {}
        self._prefixes: set[str] = set()
        self._longest = 0
        for phrase in dict.fromkeys(phrases):
            words = words_of(phrase)
            letters = "".join(words)
            ends = frozenset(len("".join(words[:count])) for count in range(1, len(words)))
            self._shapes.setdefault(letters, []).append(_Shape(phrase, ends))
            self._longest = max(self._longest, len(letters))
            self._prefixes.update(letters[:length] for length in range(1, len(letters) + 1))

    def find(self, text: str) -> list[Hit]:
        """All hits, each once, ordered by place. Takes any string; an empty phrase is never found."""
        hits: set[Hit] = set()
        for words in readings(text):
            for first, word in enumerate(words):
                hits.update(self._at(text, words, first))
                if text[word.start - 1:word.start] == "#":
                    hits.update(self._in_tag(word))
        return sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.phrase))

    def _at(self, text: str, words: list[Word], first: int) -> Iterator[Hit]:
        """The phrases that begin with this word."""
        found: dict[str, tuple[_Joint, ...]] = {s: () for s in words[first].spellings if s in self._prefixes}
        last = first
        while found:
            for letters, joints in found.items():
                for shape in self._shapes.get(letters, ()):
                    if _fits(text, words, first, last, shape, joints, len(letters)):
                        yield Hit(shape.phrase, words[first].start, words[last].end)
            last += 1
            if last == len(words):
                return
            found = {letters + s: (*joints, _Joint(len(letters), words[last - 1], words[last]))
                     for letters, joints in found.items() for s in words[last].spellings
                     if letters + s in self._prefixes}

    def _in_tag(self, word: Word) -> Iterator[Hit]:
        """The long phrases that a hashtag begins or ends with; the hit is the whole tag."""
        for letters in word.spellings:
            for length in range(_SHORTEST_TAGGED, min(self._longest, len(letters)) + 1):
                for part in (letters[:length], letters[-length:]):
                    for shape in self._shapes.get(part, ()):
                        yield Hit(shape.phrase, word.start, word.end)


def _fits(text: str, words: list[Word], first: int, last: int, shape: _Shape, joints: tuple[_Joint, ...],
          length: int) -> bool:
    """Whether the text's gaps are ones that a person would read over."""
    cuts = [joint for joint in joints if joint.offset not in shape.ends]
    spaced = len(joints) - len(cuts)
    if spaced < len(shape.ends) and length < _SHORTEST_JOINED:
        return False
    if not all(_cut_is_readable(text, joint) for joint in cuts):
        return False
    if cuts and length <= _SHORT and _in_a_row(words, first, last):
        return False
    return all(_visible(text, joint, _WIDEST_GAP) is not None for joint in joints if joint.offset in shape.ends)


def _cut_is_readable(text: str, joint: _Joint) -> bool:
    """"o p e n" and "o.p.e.n" are; "op en" is two words."""
    gap = _visible(text, joint, _WIDEST_CUT)
    if gap is None:
        return False
    single = len(joint.left.spellings[0]) == 1 and len(joint.right.spellings[0]) == 1
    return single or not any(char.isspace() for char in gap)


def _visible(text: str, joint: _Joint, widest: int) -> str | None:
    """What can be seen between two words, or None where it is too much."""
    if joint.right.start - joint.left.end > _LONGEST_GAP:
        return None
    gap = "".join(char for char in text[joint.left.end:joint.right.start] if fold(char))
    return gap if len(gap) <= widest else None


def _in_a_row(words: list[Word], first: int, last: int) -> bool:
    """Whether the letters are part of a longer row of single letters, in which any short phrase turns up by chance."""
    before = words[first - 1].spellings[0] if first else ""
    after = words[last + 1].spellings[0] if last + 1 < len(words) else ""
    return (len(before) == 1 and before.isalpha()) or (len(after) == 1 and after.isalpha())
