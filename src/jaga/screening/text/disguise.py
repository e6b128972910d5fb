"""Letters that were drawn instead of written: mathematical, squared, full-width, Cyrillic for Latin, underlined …

Nobody writes so by accident; and where one word of a plain text is disguised, it is the one that shall not be found.
Counted are Latin letters of the folded text that came from something else, or whose source carries invisible marks.
Not counted are accented letters, flags and single sign emoji; texts in another script, where letters only look alike;
and texts of which whole sentences or hashtags are so written: that is somebody's taste.
"""

from typing import Any, NamedTuple

from jaga.screening.text.block import TextBlock

_FOREIGN = 4  # letters that stay what they are, from which on a text is in another script
_STRETCHES = 2
_LONGEST = 24  # letters and digits of a name; more is a sentence
_GAP = 3  # folded bytes between two letters of one disguised word
LETTERS = 2
"""That must be among what is disguised: numbers in boxes alone are a list."""
LEAST_PLAIN = 4
"""Plain letters that must stand beside."""


class Disguised(NamedTuple):
    """How many letters and digits of a text are disguised, and the folded bytes of the first such stretch."""

    letters: int
    start: int
    end: int


def disguised_in(block: TextBlock, row: int) -> Disguised:
    """The disguised letters of one text; none where too few plain ones stand beside them."""
    return Disguised(*count(block.source, block.starts, block.folded, block.folds, block.origin, row))


def count(source: Any, starts: Any, folded: Any, folds: Any, origin: Any, row: int) -> tuple[int, int, int]:
    """The same from a block's arrays: plain loops, so that it can be compiled as it is."""
    letters = digits = plain = foreign = stretches = 0
    first = end = last = -1
    for at in range(folds[row], folds[row + 1] - 1):
        if 0xD0 <= folded[at] <= 0xE0 or 0xE3 <= folded[at] <= 0xED:  # Cyrillic to Indic, Chinese to Korean
            foreign += 1
        digit = 48 <= folded[at] <= 57
        if not digit and (folded[at] < 97 or folded[at] > 122):
            continue
        char = starts[row] + origin[at]
        if origin[at + 1] - origin[at] < 2:
            drawn = False
        elif 0xC3 <= source[char] <= 0xC6 or (source[char] == 0xE1 and 0xB8 <= source[char + 1] <= 0xBB):
            drawn = False  # accented Latin
        else:
            drawn = not (source[char] == 0xF0 and source[char + 1] == 0x9F and source[char + 2] == 0x87)  # a flag
        if not drawn:
            plain += not digit
            continue
        place = at - folds[row]
        if last < 0 or place - last > _GAP:
            stretches += 1
            if place > 0 and folded[at - 1] == 35:  # a hashtag
                stretches += _STRETCHES
        letters, digits, last = letters + (not digit), digits + digit, place
        if stretches == 1:
            first, end = place if first < 0 else first, place + 1
    is_name = letters >= LETTERS and letters + digits <= _LONGEST and stretches <= _STRETCHES
    if not is_name or foreign >= _FOREIGN or plain < LEAST_PLAIN:
        return 0, 0, 0
    return letters + digits, first, end
