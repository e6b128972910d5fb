"""Files as sources: the contract for each format, and what is particular to files."""

import csv
import gzip
import io
import json
import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.sources.contract import SourceContract, ids, observed, read_on
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from jaga.core.observations import Source, SourceFault, SourceRefused, SourceSettings, SourceWentBack
from jaga.core.terms.reports import SourceKind
from jaga.sources.file import rows as position
from jaga.sources.file import tables
from jaga.sources.file.rows import COLUMNS, LONGEST_LINE
from jaga.sources.registry import Surroundings, open_source

AT = "2026-11-30T01:02:03+07:00"


class FileStage:
    """A file that is written anew with each row, as a hand-over would be."""

    from_beginning, edits, deletions, opts_out = True, True, True, True
    name = "minggu-48.jsonl"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[dict[str, Any]] = []
        self.write()

    def source(self) -> Source:
        surroundings = Surroundings(adapter_for=_no_adapter, folder=self.folder)
        return open_source(SourceSettings(SourceKind.FILE, "practice", self.name), surroundings)

    def row(self, text: str, **other: Any) -> str:
        native_id = other.pop("native_id", f"p{len(self.rows)}")
        self.rows.append(
            {"native_id": native_id, "account_id": "a1", "handle": "mawar", "text": text, "at": AT, **other}
        )
        self.write()
        return str(native_id)

    def say(self, text: str) -> str:
        return self.row(text)

    def say_privately(self, text: str) -> None:
        for visibility in ("private", "direct", "followers", "unlisted", "apa saja"):
            self.row(text, visibility=visibility)

    def spoil(self) -> None:
        self.row("tanpa waktu", at="kemarin")
        self.row("tanpa zona", at="2026-11-30T01:02:03")
        self.row("tanpa akun", account_id="")
        self.row("pengenal yang terlalu panjang", native_id="x" * 301)

    def edit(self, native_id: str, text: str) -> None:
        self.row(text, native_id=native_id, kind="edit")

    def delete(self, native_id: str) -> None:
        self.row("", native_id=native_id, deleted="true")

    def say_opted_out(self, text: str) -> str:
        self.row(text, account_id="a9", opted_out="true")
        self.row(text, account_id="a9")
        return "a9"

    def go_back(self) -> None:
        self.rows = self.rows[:2]
        self.write()

    def write(self) -> None:
        content = "".join(json.dumps({**row, "latitude": -6.2, "face": "x"}) + "\n" for row in self.rows)
        (self.folder / self.name).write_text(content)


class CsvStage(FileStage):
    name = "minggu-48.csv"

    def write(self) -> None:
        content = io.StringIO()
        writer = csv.DictWriter(content, ["latitude", *COLUMNS], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"latitude": "-6.2", **row} for row in self.rows)
        (self.folder / self.name).write_text(content.getvalue())


class ParquetStage(FileStage):
    """A Parquet file does not grow: the contract reads one that was replaced as another file."""

    name = "minggu-48.parquet"

    def write(self) -> None:
        columns = {name: pa.array([row.get(name) for row in self.rows], pa.string()) for name in COLUMNS}
        pq.write_table(pa.table(columns), self.folder / self.name, row_group_size=3)


class WarcStage(FileStage):
    """Pages as a web archive keeps them; nothing that names an account, an edit or a deletion."""

    edits = deletions = opts_out = False
    name = "minggu-48.warc.gz"

    def say(self, text: str) -> str:
        return self.row(text, native_id=f"https://forum.example/{len(self.rows)}")

    def say_privately(self, text: str) -> None:
        for status in ("401 Unauthorized", "403 Forbidden", "404 Not Found"):
            self.row(text, status=status)
        self.row(text, head="<meta name=robots content='noindex, nofollow'>")
        self.row(text, header=("X-Robots-Tag", "noindex"))
        self.row(text, kind="request")
        self.row(text, media="image/jpeg")

    def spoil(self) -> None:
        self.row("rusak", damage=True)
        self.row("dalam", head="<div>" * 2000)

    def write(self) -> None:
        content = b""
        for row in self.rows:
            record = row.get("record") or warc_record(row)
            row["record"] = record  # another writing of it would have another id
            content += record[:20] + b"!!" + record[22:] if row.get("damage") else record
        (self.folder / self.name).write_bytes(content)


