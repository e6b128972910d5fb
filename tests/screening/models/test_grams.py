"""The classifier's kernel equals its reference definition on any text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.screening.models.classifier import DAMPING, FEWEST, WORDS
from jaga.screening.models.grams import SLOTS, WINDOW, slow_windows, stream_of
from jaga.screening.models.grams_kernel import features, weightiest
from jaga.screening.models.margins_kernel import margins, table_of
from jaga.screening.text.block import slow_block

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="abAB 01.é🅰𝐛⚡💋\u200b\ufe0f中ø", max_size=60),
        st.lists(st.sampled_from(["o p e n", "gaacor", "s l 0 t", "𝐦𝐨𝐧𝐚", "77", "a1b22", "⚡⚡⚡", "…", "\n"])).map(
            " ".join
        ),
    ),
    max_size=6,
)
WEIGHTS = np.random.default_rng(7).integers(-3, 4, (6, SLOTS)).astype(np.int16)


def slow_margin(text: str, weights: np.ndarray) -> float:
    """What `margins` computes, one window after the other."""
    best = -np.inf
    for window in slow_windows(text):
        found = [int(weights[gram.slot]) for gram in window]
        known = sum(weight != 0 for weight in found)
        if known >= FEWEST:
            best = max(best, np.float32(sum(found)) / np.float32(known + DAMPING))
    return best


@settings(max_examples=example_count(30))
@given(TEXTS)
def test_the_features_are_those_of_the_definition(texts: list[str]) -> None:
    """The features are equal, slot by slot, in order."""
    first, slots = features(slow_block(texts))
    for at, text in enumerate(texts):
        expected = [gram.slot for gram in next(iter(slow_windows(text)))]
        assert slots[first[at] : first[at + 1]].tolist() == expected


@settings(max_examples=example_count(25))
@given(TEXTS)
def test_the_margins_are_those_of_the_definition(texts: list[str]) -> None:
    """The margins are exactly equal: integers are summed, so the order of addition does not matter."""
    found, _ = margins(slow_block(texts), table_of(WEIGHTS), len(WEIGHTS), DAMPING, FEWEST)
    assert found.shape == (len(texts), len(WEIGHTS))
    for at, text in enumerate(texts):
        assert found[at].tolist() == [slow_margin(text, weights) for weights in WEIGHTS]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "\ud800 open bo",
        "x" * 100_000,
        "a b " * 5000,
        "💋" * 3000,
        "\n\n",
        "é" * 511,
        "\u200b" * 90_000 + "💋 𝐛𝐨 77x" * 60,
    ],
)
def test_absurd_texts_are_read_like_any_other(text: str) -> None:
    """Empty, huge or broken texts give the definition's result, without a crash and without changing their neighbours'
    results.
    """
    texts = [text, "💋 𝐛𝐨 77x halo apa kabar"]
    found, _ = margins(slow_block(texts), table_of(WEIGHTS[:1]), 1, DAMPING, FEWEST)
    assert found[:, 0].tolist() == [slow_margin(one, WEIGHTS[0]) for one in texts]


@pytest.mark.parametrize(
    ("text", "stream"),
    [
        ("Open BO", " open bo "),
        ("o p e n  b o", " openbo "),
        ("slooot", " slot "),
        ("o.p.e.n", " open "),
        ("𝐎𝐩𝐞𝐧", " open "),
        ("wa 0812-34", " wa 0000 00 "),
        ("a bb c", " a b c "),
        ("", " "),
        ("!!", " "),
    ],
)
def test_a_disguised_word_is_read_as_the_word(text: str, stream: str) -> None:
    """Spaced, repeated or styled letters are read as the word. All digits are alike."""
    folded = bytes(slow_block([text]).folded[:-1])
    assert stream_of(folded)[0].decode() == stream.replace("a b c", "abc")


def test_an_advertisement_is_not_thinned_out_by_what_follows() -> None:
    """Each window is scored by itself, and the text gets the highest score."""
    weights = np.zeros((1, SLOTS), np.int16)
    for gram in next(iter(slow_windows("gacor maxwin"))):
        weights[0, gram.slot] = 100
    block = slow_block(["gacor maxwin", "gacor maxwin " + "kata lain " * 900])
    alone, long = margins(block, table_of(weights), 1, 0, FEWEST)[0]
    assert long[0] > 0.4 * alone[0]


def test_the_words_that_weighed_most_are_named_in_order() -> None:
    """Their spans are those of the words in the folded text, including disguises; words that lowered the score are left
    out.
    """
    weights = np.full(SLOTS, -1, np.int16)
    for word, weight in (("gacor", 50), ("maxwin", 20)):
        for gram in next(iter(slow_windows(word))):
            weights[gram.slot] = weight
    block = slow_block(["halo kak g a c 0 r dan maxwiin aja", "halo kak"])
    folded = bytes(block.folded[block.folds[0] : block.folds[1]])
    weights[weights == 0] = -1
    spans = weightiest(block, 0, 0, weights, WORDS)
    assert next(folded[start:end].decode() for start, end in spans) == "maxwiin"
    assert len(weightiest(block, 1, block.folds[1], weights, WORDS)) == 0


def test_a_window_is_wide_enough_for_a_post() -> None:
    """Most posts are shorter than a window, so they are scored as a whole."""
    assert WINDOW >= 500
