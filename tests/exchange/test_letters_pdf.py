"""Letters on paper: printed as data, the same bytes for the same value, and nothing that could deceive readers."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from tests.examples import example_count

from jaga.core.terms.people import Language
from jaga.exchange.letters_pdf import LetterOnPaper, LetterPart, letter_pdf, printable

MOMENT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
LETTER = LetterOnPaper(
    "ST1/P000012/2026",
    "Kementerian Contoh",
    "PT Obrolan Contoh",
    MOMENT,
    "25 November 2026",
    "25 November 2026",
    (LetterPart(Language.INDONESIAN, "Teguran", "Kepada narahubung"), LetterPart(Language.ENGLISH, "Warning", "To")),
)
HOSTILE = (
    '#eval("1+1")',
    "#panic()",
    "$x^2$",
    "`code`",
    "*bold* _it_",
    "<label> @ref",
    "\\ // no /* comment */",
    "#sys.inputs",
    "[a](b) = Heading",
    "\"quotes\" 'single' -- ---",
)


def said(text: str) -> LetterOnPaper:
    return replace(LETTER, parts=(LetterPart(Language.INDONESIAN, "Isi", text),))


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def letters_of(text: str) -> str:
    return "".join(text.split())


def test_both_languages_number_date_and_pages_are_printed() -> None:
    """What a clerk needs to file it."""
    (page,) = pages(letter_pdf(LETTER))
    for expected in (
        "Kementerian Contoh",
        "PT Obrolan Contoh",
        "ST1/P000012/2026",
        "25 November 2026",
        "Teguran",
        "Kepada narahubung",
        "Warning",
        "Halaman/Page 1 / 1",
    ):
        assert expected in page


def test_the_same_value_gives_the_same_bytes() -> None:
    """So the recorded hash can be verified by printing again; the file's date is the letter's."""
    pdf = letter_pdf(LETTER)
    assert letter_pdf(LETTER) == pdf
    assert letter_pdf(replace(LETTER, number="ST2/P000012/2026")) != pdf
    about = PdfReader(io.BytesIO(pdf)).metadata
    assert about is not None
    assert about.creation_date == MOMENT
    with pytest.raises(ValueError, match="naive"):
        letter_pdf(replace(LETTER, dated=MOMENT.replace(tzinfo=None)))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_printed_and_never_run(text: str) -> None:
    """typst's own signs are printed as text, in the body and in every other place."""
    assert letters_of(text) in letters_of(pages(letter_pdf(said(text)))[0])
    everywhere = LetterOnPaper(text, text, text, MOMENT, text, text, (LetterPart(Language.ENGLISH, text, text),))
    assert letters_of(pages(letter_pdf(everywhere))[0]).count(letters_of(text)) >= 6


@settings(max_examples=example_count(10), deadline=None)
@given(
    st.text(
        alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x17E, exclude_categories=["C", "Z", "M"]),
        min_size=1,
        max_size=200,
    )
)
def test_every_latin_text_can_be_read_back(text: str) -> None:
    """No character of a text is lost in printing."""
    assert letters_of(printable(text)) in letters_of(" ".join(pages(letter_pdf(said(text)))))


def test_a_long_letter_goes_on_over_pages() -> None:
    """With 4,000 characters and more every word is there, and the pages are numbered."""
    words = [f"kata{number}" for number in range(900)]
    found = pages(letter_pdf(said(" ".join(words))))
    assert len(found) > 1
    assert f"1 / {len(found)}" in found[0]
    whole = letters_of(" ".join(found))
    assert all(word in whole for word in words)


def test_a_word_without_a_break_stays_on_the_sheet() -> None:
    """It is broken into lines without losing or adding anything."""
    word = "A" * 4000
    found = pages(letter_pdf(said(word)))
    assert sum(page.count("A") for page in found) == len(word)
    assert max(len(line) for page in found for line in page.splitlines()) < 120


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\u202egro.hotnoc\u202c", "[U+202E]gro.hotnoc[U+202C]"),
        ("a\u200bb\u00adc", "a[U+200B]b[U+00AD]c"),
        ("😀", "[U+1F600]"),
        ("漢", "[U+6F22]"),
        ("\x00\x1b", "[U+0000][U+001B]"),
        ("a\tb\r\nc", "a   b\nc"),
        ("Ünïcödé – “kutip” €", "Ünïcödé – “kutip” €"),
        ("שלום", "שלום"),
        ("سلام", "سلام"),
    ],
)
def test_what_would_deceive_or_not_be_seen_is_spelled_out(text: str, expected: str) -> None:
    """An account's name must not look like another's."""
    assert printable(text) == expected


def test_letters_of_other_scripts_are_printed() -> None:
    """Hebrew and Arabic are complete (a reader may return them in visual order)."""
    page = pages(letter_pdf(said("Акаунт Αβγ שלום")))[0]
    assert "Акаунт Αβγ" in page
    assert "שלום" in page or "םולש" in page
