"""Screens one file from its first row to the finished result.

Finished blocks of a file, kept beside the result until it is complete, so that an interrupted run can resume.

    RESULT.parts/settings.json          what the parts depend on besides the file; others are deleted
    RESULT.parts/0000017-SHA256.arrow   the result of block 17, named after the block's bytes

A part is used only for a block with the same bytes, so a changed file is screened anew from the first difference.

Result files: Parquet, JSON lines or CSV, with one row per input row.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jaga.app.screening.blocks import RowBlock, Settings, empty_result, from_bytes
from jaga.app.screening.context import FileBreaksOff, FileNotRead, NotWritten, ScreeningDiskFull, UnderWay
from jaga.app.screening.page import Highest, PageSummary, page_of
from jaga.app.screening.reading import Reader, opened
from jaga.app.screening.workers import BlockWorkers
from jaga.exchange.csv_out import Cell, csv_rows


class Parts:
    """The folder of one result, used by one run at a time."""

    def __init__(self, result: Path, settings: Settings) -> None:
        self.folder, self._result, self._settings = Path(f"{result}.parts"), result, settings
        self._names: dict[int, str] = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Lock the folder and delete parts made with other settings. Raises UnderWay if another run holds it."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UnderWay(path=self._result) from None
            self._begin()
            yield

    def _begin(self) -> None:
        described = json.dumps(self._settings.described(), indent=1, sort_keys=True)
        about = self.folder / "settings.json"
        if about.exists() and about.read_text() == described:
            return
        for part in self.folder.glob("*.arrow"):
            part.unlink()
        write(about, described.encode())

    def has(self, block: RowBlock) -> bool:
        """Whether this block was already screened."""
        self._names[block.number] = f"{block.number:07d}-{block.digest()}.arrow"
        return (self.folder / self._names[block.number]).exists()

    def keep(self, number: int, result: bytes) -> None:
        """Store a block's result durably; call `has` for the block first."""
        write(self.folder / self._names[number], result)

    def table(self, number: int) -> pa.Table:
        """The result of a stored block."""
        return from_bytes((self.folder / self._names.pop(number)).read_bytes())

    def remove(self) -> None:
        """Delete everything, once the result is complete."""
        shutil.rmtree(self.folder)


def write(path: Path, data: bytes) -> None:
    """Write a file atomically."""
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


SUFFIXES = (".parquet", ".jsonl", ".csv")


class Writer(Protocol):
    """Accepts the results of blocks in order."""

    def write(self, table: pa.Table) -> None: ...

    def close(self) -> None:
        """Write the end of the file; idempotent."""


@contextmanager
def result_file(path: Path, unfinished: Path, schema: pa.Schema) -> Iterator[Writer]:
    """A writer chosen by the suffix of `path`.

    It writes to `unfinished`, which is renamed to `path` when complete.

    Both must be on one disk. On an error `path` stays unchanged.
    """
    try:
        with unfinished.open("wb") as file, closing(_WRITERS[path.suffix.lower()](file, schema)) as writer:
            yield writer
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


class _Parquet:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


class _Lines:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file

    def write(self, table: pa.Table) -> None:
        self._file.writelines(_json(row).encode() + b"\n" for row in table.to_pylist())

    def close(self) -> None:
        """Nothing follows the last line."""


