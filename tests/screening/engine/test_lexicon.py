"""The engine's lexicon agrees with its reference definition, in sentences for people and in tables."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.policy.models import LexiconEntry, LocalText
from jaga.policy.release import load_release
from jaga.screening.engine.engine import screen_table
from jaga.screening.engine.screen import reference_of_screen, screen
from jaga.screening.engine.spoken import engine_of
from jaga.screening.text.fold import storable_utf8
from jaga.screening.text.signals import Screened

REASON = LocalText(id="alasan", en="reason")


def entry(
    phrase: str,
    weight: float = 0.5,
    category: str = "prostitution_advertising",
    needs: tuple[str, ...] = (),
    exceptions: tuple[str, ...] = (),
) -> LexiconEntry:
    return LexiconEntry(
        phrase=phrase,
        category=category,
        weight=weight,
        needs=needs,
        exceptions=exceptions,
        reason=REASON,
        example=phrase,
        branch="victim_first" if category == "trafficking" else "none",
    )


LEXICON = [
    entry("open bo", 0.8, exceptions=("razia",)),
    entry("bo", 0.3),
    entry("openbo", 0.8),
    entry("bo", 0.3, "fraud"),
    entry("dp", 0.4, needs=("open bo", "include")),
    entry("bo ready", 0.3),
    entry("dijebak", 0.6, "trafficking"),
    entry("bo", 0.5, "trafficking", needs=("dijebak",)),
]
TEXTS = st.lists(
    st.sampled_from(
        [
            "open",
            "bo",
            "b0",
            "dp",
            "include",
            "razia",
            "dijebak",
            "ready",
            "\0",
            "\ud800",
            "é",
            "㎏",
            "o p e n b o",
            "#openbo",
            "🅾pen",
        ]
    )
).map(" ".join)


def as_rows(screened: list[Screened]) -> list[list[tuple[Any, ...]]]:
    return [
        [
            (one.source, one.version, one.category, one.params["phrase"], one.weight, one.start, one.end)
            for one in result.signals
        ]
        for result in screened
    ]


@given(st.lists(TEXTS | st.text(max_size=20), max_size=20))
def test_it_says_what_its_definition_says(texts: list[str]) -> None:
    """Signals, sentences, score and branch agree for every text."""
    assert screen(texts, LEXICON, version="v") == reference_of_screen(texts, LEXICON, version="v")


@given(st.lists(TEXTS, max_size=20))
def test_the_table_says_the_same(texts: list[str]) -> None:
    """The table agrees too; it only has no sentences."""
    table = pa.table({"text": pa.array(map(storable_utf8, texts), pa.binary())})
    rows = screen_table(table, engine_of(tuple(LEXICON), "v")).to_pylist()
    expected = reference_of_screen(texts, LEXICON, version="v")
    keys = ("source", "version", "category", "key", "weight", "start", "end")
    assert [sorted(tuple(one[key] for key in keys) for one in row["signals"]) for row in rows] == [
        sorted(signals) for signals in as_rows(expected)
    ]
    assert [row["score"] for row in rows] == pytest.approx([one.score for one in expected])
    assert [row["victim_first"] for row in rows] == [one.victim_first for one in expected]
    for row, one in zip(rows, expected, strict=True):
        best = max((signal.weight for signal in one.signals), default=None)
        assert row["category"] in ({s.category for s in one.signals if s.weight == best} if one.signals else {None})


def test_the_releases_own_examples_are_read_alike() -> None:
    """Every entry of the shipped lexicon is found in its own example."""
    lexicon = load_release().lexicon
    texts = [one.example for one in lexicon]
    assert screen(texts, lexicon, version="v") == reference_of_screen(texts, lexicon, version="v")
