"""Which one of several groups of words a text names: provinces, gendered words. A weak guess, for counts only."""

import re
from collections.abc import Iterable

SEVERAL, NONE = "several", "none"


class WordGroups:
    """Groups of words, each under its name, compiled once."""

    def __init__(self, groups: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self._group = {word.casefold(): name for name, words in groups for word in words}
        # Longer words first, so that "papua barat daya" is not read as "papua barat".
        words = sorted(self._group, key=lambda word: (-len(word), word))
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)") if words else None

    def named_in(self, text: str) -> str:
        """The only group whose words occur in the text, else SEVERAL or NONE."""
        if self._words is None:
            return NONE
        found = {self._group[one] for one in self._words.findall(text.casefold())}
        return SEVERAL if len(found) > 1 else found.pop() if found else NONE
