"""Letters drawn rather than written: mathematical, squared, full-width, Cyrillic for Latin, underlined …

Nobody writes so by accident, and a single disguised word in a plain text is meant to evade filters. Counted are Latin
letters of the folded text that came from something else or carry invisible marks. Not counted are accented letters,
flags and single sign emoji; texts in another script; and texts with whole sentences or hashtags in that style, which is
a matter of taste.
"""

from typing import Any, NamedTuple

from jaga.screening.text.block import TextBlock

_FOREIGN = 4  # Unchanged foreign letters from which on a text is in another script.
_STRETCHES = 2
_LONGEST = 24  # Letters and digits of a name; more is a sentence.
_GAP = 3  # Folded bytes between two letters of one disguised word.
LETTERS = 2
"""Letters required among the disguised characters: boxed numbers alone are a list."""
LEAST_PLAIN = 4
"""Plain letters required beside them."""


class Disguised(NamedTuple):
    """The number of disguised letters and digits in a text, and the folded byte span of the first run."""

    letters: int
    start: int
    end: int


def disguised_in(block: TextBlock, row: int) -> Disguised:
    """The disguised letters of one text; none if too few plain ones are beside them."""
    return Disguised(*count(block.source, block.starts, block.folded, block.folds, block.origin, row))


def count(source: Any, starts: Any, folded: Any, folds: Any, origin: Any, row: int) -> tuple[int, int, int]:
    """`disguised_in` on a block's arrays: plain loops that can be compiled unchanged."""
    letters = digits = plain = foreign = stretches = 0
    first = end = last = -1
    for at in range(folds[row], folds[row + 1] - 1):
        if 0xD0 <= folded[at] <= 0xE0 or 0xE3 <= folded[at] <= 0xED:  # Cyrillic to Indic, Chinese to Korean.
            foreign += 1
        digit = 48 <= folded[at] <= 57
        if not digit and (folded[at] < 97 or folded[at] > 122):
            continue
        char = starts[row] + origin[at]
        if origin[at + 1] - origin[at] < 2:
            drawn = False
        elif 0xC3 <= source[char] <= 0xC6 or (source[char] == 0xE1 and 0xB8 <= source[char + 1] <= 0xBB):
            drawn = False  # Accented Latin.
        else:
            drawn = not (source[char] == 0xF0 and source[char + 1] == 0x9F and source[char + 2] == 0x87)  # A flag.
        if not drawn:
            plain += not digit
            continue
        place = at - folds[row]
        if last < 0 or place - last > _GAP:
            stretches += 1
            if place > 0 and folded[at - 1] == 35:  # A hashtag.
                stretches += _STRETCHES
        letters, digits, last = letters + (not digit), digits + digit, place
        if stretches == 1:
            first, end = place if first < 0 else first, place + 1
    is_name = letters >= LETTERS and letters + digits <= _LONGEST and stretches <= _STRETCHES
    if not is_name or foreign >= _FOREIGN or plain < LEAST_PLAIN:
        return 0, 0, 0
    return letters + digits, first, end
