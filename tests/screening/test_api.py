"""The public interface of screening as a library, as docs/screening-library.md describes it."""

from pathlib import Path

import pyarrow as pa
import pytest

from jaga.policy.release import load_release
from jaga.screening import api
from jaga.screening.api import PolicyError, Screener, TextContext
from jaga.screening.engine.screen import screen_texts

TEXTS = ["Dijual motor bekas", "0pen b.o jogja, wa 0812 3456 7890", ""]


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener()


def test_it_says_what_an_installation_would_say(screener: Screener) -> None:
    """The library gives the same score, signals and places as an installation."""
    for result, wanted in zip(screener.screen(TEXTS), screen_texts(TEXTS, load_release()), strict=True):
        assert (result.score, result.victim_first) == (wanted.score, wanted.victim_first)
        assert [(one.source, one.version, one.category, one.weight, list(one.places)) for one in result.signals] == [
            (one.source, one.version, one.category, one.weight, one.places) for one in wanted.signals
        ]


def test_a_result_names_category_contacts_and_reasons(screener: Screener) -> None:
    """A result has category, contacts and reasons; a text without signals has none."""
    plain, offer, nothing = screener.screen(TEXTS)
    assert (plain.category, plain.signals, plain.contacts, plain.errors, plain.score) == (None, (), (), (), 0.0)
    assert offer.category == "prostitution_advertising"
    assert offer.contacts == ("tel:+6281234567890",)
    (start, end), *_ = offer.signals[0].places
    assert TEXTS[1][start:end] == "0pen b.o"
    assert "0pen b.o" in offer.signals[0].explain("en")
    assert nothing.errors == ("missing",)


def test_any_string_is_taken_and_its_faults_are_named(screener: Screener) -> None:
    """Half a character, a NUL or a book-length text is reported in its row, and nothing is raised."""
    half, nul, book = screener.screen(["open bo \ud800", "open\0bo", "a " * 100_000])
    assert (half.errors, nul.errors, book.errors) == (("surrogate",), ("nul",), ("cut",))
    assert half.category == "prostitution_advertising"
    assert len(book.explain_errors("en")) == 1


def test_a_language_that_is_not_ours_is_refused(screener: Screener) -> None:
    with pytest.raises(ValueError, match="fr"):
        screener.screen(TEXTS)[1].signals[0].explain("fr")


def test_contexts_fit_the_texts_or_are_refused(screener: Screener) -> None:
    with pytest.raises(ValueError, match="3 texts, but 1 contexts"):
        screener.screen(TEXTS, [TextContext()])
    assert screener.screen(TEXTS, [TextContext(surface="bio", age_days=1)] * 3)[0].score == 0.0


def test_no_texts_are_no_results(screener: Screener) -> None:
    assert screener.screen([]) == []


def test_a_table_is_answered_row_by_row(screener: Screener) -> None:
    """The same scores as for a list; a missing column is named."""
    answered = screener.screen_table(pa.table({"text": TEXTS}))
    assert answered["score"].to_pylist() == [one.score for one in screener.screen(TEXTS)]
    assert answered.column_names == [
        "error",
        "score",
        "victim_first",
        "category",
        "signals",
        "filtered",
        "contacts",
        "signature",
    ]
    with pytest.raises(ValueError, match="`text`"):
        screener.screen_table(pa.table({"isi": TEXTS}))


def test_a_release_that_is_faulty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        Screener(tmp_path)


def test_all_public_names_are_there() -> None:
    assert all(getattr(api, name).__doc__ for name in api.__all__)