def warc_record(row: dict[str, Any]) -> bytes:
    output = io.BytesIO()
    writer = WARCWriter(output, gzip=True)
    headers = [("Content-Type", row.get("media", "text/html; charset=utf-8")), row.get("header", ("X-A", "b"))]
    body = f"<html><head><title>Papan</title>{row.get('head', '')}</head><p>{row['text']}".encode()
    kind = row.get("kind", "response")
    first = (
        StatusAndHeaders("GET / HTTP/1.1", headers, is_http_request=True)
        if kind == "request"
        else StatusAndHeaders(row.get("status", "200 OK"), headers, protocol="HTTP/1.1")
    )
    writer.write_record(
        writer.create_warc_record(
            row["native_id"] if "://" in row["native_id"] else f"https://forum.example/{row['native_id']}",
            kind,
            payload=io.BytesIO(body),
            length=len(body),
            http_headers=first,
            warc_headers_dict={"WARC-Date": "2026-11-30T01:02:03Z"},
        )
    )
    return output.getvalue()


def _no_adapter(platform: str) -> Any:
    raise AssertionError("a file needs no platform")


@pytest.fixture(params=[FileStage, CsvStage, WarcStage])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> FileStage:
    return request.param(tmp_path)  # type: ignore[no-any-return]


class TestFiles(SourceContract):
    """JSON lines, CSV and WARC, which may grow while they are read."""


