"""Invalid rows are marked and the other rows are screened; a file that cannot be read gives a message."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.app.screening.files import screened, texts, told, write_csv, write_lines, write_parquet

from jaga.app.screening.context import ColumnTwice, FileBreaksOff, FileNotRead, NoSuchColumn, UnknownFormat
from jaga.screening.base.row_errors import LONGEST_TEXT

GOOD = b'{"text": "open bo"}'
LINES = {
    "bad_utf8": b'{"text": "open bo \xff\xfe"}',
    "nul": b'{"text": "open bo \\u0000"}',
    "surrogate": b'{"text": "open bo \\ud800"}',
    "missing": b'{"teks": "open bo"}',
    "not_text": b'{"text": ["open bo"]}',
    "not_json": b'{"text": "open bo"',
    "cut": json.dumps({"text": "open bo " + "x" * 10_000_000}).encode(),
}
OTHERS = [
    b"",
    b"null",
    b"[]",
    b"12",
    b'"open bo"',
    b'{"text": 1}',
    b'{"text": null}',
    b'{"text": ""}',
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"text": "a"} {"text": "b"}',
    b'{"text": 1' + b"0" * 5000 + b"}",
    b"\x00",
    b"\xff" * 100,
    b'{"text": "a"',
    b'"}',
]


def test_each_bad_line_is_one_marked_row_between_good_ones(tmp_path: Path) -> None:
    """A row is marked, and its readable parts are screened."""
    lines = [line for bad in LINES.values() for line in (GOOD, bad)]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([*lines, GOOD]))
    found = screened(path)
    assert found["error"].to_pylist() == [*(word for code in LINES for word in (None, code)), None]
    read = dict(zip(found["error"].to_pylist(), found["score"].to_pylist(), strict=True))
    assert read[None] > 0
    screened_too = {None, "bad_utf8", "nul", "surrogate", "cut"}
    assert {code for code, score in read.items() if score == read[None]} == screened_too
    assert {read["missing"], read["not_text"], read["not_json"]} == {0.0}


def test_no_line_is_lost_whatever_it_is(tmp_path: Path) -> None:
    """Each line is one row, even an empty line; two objects on one line are not two rows."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(line for bad in OTHERS for line in (GOOD, bad)) + b"\n")
    found = screened(path)
    assert len(found) == 2 * len(OTHERS)
    assert found["error"].to_pylist()[::2] == [None] * len(OTHERS)
    assert None not in found["error"].to_pylist()[1::2]


@pytest.mark.parametrize(
    ("column", "marks"),
    [
        (pa.array([b"open bo", b"open bo \xff", None, b"", b"a\0"]), [None, "bad_utf8", "missing", "missing", "nul"]),
        (pa.array([1, None]), ["not_text", "missing"]),
        (pa.array([["open bo"], None]), ["not_text", "missing"]),
        (pa.array([None, None]), ["missing", "missing"]),
        (pa.array(["open bo", "x"]).dictionary_encode(), [None, None]),
        (pa.array(["é" * LONGEST_TEXT, "open bo"]), ["cut", None]),
        (pa.array([], pa.string()), []),
    ],
)
def test_columns_of_any_type_in_parquet(tmp_path: Path, column: pa.Array, marks: list[str | None]) -> None:
    """Numbers, lists and nulls in Parquet columns mark only their rows."""
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    assert screened(tmp_path / "a.parquet")["error"].to_pylist() == marks


def test_a_forgotten_quotation_mark_costs_one_row(tmp_path: Path) -> None:
    """A forgotten quotation mark affects one row, not the rest of the file; a line end within quotation marks does not
    end a row.
    """
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'id,text\n1,"open bo\nyuk, kak"\n2,"open bo\n3,open bo\n4,"open bo"\n5,"open" bo"\n6\n\n'
        b'7,open bo,x\n8,"open ""bo"""\n9,open bo \xff\n'
    )
    found = screened(path)
    assert found["id"].to_pylist() == ["1", "2", "3", "4", "5", "6", None, "7", "8", "9"]
    assert found["error"].to_pylist() == [
        None,
        "not_csv",
        None,
        None,
        "not_csv",
        "missing not_csv",
        "missing not_csv",
        "not_csv",
        None,
        "bad_utf8",
    ]
    assert [score > 0 for score in found["score"].to_pylist()] == [True] * 5 + [False] * 2 + [True] * 3


def test_a_quotation_that_never_ends_does_not_swallow_the_file(tmp_path: Path) -> None:
    """The line of an unclosed quotation is marked, and the next line is read normally."""
    path = tmp_path / "a.csv"
    path.write_bytes(b'text\n"open bo\n' + b"open bo\n" * 5)
    assert screened(path)["error"].to_pylist() == ["not_csv"] + [None] * 5


