"""What sellers do to their words when these are looked for: takes hashtags and "bo" away, or dresses them up.

`mask` removes hashtags and every variant of "bo". `obfuscate` keeps them, each written in one of four disguises; with
`all_words` every second word of the text too. Which one is chosen by the text's hash, so that a run can be repeated.
"""

import hashlib
import re
from collections.abc import Callable

_TAG = re.compile(r"#\w+")
_BO = re.compile(
    r"\b(?:\w*open[\s._-]?bo\w*|bo(?:king\w*|oking(?:an|now)\w*|jogja\w*)?|\w*jogjabo|bo_\w*|\w*_bo)\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_LEET = str.maketrans("aeiost", "431057")


def mask(text: str) -> str:
    """The text without hashtags and without any "bo"."""
    return _BO.sub(" ", _TAG.sub(" ", text))


def obfuscate(text: str, *, all_words: bool = False) -> str:
    """The text with its hashtags and "bo" words disguised, in one way for each text."""
    ways = (_fancy, _leet, _spaced, _dotted)
    chosen = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    way = ways[chosen[1] % len(ways)]
    dressed = _BO.sub(lambda match: way(match[0]), _TAG.sub(lambda match: "#" + way(match[0][1:]), text))
    return _every_second(dressed, way) if all_words else dressed


def _every_second(text: str, way: Callable[[str], str]) -> str:
    count = iter(range(len(text) + 1))
    return _WORD.sub(lambda match: way(match[0]) if next(count) % 2 == 0 and match[0].isascii() else match[0], text)


def _fancy(word: str) -> str:
    """Mathematical bold letters and digits."""
    return "".join(
        chr(0x1D400 + ord(char) - 65)
        if "A" <= char <= "Z"
        else chr(0x1D41A + ord(char) - 97)
        if "a" <= char <= "z"
        else char
        for char in word
    )


def _leet(word: str) -> str:
    return word.lower().translate(_LEET)


def _spaced(word: str) -> str:
    return " ".join(word)


def _dotted(word: str) -> str:
    return ".".join(word)
