"""Copies are recognised word for word and number for number, and new words are found."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jaga.screening.copies.copies import FEWEST, comparison_form, is_long_enough, new_words, words_of_of_repeats

STORY = "Akun ini meminta uang muka Rp 1.500.000 lalu menghilang, tolong diperiksa"


def test_capitals_spaces_and_punctuation_make_no_difference_and_everything_else_does() -> None:
    """Numbers and signs count, because a second report may bring just these."""
    assert comparison_form(STORY) == comparison_form("  " + STORY.upper().replace(" ", "\n") + "!!")
    for other in (
        STORY.replace("1.5", "2.5"),
        STORY + " LP/17",
        STORY + " 🔪",
        STORY.replace("tolong ", ""),
        " ".join(reversed(STORY.split())),
    ):
        assert comparison_form(other) != comparison_form(STORY)


def test_new_words_are_marked_where_they_stand() -> None:
    """Adjacent new words are one span; known words stay unmarked."""
    text = STORY + ". Malam ini ia mengancam ibu saya"
    assert [text[start:end] for start, end in new_words(text, words_of_of_repeats(STORY))] == [
        "Malam",
        "ia mengancam ibu saya",
    ]
    assert new_words("Tolong, TOLONG", words_of_of_repeats(STORY)) == ()


@given(st.text(), st.text())
def test_every_word_is_either_known_or_marked(text: str, other: str) -> None:
    """Each word is known or marked, and spans lie within the text, in order and apart."""
    places = new_words(text, words_of_of_repeats(other))
    marked = [text[start:end] for start, end in places]
    assert words_of_of_repeats(" ".join(marked)) >= words_of_of_repeats(text) - words_of_of_repeats(other)
    assert all(end < start for (_, end), (start, _) in pairwise(places))


@given(st.text())
def test_a_text_is_its_own_copy_and_a_cry_is_nobodys(text: str) -> None:
    """A text is a copy of itself; a very short text is nobody's copy. Case folding may make several letters of one,
    e.g. two of `℠`.
    """
    assert comparison_form(text) == comparison_form(text.strip())
    assert not is_long_enough("".join(letter for letter in text if letter.isascii())[: FEWEST - 1])