class _Csv:
    """Lists are JSON in one cell. Cells are safe in a spreadsheet (`exchange.csv_out`)."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file, self._names = file, schema.names
        file.writelines(csv_rows(self._names, []))

    def write(self, table: pa.Table) -> None:
        rows = zip(*(map(_cell, column.to_pylist()) for column in table.columns), strict=True)
        lines = csv_rows(self._names, list(rows))
        next(lines)
        self._file.writelines(lines)

    def close(self) -> None:
        """Nothing follows the last line."""


_WRITERS: dict[str, type[_Parquet] | type[_Lines] | type[_Csv]] = {".parquet": _Parquet, ".jsonl": _Lines, ".csv": _Csv}


def _cell(value: object) -> Cell:
    if isinstance(value, float):
        return Decimal(repr(value))
    if value is None or isinstance(value, str | int):
        return value
    return value.hex() if isinstance(value, bytes) else _json(value)


def _json(value: object) -> str:
    """Bytes, which JSON lacks, become hexadecimal digits."""
    return json.dumps(value, ensure_ascii=False, default=bytes.hex)


_NO_ROOM = (ENOSPC, EDQUOT, EFBIG)


@dataclass
class ScreeningSummary:
    """The run's summary, for the terminal and for the file beside the result."""

    rows: int = 0
    with_signals: int = 0
    victim_first: int = 0
    marked: dict[str, int] = field(default_factory=dict)
    """Rows by `error` code."""
    categories: dict[str, int] = field(default_factory=dict)
    """Rows with signals by the strongest one's category."""
    written: int = 0
    """Rows in the result: all, unless filtered."""
    fresh: int = 0
    """Rows screened by this run; an interrupted earlier one had screened the others."""

    def count(self, table: pa.Table, *, fresh: bool) -> None:
        self.rows += len(table)
        self.fresh += len(table) if fresh else 0
        for one in pc.value_counts(table.filter(pc.greater(table["score"], 0.0))["category"].drop_null()).to_pylist():
            self.categories[one["values"]] = self.categories.get(one["values"], 0) + one["counts"]
        self.with_signals += pc.sum(pc.greater(table["score"], 0.0)).as_py() or 0
        self.victim_first += pc.sum(table["victim_first"]).as_py() or 0
        for one in pc.value_counts(table["error"].drop_null()).to_pylist():
            for word in one["values"].split():
                self.marked[word] = self.marked.get(word, 0) + one["counts"]


@dataclass(frozen=True)
class RowSelection:
    """Which rows the result contains. If filtered, `row` is their number in the file, from 1."""

    only_signalled: bool = False
    min_score: float = 0.0
    page: Path | None = None
    """Collects the highest-scoring rows for a page, if requested; the settings must include texts."""
    text: bool = False
    """Whether the result itself contains the texts, too."""
    sentences: bool = True
    """The same for sentences, if the settings include them."""

    @property
    def some(self) -> bool:
        """Whether rows may be left out."""
        return self.only_signalled or self.min_score > 0

    def described(self) -> dict[str, object]:
        """The selection for the file beside the result."""
        return {
            "only_signalled": self.only_signalled,
            "min_score": self.min_score,
            "with_text": self.text,
            "page": self.page is not None,
            "with_sentences": self.sentences,
        }

    def of(self, table: pa.Table, before: int) -> pa.Table:
        """The selected rows of a block; `before` is the number of rows before it in the file."""
        hidden = [*(() if self.text else ("text",)), *(() if self.sentences else ("reasons", "remark"))]
        table = table.drop_columns([name for name in hidden if name in table.column_names])
        if not self.some:
            return table
        numbered = table.add_column(0, "row", pa.array(range(before + 1, before + len(table) + 1), pa.int64()))
        keep = pc.greater_equal(table["score"], self.min_score)
        return numbered.filter(pc.and_(keep, pc.greater(table["score"], 0.0)) if self.only_signalled else keep)


ALL = RowSelection()


def finished(path: Path, result: Path, settings: Settings, wanted: RowSelection = ALL) -> bool:
    """Whether this result was made from this file in its current state with these settings."""
    about = _description_path(result)
    there = result.exists() and about.exists() and (wanted.page is None or wanted.page.exists())
    return there and json.loads(about.read_text())["made_of"] == _made_of(path, settings, wanted)


