"""The readable definition of when a phrase occurs in a text under any disguise.

The fast matcher must equal it.

It checks the folded text (see `block`) at each place where a word may start. Allowed are lookalike digits and signs,
repeated letters, decoration between words, and words spread out ("o p e n", "o.p.e.n") or joined ("openbo"). A hit
starts and ends at word boundaries; only in a hashtag or name, which are joined words, may it be a prefix or suffix.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate, groupby, takewhile

from jaga.screening.text.block import slow_block
from jaga.screening.text.letters import EITHER, LEET, NOT_LAST, ONLY_INSIDE

WIDEST_GAP = 6
"""Maximum characters between two words of a phrase: room for decoration, not for another sentence."""
WIDEST_CUT = 3
"""... and within one spread-out word."""
SHORT = 3
"""A phrase of up to this many letters is not matched inside a row of single letters, where any would turn up."""
DISTINCTIVE = 5
"""From this many letters on a phrase is matched without its spaces, and with i and l confused ("sIot")."""
TAGGED = 6
"""... and as prefix or suffix of a hashtag or name, up to `LONGEST_TAG` letters from the other end."""
LONG = 8
"""... and with single letters doubled ("gaccor"); in shorter ones only three or more are a repeat ("boo" is a word)."""
LONGEST_TAG = 64
VOWELS = b"aeiou"
"""A hashtag's word may end inside a double letter ("#bispakkota"), but not one of these ("#openbook")."""
LONGEST_RUN = 64
"""More of the same character are drawing, not writing. Also bounds the work on such texts."""
MOSTLY = 3
"""At least this many letters must be written as themselves: "5 7" is not read as "st"."""

SIGNS = "".join(sign for sign in LEET if not sign.isdigit())
READINGS = (SIGNS, SIGNS.translate(dict.fromkeys(map(ord, ONLY_INSIDE))), "")
"""Which signs are letters: all ("v!deo"), all but those that end sentences ("op€n bo!!"), none ("open|bo")."""
_LETTERS, _DIGITS = b"abcdefghijklmnopqrstuvwxyz", b"0123456789"


@dataclass(frozen=True)
class PhraseHit:
    """A phrase as given to `LexiconFinder`, and its code point span in the original text."""

    phrase: str
    start: int
    end: int


def is_letter(byte: int) -> bool:
    """Whether the byte is a folded letter; only letters keep non-ASCII bytes in a folded text."""
    return byte in _LETTERS or byte >= 0x80


def is_digit(byte: int) -> bool:
    return byte in _DIGITS


@cache
def drawn_like(byte: int) -> int:
    """The lookalike class compared first: 0, o and circles; 1, i, l and strokes; ...

    Non-ASCII bytes fall into four classes, since they are compared one by one anyway.
    """
    if byte >= 0x80:
        return 0x80 | byte & 3
    letter = LEET.get(chr(byte), chr(byte))
    return ord("i" if letter in ("l", EITHER) else letter)


def _outline(classes: Iterable[int]) -> bytes:
    return bytes(kind for kind, _ in groupby(classes))


@dataclass(frozen=True)
class FoldedPhrase:
    """A phrase's letters and digits, without separators."""

    letters: bytes
    ends: frozenset[int]
    """Offsets in `letters` where a word ends and decoration may follow."""
    joints: frozenset[int]
    """Those of them between letters and digits, where nothing need follow."""

    @classmethod
    @lru_cache(maxsize=8192)  # the phrases of a release are asked for once for each of its rules
    def of(cls, written: str) -> "FoldedPhrase":
        """Folded like texts; three or more of a letter become two."""
        letters, ends, joints, gap = bytearray(), set[int](), set[int](), False
        for byte in slow_block([written]).folded[:-1].tolist():
            if not is_letter(byte) and not is_digit(byte):
                gap = True
                continue
            if letters and (gap or is_digit(byte) != is_digit(letters[-1])):
                ends.add(len(letters))
                if not gap:
                    joints.add(len(letters))
            elif byte in _LETTERS and letters[-2:] == bytes((byte, byte)):
                continue
            letters.append(byte)
            gap = False
        return cls(bytes(letters), frozenset(ends), frozenset(joints))

    @property
    def distinctive(self) -> bool:
        return len(self.letters) >= DISTINCTIVE

    @cached_property
    def outline(self) -> bytes:
        """The lookalike classes of its letters, each run of one class once."""
        return _outline(map(drawn_like, self.letters))

    def alike(self, at: int) -> int:
        """How many letters from `at` on are of one lookalike class."""
        end = at
        while end < len(self.letters) and drawn_like(self.letters[end]) == drawn_like(self.letters[at]):
            end += 1
        return end - at

    def within_word(self, at: int) -> int:
        """How many letters from `at` on belong to the same word."""
        return min([end for end in self.ends if end > at], default=len(self.letters)) - at


