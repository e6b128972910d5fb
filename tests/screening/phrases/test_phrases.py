"""A phrase is found under every usual disguise, at its place in the original text, and not inside other words."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.screening.phrases.phrases import LexiconFinder, PhraseHit
from jaga.screening.text.letters import LEET, fold
from jaga.screening.text.normalise import readings

FINDER = LexiconFinder(["open bo", "bispak", "bo", "st", "full service", "slot gacor", "free room", ""])


def found(text: str) -> set[str]:
    return {hit.phrase for hit in FINDER.find(text)}


@pytest.mark.parametrize(
    "text",
    [
        "open bo",
        "OPEN BO",
        "Open  BO!",
        "open\nbo",
        "open-bo",
        "open_bo_jogja",
        "#openbo",
        "open 🔥🔥 bo",
        "𝗢𝗽𝗲𝗻 𝗕𝗢",
        "ⓞⓟⓔⓝ ⓑⓞ",
        "🅞🅟🅔🅝 🅑🅞",
        "🄾🄿🄴🄽 🄱🄾",
        "🅾🅿en 🅱🅾",
        "ｏｐｅｎ ｂｏ",
        "ᴏᴘᴇɴ ʙᴏ",
        "ᵒᵖᵉⁿ ᵇᵒ",
        "open 🇧🇴",
        "⒪⒫⒠⒩ ⒝⒪",
        "ореn во",
        "ορεn bο",
        "ꓳꓑꓰꓠ ꓐꓳ",
        "0pen b0",
        "0p3n bo!",
        "op€n b⭕",
        "🔴pen b🔴",
        "opén bó",
        "o̲p̲e̲n̲ b̶o̶",
        "b\u200bo o\u200bp\u200be\u200bn b\u00ado",
        "o p e n  b o",
        "o.p.e.n b.o",
        "o░p░e░n b░o",
        "o p e n b o y u k",
        "oooopeeeen booo",
        "o⃣p⃣e⃣n⃣ b⃣o⃣",
        "\udc80open\udfff bo\0",
        "open️ bo️",
        "OPEN BO700",
        "#OpenBoKota",
        "#kotaopenbo",
        "#𝗼𝗽𝗲𝗻𝗯𝗼kota",
        "ｏ．ｐ．ｅ．ｎ　ｂ．ｏ",
    ],
)
def test_the_phrase_is_found_under_its_disguise(text: str) -> None:
    """Letter styles, look-alikes, leetspeak, accents, frames, separated, joined and repeated letters, invalid
    characters.
    """
    assert "open bo" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "opened boat",
        "kebon",
        "boss",
        "openbook",
        "re open. " + "x " * 9 + "bo",
        "open " + "." * 80 + " bo",
        "op en bo",
        "open 8 orang",
        "openbokota",
        "#openbuka",
        "#kotaopenboleh",
        "reopen boleh",
        "b2b operator",
        "open boo",
    ],
)
def test_other_words_are_not_found(text: str) -> None:
    """Word boundaries hold, also with joined and folded letters."""
    assert "open bo" not in found(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#bispakkota", {"bispak"}),
        ("#B1SPAKKOTA", {"bispak"}),
        ("@bispakkota", {"bispak"}),
        ("#bispakk", set()),
        ("bispakkota", set()),
        ("#infobispakkota", set()),
        ("#openboobral", set()),
        ("#openbook", set()),
    ],
)
def test_a_tags_words_may_meet_in_one_consonant(text: str, expected: set[str]) -> None:
    """Hashtags may join two words at a doubled consonant, because no Indonesian word doubles one; "oo" may be one
    sound.
    """
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("700 ST", {"st"}),
        ("st700", {"st"}),
        ("best", set()),
        ("s t", {"st"}),
        ("t e s t", set()),
        ("a b o u t", set()),
        ("fu11 serv1ce", {"full service"}),
        ("s10t gacor", {"slot gacor"}),
        ("sl0t g4c0r", {"slot gacor"}),
        ("freee roooom", {"free room"}),
        ("fre room", set()),
        ("boo", set()),
        ("booo", {"bo"}),
        ("$t", {"st"}),
    ],
)
def test_digits_and_repeats_are_read_as_a_person_would(text: str, expected: set[str]) -> None:
    """A price stays a price beside a word, and its digits are read as letters inside a word."""
    assert found(text) == expected


def test_the_span_is_the_original_texts() -> None:
    """The console marks the words as they were written."""
    text = "hai 🔥 0p3n\u200b 🅱🅾 yuk"
    hit = next(hit for hit in FINDER.find(text) if hit.phrase == "open bo")
    assert text[hit.start : hit.end] == "0p3n\u200b 🅱🅾"


@given(st.text(st.characters(exclude_categories=[])))
def test_any_string_is_taken_and_every_span_lies_in_it(text: str) -> None:
    """Lone surrogates, NULs and unassigned code points raise no error, and words do not overlap."""
    for words in readings(text):
        assert all(0 <= word.start < word.end <= len(text) and word.spellings for word in words)
        assert all(one.start <= two.start for one, two in pairwise(words))
    assert all(0 <= hit.start < hit.end <= len(text) for hit in FINDER.find(text))


@given(
    st.text(st.characters(exclude_categories=["L", "N", "M", "S", "P"]), max_size=5),
    st.lists(st.sampled_from("\u200b\u200d\ufe0f\u0301\u0332\u20dd\u00ad"), min_size=7, max_size=7),
)
def test_invisible_and_combining_characters_never_hide_a_phrase(edge: str, between: list[str]) -> None:
    """Invisible and combining characters in any place do not hide a phrase."""
    text = edge + "".join(a + b for a, b in zip("open bo", between, strict=True)) + edge
    assert "open bo" in found(text)


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_phrase_between_lines_is_found_whatever_stands_around(before: str, after: str) -> None:
    """Other lines do not change how a line is read, unless they are spelled out letter by letter."""
    assert "open bo" in found(f"{before}\n .. open bo .. \n{after}")


def test_every_code_point_folds_to_words_or_to_nothing() -> None:
    """All of Unicode, one code point at a time: lower case, no marks, no invisible characters, plain digits."""
    for number in range(0x110000):
        for char in fold(chr(number)):
            assert char.casefold() == char or unicodedata.category(char) not in ("Lu", "Lt"), hex(number)
            assert unicodedata.category(char)[0] not in "MC" or (char in LEET and number > 127), hex(number)
            assert not char.isdigit() or char in "0123456789", hex(number)


def test_hits_come_in_order_and_once() -> None:
    """Both ways of reading find the same place, which is reported once."""
    assert FINDER.find("open bo b0") == [PhraseHit("open bo", 0, 7), PhraseHit("bo", 5, 7), PhraseHit("bo", 8, 10)]
