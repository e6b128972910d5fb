"""quality.yaml: shares of cases for blind review, expected agreement, and words for the audit of errors."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.policy.documents import Document
from jaga.policy.models import STRICT, Text
from jaga.policy.problems import ReleaseProblem, fill

LEAST_SHARE = 0.05
"""The least share for a release: without review, errors go unnoticed."""
SEVERAL, NONE = "several", "none"
"""What a text names that names several groups of words, or none."""
Place = Annotated[int, Field(ge=0, le=30)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=STRICT)
class GenderedWords:
    """Words by which a text counts as about women or men: a weak guess, only for error statistics."""

    group: Literal["women", "men"]
    words: Annotated[tuple[Text, ...], Field(min_length=1)]


@dataclass(frozen=True, config=STRICT)
class RegionWords:
    """Words by which a text counts as about a place in this region, only for error statistics and the public map.

    `code` and `tile` (column and row, from 0 at the top left) draw it on the map; a release without them has no map.
    """

    region: Text
    words: Annotated[tuple[Text, ...], Field(min_length=1)]
    code: Annotated[str, Field(min_length=2, max_length=3)] | None = None
    tile: tuple[Place, Place] | None = None


@dataclass(frozen=True, config=STRICT)
class QualityRules:
    """quality.yaml. It decides nothing about a case."""

    share_dismissals: Share
    share_decisions: Share
    golden_share: Annotated[float, Field(ge=0, le=0.5)]
    agreement_bound: Share
    least_pairs: Annotated[int, Field(ge=2, le=100_000)]
    window_days: Annotated[int, Field(ge=7, le=3660)]
    gendered_words: tuple[GenderedWords, ...]
    regions: tuple[RegionWords, ...]

    def share_of(self, kind: DecisionKind) -> float:
        """The share of cases decided this way that are reviewed."""
        return self.share_dismissals if kind is DecisionKind.DISMISS else self.share_decisions


def check_shares(value: QualityRules, document: Document) -> Iterator[ReleaseProblem]:
    """Shares are large enough, and no group or region is repeated."""
    for name, share in (("share_dismissals", value.share_dismissals), ("share_decisions", value.share_decisions)):
        if share < LEAST_SHARE:
            yield document.problem(
                (name,),
                fill(N_("with this `%(name)s` almost no case would be reviewed again"), name=name),
                fill(N_("Write %(least_share)s or more."), least_share=LEAST_SHARE),
            )
    for part, name, names in (
        ("gendered_words", "group", [words.group for words in value.gendered_words]),
        ("regions", "region", [words.region for words in value.regions]),
    ):
        for index, group in enumerate(names):
            if group in names[:index]:
                yield document.problem(
                    (part, index, name), fill(N_("`%(group)s` is listed twice"), group=group), N_("Keep one.")
                )
    tiles = [words.tile for words in value.regions]
    for index, tile in enumerate(tiles):
        if tile is not None and tile in tiles[:index]:
            yield document.problem(
                ("regions", index, "tile"),
                fill(N_("another region has the tile %(column)s, %(row)s as well"), column=tile[0], row=tile[1]),
                N_("Give each region its own tile."),
            )


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