@dataclass(frozen=True)
class FoldedText:
    """One folded text with the signs read as letters."""

    folded: bytes
    typed: tuple[bool, ...]
    """Whether a byte came from an ASCII character: a typed space separates words more than a drawn one."""
    signs: str

    @cached_property
    def classes(self) -> tuple[int | None, ...]:
        """The lookalike class of each byte; None for separators."""
        return tuple(
            drawn_like(byte) if is_letter(byte) or is_digit(byte) or chr(byte) in self.signs else None
            for byte in self.folded
        )

    @cached_property
    def outline(self) -> bytes:
        """The lookalike classes without separators, each run of one class once. A phrase whose outline is not in it
        occurs nowhere in the text: its steps follow the text run by run.
        """
        return _outline(kind for kind in self.classes if kind is not None)

    def run(self, at: int) -> int:
        """Where the run of characters of the class at `at` ends."""
        end = at
        while end < len(self.folded) and end - at < LONGEST_RUN and self.classes[end] == self.classes[at]:
            end += 1
        return end

    def gap(self, at: int) -> int:
        """Where the separators end, or one past the widest allowed gap."""
        end = at
        while end < len(self.folded) and end - at <= WIDEST_GAP and self.classes[end] is None:
            end += 1
        return end

    def begins(self, at: int) -> bool:
        """Whether a word may start here: not after a letter; for a non-letter not after a digit either."""
        return at == 0 or self._apart(self.folded[at], self.folded[at - 1])

    def ends(self, end: int) -> bool:
        """Whether a word may end before here."""
        return end == len(self.folded) or self._apart(self.folded[end - 1], self.folded[end])

    def opens_tag(self, at: int, phrase: FoldedPhrase) -> bool:
        """Whether a phrase starting here opens a hashtag or name, after its # or @."""
        return len(phrase.letters) >= TAGGED and self.folded[at - 1 : at] in (b"#", b"@")

    @staticmethod
    def _apart(inner: int, outer: int) -> bool:
        return not is_letter(outer) and (is_letter(inner) or not is_digit(outer))

    def in_tag(self, at: int) -> bool:
        """Whether only letters and digits, not too many, separate this place from a hashtag's # or name's @."""
        word = at
        while (
            word > 0
            and at - word < LONGEST_TAG
            and (is_letter(self.folded[word - 1]) or is_digit(self.folded[word - 1]))
        ):
            word -= 1
        return self.folded[word - 1 : word] in (b"#", b"@")


@dataclass(frozen=True)
class _Step:
    """The text's characters `at` to `end` spell `taken` letters of the phrase, from its `letter` on."""

    at: int
    end: int
    letter: int
    taken: int


def places(phrase: FoldedPhrase, folded: bytes, typed: tuple[bool, ...]) -> set[tuple[int, int]]:
    """Where the phrase occurs in a folded text, as byte spans."""
    if not phrase.letters:
        return set()
    found, first = set(), drawn_like(phrase.letters[0])
    for reading in _readings(folded, typed):
        if phrase.outline not in reading.outline:
            continue
        for start in range(len(folded)):
            if reading.classes[start] != first:
                continue
            steps = _steps(reading, start, phrase) if reading.begins(start) or len(phrase.letters) >= TAGGED else []
            if steps and _reads_as_one(reading, steps, phrase) and _is_whole_word(reading, steps, phrase):
                found.add((start, steps[-1].end))
    return found


