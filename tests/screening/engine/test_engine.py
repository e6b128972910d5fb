"""The engine: one result row for each row of a table, whatever the texts are."""

import numpy as np
import pyarrow as pa
import pytest

from jaga.screening.engine.engine import Engine, StageInput, screen_table
from jaga.screening.text.findings import Findings, Kind


class _Letters:
    """A stage for tests: finds the letters a and b, as byte offsets of the folded text."""

    kinds = (Kind("letters", "1", "fraud", "a"), Kind("letters", "1", "gambling", "b", victim_first=True))

    def signals(self, seen: StageInput) -> Findings:
        at = np.flatnonzero((seen.block.folded == ord("a")) | (seen.block.folded == ord("b")))
        row = np.searchsorted(seen.block.folds, at, side="right") - 1
        start = (at - seen.block.folds[row]).astype(np.int32)
        kind = (seen.block.folded[at] == ord("b")).astype(np.int32)
        return Findings(row.astype(np.int32), kind, np.where(kind, 0.5, 0.2), start, start + np.int32(1))


ENGINE = Engine(stages=(_Letters(), _Letters()))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_each_row_gets_its_own_answer(kind: pa.DataType) -> None:
    """Results are in the order of the texts, with spans in code points of the original."""
    texts = pa.array(["x", "é🅱 a", None, ""]).cast(pa.binary()).cast(kind)
    rows = screen_table(pa.table({"text": texts}), ENGINE).to_pylist()
    assert [row["error"] for row in rows] == [None, None, "no_text", None]
    assert [row["category"] for row in rows] == [None, "gambling", None, None]
    assert [row["victim_first"] for row in rows] == [False, True, False, False]
    assert rows[1]["score"] == pytest.approx(1 - 0.5 * 0.8)  # two stages that say the same are one voice
    assert [(one["key"], one["start"], one["end"]) for one in rows[1]["signals"]] == [
        ("b", 1, 2),
        ("b", 1, 2),
        ("a", 3, 4),
        ("a", 3, 4),
    ]


def test_bad_bytes_are_told_and_read_over() -> None:
    """A byte that is not UTF-8 is reported, counts as one code point, and hides nothing else."""
    (row,) = screen_table(pa.table({"text": pa.array([b"\xed\xa0\x80a\xff"], pa.binary())}), ENGINE).to_pylist()
    assert row["error"] == "invalid_utf8"
    assert [(one["start"], one["end"]) for one in row["signals"]] == [(3, 4), (3, 4)]


def test_the_way_a_table_is_cut_changes_nothing() -> None:
    """Slices, chunks, many rows and long texts give the same as one row after the other."""
    texts = ["a" * (n % 7) + "é" * (n % 3) for n in range(10_000)] + ["b" + "x" * 5_000_000, "a"]
    table = pa.table({"text": pa.chunked_array([texts[:3], [], texts[3:9000], texts[9000:]])})
    found = screen_table(table, ENGINE)
    assert [len(one) // 2 for one in found["signals"].to_pylist()] == [
        text.count("a") + text.count("b") for text in texts
    ]
    assert found.slice(4, 9).to_pylist() == screen_table(table.slice(4, 9), ENGINE).to_pylist()


@pytest.mark.parametrize("table", [pa.table({"words": ["a"]}), pa.table({"text": [1]})])
def test_a_table_without_texts_is_refused(table: pa.Table) -> None:
    """A table without the text column is an error of the caller, who reads the files."""
    with pytest.raises(ValueError, match="text"):
        screen_table(table, ENGINE)


def test_an_empty_table_and_an_engine_without_stages_are_taken() -> None:
    """A new installation may have neither texts nor stages."""
    assert screen_table(pa.table({"text": pa.array([], pa.string())}), ENGINE).num_rows == 0
    (row,) = screen_table(pa.table({"text": ["a"]}), Engine()).to_pylist()
    assert row == {
        "error": None,
        "score": 0.0,
        "victim_first": False,
        "category": None,
        "signals": [],
        "filtered": False,
    }