@pytest.mark.parametrize("head", [b"text,text\n", b"text,id,id\n"])
def test_a_column_twice_is_refused(tmp_path: Path, head: bytes) -> None:
    """A file with two columns of the same name is refused, since it is not clear which is meant."""
    (tmp_path / "a.csv").write_bytes(head + b"a,b,c\n")
    with pytest.raises(ColumnTwice):
        screened(tmp_path / "a.csv")
    table = pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ColumnTwice):
        screened(tmp_path / "a.parquet")


def test_a_missing_column_is_refused_by_name(tmp_path: Path) -> None:
    """The refusal lists the existing columns."""
    write_csv(tmp_path / "a.csv", texts(3))
    with pytest.raises(NoSuchColumn, match=r"isi.*id, text.*--column"):
        screened(tmp_path / "a.csv", column="isi")
    assert len(screened(tmp_path / "a.csv")) == 3


def test_what_is_no_file_of_texts_is_refused(tmp_path: Path) -> None:
    """No result is written for it."""
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and then nothing")
    (tmp_path / "a.xlsx").write_bytes(b"PK\3\4")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"text\n")[:12])
    with pytest.raises(FileNotRead, match="Truncated"):
        screened(tmp_path / "a.csv.gz")
    with pytest.raises(FileNotRead):
        screened(tmp_path / "a.parquet")
    with pytest.raises(UnknownFormat):
        screened(tmp_path / "a.xlsx")
    with pytest.raises(FileNotRead, match="No such file"):
        screened(tmp_path / "b.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv.gz", "a.parquet", "a.xlsx"]


@pytest.mark.parametrize("packed", ["gz", "zst"])
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_truncated_file_has_no_result_and_goes_on_when_it_is_whole(tmp_path: Path, kind: str, packed: str) -> None:
    """The parts that were read are kept, and no result looks complete; the run continues once the file is complete."""
    rows = [f"{text} {'kata ' * 40}{row * 7919}" for row, text in enumerate(texts(2000))]
    plain = (write_lines if kind == "jsonl" else write_csv)(tmp_path / f"a.{kind}", rows).read_bytes()
    whole = gzip.compress(plain, mtime=0) if packed == "gz" else pa.compress(plain, codec="zstd", asbytes=True)
    path, result = tmp_path / f"b.{kind}.{packed}", tmp_path / "b.parquet"
    path.write_bytes(whole[:-20])
    with pytest.raises(FileBreaksOff, match=r"after [1-9]\d* rows"):
        told(path, result)
    assert not result.exists()
    path.write_bytes(whole)
    assert told(path, result).rows == len(rows)
    assert result.read_bytes() == _result_of(tmp_path / f"a.{kind}")
    assert not (tmp_path / "b.parquet.parts").exists()


def _result_of(path: Path) -> bytes:
    result = path.with_name("plain.parquet")
    told(path, result)
    return result.read_bytes()


def test_a_damaged_parquet_file_breaks_off(tmp_path: Path) -> None:
    """A Parquet file with damaged pages fails there; one without a footer is refused."""
    path = write_parquet(tmp_path / "a.parquet", texts(3000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff" * 2000
    path.write_bytes(data)
    with pytest.raises(FileBreaksOff, match=r"after \d+ rows"):
        told(path, tmp_path / "b.parquet")
    assert not (tmp_path / "b.parquet").exists()


def test_a_line_that_is_too_long_is_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A very long line is never held in memory completely, and the following lines are read."""
    monkeypatch.setattr("jaga.app.screening.reading.LONGEST_ROW", 8 * 1024 * 1024)
    long = b"x" * (20 * 1024 * 1024)
    (tmp_path / "a.jsonl").write_bytes(GOOD + b"\n" + long + b"\n" + GOOD + b"\n")
    assert screened(tmp_path / "a.jsonl")["error"].to_pylist() == [None, "long_row", None]
    (tmp_path / "a.csv").write_bytes(b"text\nopen bo\n" + long + b"\nopen bo\n")
    assert screened(tmp_path / "a.csv")["error"].to_pylist() == [None, "long_row", None]


def test_marks_are_told_in_sentences(tmp_path: Path) -> None:
    """The faults of a row are explained in sentences, in both languages."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINES["bad_utf8"] + b"\n" + GOOD)
    english = screened(path, language="en")
    assert english["remark"].to_pylist() == ["Some bytes of this text are not UTF-8. The rest was screened.", None]
    assert english["reasons"].to_pylist()[1][0].startswith("“open bo”")
    indonesian = screened(path, language="id")
    assert indonesian["remark"].to_pylist()[0] not in (None, english["remark"].to_pylist()[0])
