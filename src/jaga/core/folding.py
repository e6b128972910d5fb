"""Folding of text for search: lower case, without accents or typographic letter styles."""

import re
import unicodedata

_LEFT_OUT = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufeff]")


def fold(text: str) -> str:
    """The folded text. Accepts any string."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKD", text).lower())


def places_in(text: str, folded: str) -> list[tuple[int, int]]:
    """Positions of a folded word in a text, as spans of the original text; matches whole words and their beginnings."""
    letters, places = [], []
    for place, char in enumerate(text):
        for letter in fold(char):
            letters.append(letter)
            places.append(place)
    whole = "".join(letters)
    return (
        [
            (places[found.start()], places[found.end() - 1] + 1)
            for found in re.finditer(rf"(?<!\w){re.escape(folded)}", whole)
        ]
        if folded
        else []
    )