@lru_cache(maxsize=32)
def _readings(folded: bytes, typed: tuple[bool, ...]) -> tuple[FoldedText, ...]:
    """The text with each way to read its signs; kept, since many phrases are looked for in one text."""
    return tuple(FoldedText(folded, typed, signs) for signs in READINGS)


def _steps(reading: FoldedText, start: int, phrase: FoldedPhrase) -> list[_Step]:
    """How the text spells the phrase from `start` on, run by run of one class; empty if it does not."""
    steps, at, letter = list[_Step](), start, 0
    while at < len(reading.folded) and reading.classes[at] == drawn_like(phrase.letters[letter]):
        end, alike = reading.run(at), phrase.alike(letter)
        if letter + alike == len(phrase.letters) and is_letter(reading.folded[at]):
            # "bo0812": the number is not part of the word.
            end = at + len([*takewhile(is_letter, reading.folded[at:end])])
            if (
                end - at == alike + 1
                and reading.folded[end - 1] not in VOWELS
                and reading.opens_tag(start, phrase)
                and not reading.ends(end)
            ):
                end -= 1  # "#bispakkota": the second k belongs to the next word.
        if end < len(reading.folded) and reading.classes[end] is None:
            alike = min(alike, phrase.within_word(letter))  # "bo obral": the second o belongs to the next word.
        taken = min(alike, end - at)
        if not _spells(reading.folded[at:end], phrase.letters[letter : letter + taken], phrase):
            return []
        steps.append(_Step(at, end, letter, taken))
        letter += taken
        if letter == len(phrase.letters):
            return steps
        at = reading.gap(end)
        if at - end > WIDEST_GAP:
            return []
    return []


def _spells(run: bytes, letters: bytes, phrase: FoldedPhrase) -> bool:
    """Whether a run spells these letters of one class: one for one, or one of them repeated."""
    if len(run) == len(letters):
        return all(_may_mean(byte, letter, phrase) for byte, letter in zip(run, letters, strict=True))
    one_letter = letters[0] in _LETTERS and (phrase.distinctive or len(set(letters)) == 1)
    enough = len(run) >= 3 or len(phrase.letters) >= LONG
    return one_letter and enough and all(_may_mean(byte, letters[0], phrase) for byte in run)


def _may_mean(byte: int, letter: int, phrase: FoldedPhrase) -> bool:
    """Whether a byte may stand for a letter of its class. Digits and signs stand for letters, never the reverse."""
    return byte == letter or (letter in _LETTERS and (phrase.distinctive or not is_letter(byte)))


def _reads_as_one(reading: FoldedText, steps: list[_Step], phrase: FoldedPhrase) -> bool:
    """Whether a reader would skip what lies between the steps and read the signs as letters."""
    real = sum(step.taken for step in steps if _is_real(reading, step, phrase))
    return (
        real * MOSTLY >= len(phrase.letters)
        and all(_gap_is_readable(reading, steps, after, phrase) for after in range(1, len(steps)))
        and all(_is_word(reading, word, phrase) for word in _words(steps))
    )


def _is_real(reading: FoldedText, step: _Step, phrase: FoldedPhrase) -> bool:
    """Whether a step that should be letters is not written in digits and signs only."""
    return is_digit(phrase.letters[step.letter]) or any(map(is_letter, reading.folded[step.at : step.end]))


def _words(steps: list[_Step]) -> list[list[_Step]]:
    """The steps grouped by the text's words, i.e. without a gap."""
    words = [steps[:1]]
    for step in steps[1:]:
        if step.at > words[-1][-1].end:
            words.append([])
        words[-1].append(step)
    return words