def screen_file(
    path: Path,
    result: Path,
    settings: Settings,
    make_workers: Callable[[], BlockWorkers],
    *,
    kind: str | None = None,
    wanted: RowSelection = ALL,
    show: Callable[[float, int], None] = lambda share, rows: None,
) -> ScreeningSummary:
    """Screen the file and write the result, which appears only when complete.

    Resumes an interrupted run.

    Raises the errors of `app.screening.errors`; finished blocks are kept for the next run.
    """
    parts = Parts(result, settings)
    try:
        with opened(path, settings.column, settings.ident, kind) as reader, parts.held():
            summary = _write(path, result, settings, reader, parts, make_workers, wanted, show)
            write(
                _description_path(result),
                json.dumps(
                    {
                        "made_of": _made_of(path, settings, wanted),
                        "rows": summary.rows,
                        "written": summary.written,
                        "with_signals": summary.with_signals,
                        "victim_first": summary.victim_first,
                        "categories": summary.categories,
                        "marked": summary.marked,
                    },
                    indent=1,
                    sort_keys=True,
                ).encode()
                + b"\n",
            )
            parts.remove()
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise ScreeningDiskFull(path=error.filename or parts.folder) from None
        raise NotWritten(path=error.filename or result, why=error.strerror or error) from None
    return summary


def _write(
    path: Path,
    result: Path,
    settings: Settings,
    reader: Reader,
    parts: Parts,
    make_workers: Callable[[], BlockWorkers],
    wanted: RowSelection,
    show: Callable[[float, int], None],
) -> ScreeningSummary:
    summary, working, first, fresh = ScreeningSummary(), make_workers(), Highest(), set[int]()
    try:
        schema = wanted.of(empty_result(settings), 0).schema
        with result_file(result, parts.folder / "result.tmp", schema) as writer:
            for number in _in_order(reader, parts, working, fresh):
                table = parts.table(number)
                rows = wanted.of(table, summary.rows)
                if wanted.page is not None:
                    first.see(table, summary.rows)
                summary.count(table, fresh=number in fresh)
                summary.written += len(rows)
                writer.write(rows)
                show(reader.share(), summary.rows)
            if reader.broken:
                raise FileBreaksOff(path=path, rows=summary.rows, why=reader.broken, parts=parts.folder)
            if wanted.page is not None:
                about = PageSummary(
                    path.name, summary.rows, summary.with_signals, summary.victim_first, summary.categories
                )
                write(wanted.page, page_of(first.rows(), about, settings.language or "id").encode())
    finally:
        working.close()
    return summary


def _in_order(reader: Reader, parts: Parts, workers: BlockWorkers, fresh: set[int]) -> Iterator[int]:
    """Screen each block not yet done; yields block numbers in order as they become complete, and adds those screened
    now to `fresh`.
    """
    done, following = set[int](), 0
    for block in reader.blocks():
        if parts.has(block):
            done.add(block.number)
        else:
            fresh.add(block.number)
            result = workers.take() if workers.busy >= workers.room else None
            try:
                workers.give(block)  # Before anything else, so that no worker waits until a result is stored.
            finally:
                if result is not None:
                    parts.keep(*result)
                    done.add(result[0])
            while workers.busy > workers.room:  # Some went away.
                done.add(_taken(parts, workers))
        while following in done:
            done.remove(following)
            yield following
            following += 1
    while workers.busy:
        done.add(_taken(parts, workers))
    yield from sorted(done)


def _taken(parts: Parts, workers: BlockWorkers) -> int:
    number, result = workers.take()
    parts.keep(number, result)
    return number


def _made_of(path: Path, settings: Settings, wanted: RowSelection) -> dict[str, object]:
    try:
        about = path.stat()
    except OSError as error:
        raise FileNotRead(path=path, why=error.strerror or error) from None
    return {
        "file": path.name,
        "bytes": about.st_size,
        "modified_ns": about.st_mtime_ns,
        **settings.described(),
        **wanted.described(),
    }


def _description_path(result: Path) -> Path:
    return result.with_name(result.name + ".json")
