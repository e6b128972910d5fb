"""The compiled matcher finds exactly what the reference definition finds, under any disguise."""

import random
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.screening.phrases.matching import PhraseFinder
from jaga.screening.phrases.phrases import FoldedPhrase, places
from jaga.screening.text.block import slow_block
from jaga.screening.text.fold import fold_texts

PHRASES = [
    "open bo",
    "bo",
    "st",
    "full service",
    "slot gacor",
    "free room",
    "",
    "ml",
    "isi link",
    "18",
    "b2b",
    "oo",
    "bo obral",
    "كل يوم",
    "vcs 100",
    "gacor",
    "a",
    "openbo",
    "bispak",
    "seru!",
    "مرحبا bo",
]
_UNITS = [
    " ",
    "  ",
    ".",
    "-",
    "_",
    "░",
    "\u3000",
    "\u200b",
    "\u0301",
    "!",
    "|",
    "@",
    "$",
    "€",
    "⭕",
    "🔴",
    "✖",
    "0",
    "1",
    "3",
    "5",
    "8",
    "2",
    "#",
    "o",
    "b",
    "s",
    "t",
    "l",
    "I",
    "é",
    "x",
    "م",
    "\n",
    "\0",
    "\ud800",
    "kota",
    "#bispak",
    "........",
]
_LOOKS = {
    "o": "0O○ο⭕oo",
    "b": "8Bв",
    "s": "5$Sｓ",
    "i": "1!|Iıl",
    "l": "1|ILi",
    "e": "3€Eе",
    "a": "4@Aа",
    "g": "69G",
    "c": "¢Cс",
    "t": "7✝T",
    "x": "×✖",
}


@cache
def finder() -> PhraseFinder:
    """The matcher of `PHRASES`, compiled by the first test: every process of the tests imports this."""
    return PhraseFinder(PHRASES)


def fast(texts: list[str]) -> list[set[tuple[str, int, int]]]:
    """The matcher's hits in each text: phrase, start and end in bytes of the folded text."""
    block, _ = fold_texts(texts)
    found: list[set[tuple[str, int, int]]] = [set() for _ in texts]
    for row, key, start, end in zip(*finder().find(block), strict=True):
        hit = PHRASES[key], int(start), int(end)
        assert hit not in found[row]
        found[row].add(hit)
    return found


def slow(text: str) -> set[tuple[str, int, int]]:
    block = slow_block([text])
    typed = tuple((block.source[block.origin[:-1]] < 0x80).tolist())
    folded = block.folded[:-1].tobytes()
    return {
        (written, start, end)
        for written in PHRASES
        if (phrase := FoldedPhrase.of(written)).letters
        for start, end in places(phrase, folded, typed)
    }


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """A phrase of the list with its letters possibly styled, repeated, or followed by something."""
    out = []
    for char in draw(st.sampled_from(PHRASES)):
        drawn = draw(st.sampled_from([char, char, char, char.upper(), *_LOOKS.get(char, "")]))
        out.append(drawn * draw(st.sampled_from([1, 1, 1, 1, 1, 2, 3, 70])))
        out.append(draw(st.sampled_from(["", "", "", "", *_UNITS])))
    return "".join(out)


TEXTS = st.lists(disguised() | st.sampled_from(_UNITS) | st.text(max_size=4), max_size=6).map("".join)


@settings(max_examples=example_count(80))
@given(st.lists(TEXTS, min_size=1, max_size=12))
@example(["b0○", "!$⭕!o link"])
def test_it_finds_what_the_definition_finds(texts: list[str]) -> None:
    """Exactly the definition's hits, each once, wherever a text stands in its block."""
    assert fast(texts) == [slow(text) for text in texts]


def test_hits_come_in_order() -> None:
    """Hits are ordered by text, start, end and phrase."""
    block, _ = fold_texts(["b0 open bo", "", "op€n bo, open|bo, v!deo"] * 50)
    hits = finder().find(block)
    found = [*zip(hits.row, hits.start, hits.end, hits.key, strict=True)]
    assert found == sorted(found)
    assert len(hits.row) == 50 * sum(map(len, map(slow, ["b0 open bo", "op€n bo, open|bo, v!deo"])))


def test_an_empty_block_and_an_empty_lexicon_are_taken() -> None:
    """Neither raises an error, and nothing is found."""
    assert len(finder().find(fold_texts([])[0]).row) == 0
    assert len(PhraseFinder([]).find(fold_texts(["open bo"])[0]).row) == 0
    assert len(PhraseFinder(["", "!"]).find(fold_texts(["open bo!"])[0]).row) == 0


@pytest.mark.parametrize(
    "unit",
    [
        "o",
        "open ",
        "o p e n ",
        "b.o",
        "1",
        "🔴",
        "\u0301",
        "\u200b ",
        "ﷺ",
        "open\u200b" * 3,
        "o0",
        "🔴o8",
        "#",
        "#o",
        "openb",
        "free roo",
        "o o  ",
        "bo $bo ",
    ],
)
def test_half_a_megabyte_of_anything_is_taken(unit: str) -> None:
    """Whatever it repeats, the phrase at its end is found. `bench.screening.hostile_texts` says how long it takes."""
    block, _ = fold_texts([unit * (500_000 // len(unit)) + " open bo"])
    hits = finder().find(block)
    assert int(np.max(hits.end)) == int(block.folds[1]) - 1


def test_five_thousand_phrases_do_not_hide_each_other() -> None:
    """Among many phrases that begin, end and contain each other, each is found in its own text and reported by its
    index.
    """
    chance = random.Random(5)
    syllables = ["ba", "bo", "ca", "da", "en", "ga", "li", "lu", "ma", "ni", "op", "ra", "si", "ta", "wi"]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 3))) for _ in range(3000)]
    written = [*{" ".join(chance.choices(words, k=chance.randint(1, 3))) for _ in range(6000)}][:5000]
    finder = PhraseFinder(written)
    block, _ = fold_texts(written)
    row, key, start, end = finder.find(block)
    whole = {
        (int(row[hit]), int(key[hit]))
        for hit in range(len(row))
        if start[hit] == 0 and end[hit] == block.folds[row[hit] + 1] - block.folds[row[hit]] - 1
    }
    assert {(index, index) for index in range(len(written))} <= whole