def test_a_file_in_which_nothing_is_to_be_observed_is_read_in_parts(
    stage: FileStage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A reading ends after so many bytes although nothing was found, and the next one goes on."""
    stage.say_privately("kata rahasia")
    stage.say_privately("kata rahasia")
    public = stage.say("kata umum")
    monkeypatch.setattr(position, "MOST_BYTES", 200)
    monkeypatch.setattr(tables, "_AT_ONCE", 2)
    batches, _ = read_on(stage, None)
    assert len(batches) > 2
    assert batches[0].more
    assert ids(batches) == [public]


def test_parquet_is_read_across_row_groups_and_never_after_it_was_replaced(tmp_path: Path) -> None:
    """Batches of 2 from groups of 3 rows give each text once; private and bad rows are treated as in other files."""
    stage = ParquetStage(tmp_path)
    said = [stage.say(f"tawaran {number}") for number in range(7)]
    stage.say_privately("kata rahasia")
    stage.spoil()
    said.append(stage.say("terakhir"))
    batches, cursor = read_on(stage, None, limit=2)
    assert ids(batches) == said
    assert [aside.why.partition(":")[0] for batch in batches for aside in batch.set_aside] == [
        "row 13",
        "row 14",
        "row 15",
        "row 16",
    ]
    assert "kata rahasia" not in repr(batches)
    stage.say("baris baru")
    with pytest.raises(SourceWentBack):
        stage.source().read(cursor, limit=2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rusak.parquet", b"PAR1 bukan parquet"),
        ("rusak.csv", b"a,b\n1,2\n"),
        ("rusak.csv", b""),
        ("utuh.warc.gz", gzip.compress(gzip.decompress(warc_record({"native_id": "a", "text": "b"})) * 2)),
    ],
)
def test_a_file_that_cannot_be_used_at_all_says_so(tmp_path: Path, name: str, content: bytes) -> None:
    """A damaged file, missing columns, an archive that is compressed as a whole: an error, never an empty batch."""
    (tmp_path / name).write_bytes(content)
    stage = FileStage(tmp_path)
    stage.name = name
    with pytest.raises(SourceFault) as raised:
        stage.source().read(None, limit=10)
    assert raised.value.why


@pytest.mark.parametrize("name", ["tiada.jsonl", "gambar.png", "../minggu-48.jsonl", "tautan.jsonl", "padat.jsonl.gz"])
def test_only_a_readable_file_of_the_folder_is_opened(tmp_path: Path, name: str) -> None:
    """A missing file, another format, another folder and a link that may lead there are refused with what to do."""
    (tmp_path / "tautan.jsonl").symlink_to("/etc/passwd")
    (tmp_path / "gambar.png").write_bytes(b"x")
    stage = FileStage(tmp_path)
    stage.name = name
    with pytest.raises(SourceRefused):
        stage.source().read(None, limit=10)


def test_one_bad_line_costs_one_line(tmp_path: Path) -> None:
    """A line without end, wrong bytes, deep nesting, a huge number, a missing quotation mark: each by its number."""
    good = json.dumps({"native_id": "baik", "account_id": "a", "text": "halo", "at": AT}).encode() + b"\n"
    bad = [
        b"x" * (LONGEST_LINE + 5),
        b'{"text":"\xff"}',
        b"[" * 100_000,
        b"9" * 10_000,
        b'["a"]',
        b'{"text":',
        json.dumps({"native_id": "n", "account_id": "a", "text": {"x": 1}, "at": AT}).encode(),
        json.dumps({"native_id": "n", "account_id": "a", "text": "x", "at": AT, "media_hashes": ["x"]}).encode(),
    ]
    stage = FileStage(tmp_path)
    (tmp_path / stage.name).write_bytes(good + b"".join(one + b"\n" + good for one in bad))
    batches, _ = read_on(stage, None, limit=3)
    assert ids(batches) == ["baik"] * (len(bad) + 1)
    aside = [one for batch in batches for one in batch.set_aside]
    assert [one.why.partition(":")[0] for one in aside] == [f"line {2 * number}" for number in range(1, len(bad) + 1)]
    stage = CsvStage(tmp_path)
    header = "native_id,account_id,text,at\n"
    (tmp_path / stage.name).write_text(header + f'1,a,"satu,{AT}\n2,a,dua,{AT}\n3,a\n4,a,empat,{AT}')
    batches, _ = read_on(stage, None)
    assert (ids(batches), [one.why.partition(":")[0] for batch in batches for one in batch.set_aside]) == (
        ["2", "4"],
        ["row 2", "row 4"],
    )


def test_half_a_line_waits_until_it_is_whole_or_nobody_writes_any_more(tmp_path: Path) -> None:
    """A file may grow while it is read; after a minute without a change its last line is judged as it is."""
    stage = FileStage(tmp_path)
    path = tmp_path / stage.name
    whole = json.dumps({"native_id": "x", "account_id": "a", "text": "halo", "at": AT})
    path.write_text(whole[:30])
    batches, cursor = read_on(stage, None)
    assert (observed(batches), batches[0].set_aside) == ([], ())
    with path.open("a") as file:
        file.write(whole[30:])
    assert ids(read_on(stage, cursor)[0]) == ["x"]
    path.write_text(whole[:30])
    os.utime(path, (time.time() - 120,) * 2)
    assert [one.why for one in read_on(stage, cursor)[0][0].set_aside] == ["line 1: line: not JSON"]


def test_a_small_parquet_file_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A text that the file holds once and repeats is decoded for some rows at a time; a row that is too long is set
    aside, and those behind it are read.
    """
    texts = [*["x" * (2 * 1024 * 1024)] * 200, "y" * (tables.LONGEST_ROW + 1), "akhir"]
    path = tmp_path / "kecil.parquet"
    pq.write_table(
        pa.table(
            {
                "native_id": [str(at) for at in range(len(texts))],
                "account_id": ["a"] * len(texts),
                "at": [AT] * len(texts),
                "text": texts,
            }
        ),
        path,
        compression="zstd",
    )
    del texts
    assert path.stat().st_size < 10_000
    tracemalloc.start()
    batch = _opened(path).read(None, limit=1000)
    assert tracemalloc.get_traced_memory()[1] < 3 * tables.MOST_DECODED
    tracemalloc.stop()
    assert len(batch.observations) == 201
    assert batch.observations[-1].text == "akhir"
    assert [one.why for one in batch.set_aside] == [f"row 201: longer than {tables.LONGEST_ROW} bytes"]


def test_a_parquet_file_that_says_itself_that_it_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the size of its row group, with a remedy; so are columns in which one value holds others."""
    path = tmp_path / "besar.parquet"
    row = {"native_id": ["a"], "account_id": ["a"], "at": [AT], "text": ["x" * 1000]}
    pq.write_table(pa.table(row), path)
    monkeypatch.setattr(tables, "LARGEST_GROUP", 900)
    with pytest.raises(SourceFault) as fault:
        _opened(path).read(None, limit=10)
    assert fault.value.why == "row group 1 is larger than 900 bytes: write smaller ones"
    monkeypatch.undo()
    assert len(_opened(path).read(None, limit=10).observations) == 1
    pq.write_table(pa.table({**row, "handle": [{"a": "b"}], "media_hashes": [["a" * 64]]}), path)
    with pytest.raises(SourceFault) as fault:
        _opened(path).read(None, limit=10)
    assert fault.value.why == "the type of the column handle is not read"


def _opened(path: Path) -> Source:
    return open_source(SourceSettings(SourceKind.FILE, "practice", path.name), Surroundings(_no_adapter, path.parent))