def _gap_is_readable(reading: FoldedText, steps: list[_Step], after: int, phrase: FoldedPhrase) -> bool:
    """Whether the gap, possibly empty, before the step with that number is readable."""
    left, right = steps[after - 1], steps[after]
    size = right.at - left.end
    if size == 0:
        return phrase.distinctive or right.letter not in phrase.ends or right.letter in phrase.joints
    if right.letter in phrase.ends:
        return size <= WIDEST_GAP
    if size > WIDEST_CUT or (len(phrase.letters) <= SHORT and _in_a_row(reading, steps)):
        return False
    blank = any(reading.typed[at] and reading.folded[at] == 0x20 for at in range(left.end, right.at))
    alone = (after == 1 or steps[after - 2].end < left.at) and (
        after == len(steps) - 1 or right.end < steps[after + 1].at
    )
    return alone or not blank  # "o p e n" and "op.en" are one word, "op en" is two.


def _in_a_row(reading: FoldedText, steps: list[_Step]) -> bool:
    """Whether more single letters precede or follow: "t e s t" contains no "st"."""
    before, behind = steps[0].at, steps[-1].end
    while before > 0 and steps[0].at - before < WIDEST_CUT and reading.classes[before - 1] is None:
        before -= 1
    while behind < len(reading.folded) and behind - steps[-1].end < WIDEST_CUT and reading.classes[behind] is None:
        behind += 1
    return _is_single(reading, before - 1) or _is_single(reading, behind)


def _is_single(reading: FoldedText, at: int) -> bool:
    """Whether there is a single letter at this place."""
    text = reading.folded
    return (
        0 <= at < len(text)
        and is_letter(text[at])
        and not (at > 0 and is_letter(text[at - 1]))
        and not (at + 1 < len(text) and is_letter(text[at + 1]))
    )


def _is_word(reading: FoldedText, word: list[_Step], phrase: FoldedPhrase) -> bool:
    """Whether a word of the text may be letters: "80" is a number, "@" and "!" at its end are not its letters."""
    first, last = chr(reading.folded[word[0].at]), chr(reading.folded[word[-1].end - 1])
    if first in ONLY_INSIDE or last in ONLY_INSIDE + NOT_LAST:
        return False
    return word[-1].end - word[0].at == 1 or any(_is_real(reading, step, phrase) for step in word)


def _is_whole_word(reading: FoldedText, steps: list[_Step], phrase: FoldedPhrase) -> bool:
    """Whether it starts and ends at word boundaries, or is a prefix or suffix of a hashtag or name."""
    first, last = steps[0], steps[-1]
    begins, ends = reading.begins(first.at), reading.ends(last.end)
    if begins and ends:
        return True
    if len(phrase.letters) < TAGGED or len(_words(steps)) > 1:
        return False
    if begins:
        return reading.opens_tag(first.at, phrase)
    return ends and first.end - first.at == first.taken and reading.in_tag(first.at)


class LexiconFinder:
    """Finds the phrases of one lexicon. Immutable and thread-safe."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = {
            written: phrase for written in dict.fromkeys(phrases) if (phrase := FoldedPhrase.of(written)).letters
        }

    def find(self, text: str) -> list[PhraseHit]:
        """All hits, each once, ordered by place. Accepts any string; a phrase without letters never matches."""
        block = slow_block([text])
        folded = block.folded[:-1].tobytes()
        typed = tuple((block.source[block.origin[:-1]] < 0x80).tolist())
        point_at = {at: point for point, at in enumerate(_offsets(text))}
        hits = {
            PhraseHit(written, point_at[int(block.origin[start])], point_at[int(block.origin[end - 1])] + 1)
            for written, phrase in self._phrases.items()
            for start, end in places(phrase, folded, typed)
        }
        return sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.phrase))


def _offsets(text: str) -> list[int]:
    """Where each code point starts in the bytes that `slow_block` makes of a text."""
    return [*accumulate((1 if "\ud800" <= char <= "\udfff" else len(char.encode()) for char in text), initial=0)]
