"""Copies are found among very many texts, different texts are not, and the block kernel gives the same result."""

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaga.screening.copies.copies import likeness
from jaga.screening.copies.nearness import (
    BANDS,
    EMPTY,
    FEWEST_LETTERS,
    TextSignature,
    estimate,
    letters_seen,
    signature,
    signature_of,
)
from jaga.screening.copies.nearness_kernel import cluster_sizes, clusters_among, joined, marks_of_block
from jaga.screening.text.block import slow_block

ADVERT = (
    "Malam kak, aku lagi di kota sebelah sampai hari minggu, bisa temani ngobrol dan makan malam, nego tipis, "
    "langsung kirim pesan saja ya, jangan lupa sebut nama dan jam berapa mau ketemu di tempat biasa"
)
SHORT = "Daftar sekarang bonus besar"


def mark(text: str) -> TextSignature:
    """The signature of a text that has one."""
    found = signature_of(text)
    assert found is not None
    return found


def invented(lot: random.Random, words: int) -> str:
    """A text of invented words, similar to no other."""
    return " ".join(
        "".join(lot.choice("bcdgklmnprst") + lot.choice("aeiou") for _ in range(lot.randint(1, 4)))
        for _ in range(words)
    )


def changed(lot: random.Random, text: str, share: float) -> str:
    """The text with this share of its words replaced."""
    return " ".join(invented(lot, 1) if lot.random() < share else word for word in text.split())


def test_what_is_not_read_changes_nothing() -> None:
    """Capitals, disguises, emoji, numbers, spaces, lines and repeated letters do not change the signature."""
    for edited in (
        ADVERT.upper(),
        ADVERT.replace("a", "а").replace("o", "𝗼"),
        ADVERT.replace(",", " 🔥🔥 "),
        f"{ADVERT} 700 500 0812",
        ADVERT.replace("ya", "yaaaa"),
        ADVERT.replace(" ", " \n"),
    ):
        assert mark(edited) == mark(ADVERT)


def test_the_estimate_is_near_the_exact_share() -> None:
    """Over many pairs of all similarities the estimate is within 0.01 on average, and within 0.25 for each."""
    lot, errors = random.Random(1), []
    for _ in range(300):
        text = invented(lot, 60)
        other = changed(lot, text, lot.random())
        one, two = letters_seen(text), letters_seen(other)
        errors.append(estimate(signature(one), signature(two)) - likeness(one.decode(), two.decode()))
    assert abs(sum(errors) / len(errors)) < 0.01
    assert max(map(abs, errors)) < 0.25


def test_copies_meet_and_others_do_not() -> None:
    """A hundred copies with one word of thirty changed all share a key with the original and are similar to it."""
    lot = random.Random(2)
    for _ in range(100):
        words = ADVERT.split()
        words[lot.randrange(len(words))] = invented(lot, 1)
        copy = mark(" ".join(words))
        assert set(copy.keys) & set(mark(ADVERT).keys)
        assert copy.near(mark(ADVERT))
        assert not mark(invented(lot, 30)).near(mark(ADVERT))


def test_of_short_texts_only_nearly_equal_ones_are_copies() -> None:
    """A short text is a copy only if its words are nearly the same; one shared word is not enough."""
    assert mark(SHORT).near(mark(f"{SHORT.upper()} !!! 100"))
    assert not mark(SHORT).near(mark("Daftar sekarang juga teman teman"))
    assert len(mark(SHORT).keys) == len(set(mark(SHORT).keys)) == BANDS


@pytest.mark.parametrize("text", ["", "halo kak", "7" * 500, "😀" * 500, "a" * 500, "\udc80\0"])
def test_what_has_few_letters_has_no_mark(text: str) -> None:
    """Greetings, numbers and emoji have no signature."""
    assert signature_of(text) is None


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(st.text(alphabet=st.characters(), max_size=120), st.text(alphabet="abcdeé漢 \n1", max_size=120)),
        max_size=8,
    )
)
def test_blocks_have_the_same_marks(texts: list[str]) -> None:
    """Arbitrary strings, with lone surrogates and NULs."""
    marks = marks_of_block(slow_block(texts))
    for text, letters, bins in zip(texts, marks.letters, marks.bins, strict=True):
        seen = letters_seen(text)
        assert letters == len(seen)
        assert tuple(bins.tolist()) == signature(seen)


def test_a_very_long_text_is_read_from_its_beginning() -> None:
    """Both ways of reading ignore what follows the beginning of a very long text."""
    lot = random.Random(3)
    text = invented(lot, 5000)
    assert mark(text) == mark(f"{text} {invented(lot, 50)}")
    marks = marks_of_block(slow_block([text]))
    assert (int(marks.letters[0]), tuple(marks.bins[0].tolist())) == (mark(text).letters, mark(text).bins)


def test_a_table_counts_its_copies() -> None:
    """Three groups of copies of different sizes among unique texts; short texts count alone unless they are equal."""
    lot = random.Random(4)
    flood, smaller = invented(lot, 40), invented(lot, 25)
    texts = (
        [changed(lot, flood, 0.04) for _ in range(500)]
        + [changed(lot, smaller, 0.04) for _ in range(60)]
        + [SHORT] * 7
        + [invented(lot, 30) for _ in range(400)]
        + ["halo", "halo", ""]
    )
    order = list(range(len(texts)))
    lot.shuffle(order)
    marks = joined(
        [
            marks_of_block(slow_block([texts[place] for place in order[start : start + 256]]))
            for start in range(0, len(order), 256)
        ]
    )
    sizes = np.empty(len(texts), np.int64)
    sizes[order] = cluster_sizes(marks)
    assert np.median(sizes[:500]) >= 490
    assert np.median(sizes[500:560]) >= 58
    assert (sizes[560:567] == 7).all()
    assert (sizes[567:] == 1).all()
    leaders = clusters_among(marks)
    assert (leaders[leaders] == leaders).all()
    assert (leaders <= np.arange(len(leaders))).all()


def test_an_empty_table_has_no_sizes() -> None:
    """A table without rows has no sizes, and an empty bin is zero."""
    assert cluster_sizes(joined([])).tolist() == []
    assert signature(b"") == (EMPTY,) * len(signature(b""))
    assert len(letters_seen("abcdefghijk")) < FEWEST_LETTERS


def test_the_pages_do_without_the_compiler() -> None:
    """The modules that the web process imports read signatures without numba; only worker and CLI compile kernels."""
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup();"
        "import jaga.app.urls, jaga.signals.verbs.near_duplicates, jaga.screening.copies.nearness; "
        "print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "False"
