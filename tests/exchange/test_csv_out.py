"""CSV that any reader parses back and no spreadsheet executes."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jaga.exchange.csv_out import Cell, csv_rows, inert

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.text("=+-@;,\t\r\n \"'a|", max_size=12)


def parsed(rows: list[list[str]], delimiter: str = ",") -> list[list[str]]:
    text = b"".join(csv_rows(["a", "b"], rows)).decode()
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=4))
def test_what_was_written_reads_back(rows: list[list[str]]) -> None:
    """Whatever quotes, commas and line ends a cell contains."""
    assert parsed(rows)[1:] == [[inert(cell) for cell in row] for row in rows]


@given(texts)
def test_ordinary_text_is_not_changed(text: str) -> None:
    """Only text that could start a formula gets an apostrophe."""
    if not set(text) & set("=+-@＝＋－＠−\t\r\n\0"):
        assert inert(text) == text


@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=4), st.sampled_from(",;\t"))
@example([["a;=1", "b"]], ";")
@example([["\t=1", "a\n=1"]], "\t")
@example([['a;"=1"', '"=1']], ";")
def test_no_cell_starts_a_formula_however_it_is_split(rows: list[list[str]], delimiter: str) -> None:
    """Also in a spreadsheet that divides at semicolons or tabs, as Indonesian settings do."""
    for row in parsed(rows, delimiter):
        for cell in row:
            assert not cell.lstrip("\"' ").startswith(("=", "+", "-", "@")) or cell.lstrip('" ').startswith("'")


def test_values_have_one_spelling() -> None:
    """Numbers stay numbers, also negative ones; times are UTC; nothing is an empty cell; lines end in CRLF."""
    cells: list[Cell] = [
        -1,
        Decimal("-0.50"),
        date(2026, 1, 2),
        datetime(2026, 1, 2, tzinfo=UTC),
        True,
        None,
        'a"b',
        "\ud800",
    ]
    lines = list(csv_rows([str(i) for i in range(8)], [cells]))
    assert lines[1] == b'-1,-0.50,2026-01-02,2026-01-02T00:00:00.000000Z,true,"","a""b","?"\r\n'


def test_a_row_of_another_length_is_refused() -> None:
    """Otherwise its cells would be under the wrong heading."""
    with pytest.raises(ValueError, match="a row of 1 cells below a header of 2"):
        list(csv_rows(["a", "b"], [["x"]]))
