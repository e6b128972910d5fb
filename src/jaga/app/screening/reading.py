"""Reads a file as a stream of blocks: only some megabytes of ten gigabytes are in memory at a time.

The split into blocks depends only on the file's bytes. Every line is a row, even an empty one. If a file is truncated,
`broken` says why after its blocks are read; everything before is in them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jaga.app.screening.blocks import LINES, MOST_BYTES, MOST_ROWS, TABLE, RowBlock, as_bytes
from jaga.app.screening.context import (
    ROWS,
    ColumnTwice,
    FileNotRead,
    NoSuchColumn,
    UnknownFormat,
    as_rows,
    context_names,
)
from jaga.exchange.csv_rows import first_row, read_rows
from jaga.screening.base.row_errors import RowError

FORMATS = ("parquet", "jsonl", "csv")
LONGEST_ROW = 64 * 1024 * 1024
"""Maximum bytes of a row. A longer one is not kept in memory but still is a row, with its mark."""
_DAMAGED = (OSError, ValueError, pa.ArrowException)  # ValueError: column names that are not UTF-8.
_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
}
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_PIECE = 1024 * 1024
_LITTLE = 32 * 1024
"""Bytes decompressed at a time: up to this many may be lost before the position where a file breaks."""


class Reader(Protocol):
    """A reader for one format."""

    broken: str | None

    def blocks(self) -> Iterator[RowBlock]:
        """All blocks, once."""

    def share(self) -> float:
        """The fraction of the file read, 0 to 1."""


@contextmanager
def opened(path: Path, column: str, ident: str, kind: str | None = None) -> Iterator[Reader]:
    """The reader for that file. Raises FileNotRead, UnknownFormat, NoSuchColumn or ColumnTwice before any row."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise FileNotRead(path=path, why=error.strerror or error) from None
    with file:
        yield _reader(path, file, column, ident, kind)


def _reader(path: Path, file: BinaryIO, column: str, ident: str, kind: str | None) -> Reader:
    try:
        head = file.read(8)
    except OSError as error:  # A folder or a broken disk.
        raise FileNotRead(path=path, why=error.strerror or error) from None
    file.seek(0)
    kind = kind or ("parquet" if head.startswith(b"PAR1") else _kind_by_name(path))
    if kind == "parquet":
        return ParquetReader(path, file, column, ident)
    stream = ByteStream(path, file, next((codec for magic, codec in _PACKED.items() if head.startswith(magic)), None))
    return LinesReader(stream) if kind == "jsonl" else CsvReader(stream, column, ident)


def _kind_by_name(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in (".gz", ".zst", ".zstd")]
    try:
        return _SUFFIXES[suffixes[-1]]
    except (IndexError, KeyError):
        raise UnknownFormat(path=path) from None


class ByteStream:
    """A file's decompressed bytes. Where decompression fails the stream ends, and `broken` says why."""

    def __init__(self, path: Path, file: BinaryIO, packed: str | None) -> None:
        self.path, self.broken = path, None
        self._file, self._size = file, path.stat().st_size
        self._bytes = pa.CompressedInputStream(pa.PythonFile(file, "r"), packed) if packed else file

    broken: str | None

    def read(self, size: int) -> bytes:
        """The requested number of bytes; fewer only at the end.

        Does not raise for bad compression, which sets `broken`.
        """
        pieces, missing = list[bytes](), size
        while missing and self.broken is None:
            try:
                piece = self._bytes.read(min(missing, _LITTLE))
            except OSError as error:
                self.broken = _short(error)
                break
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def share(self) -> float:
        """The fraction by compressed bytes."""
        return min(1.0, self._file.tell() / self._size) if self._size else 1.0


class LinesReader:
    """JSON lines, only split at line ends here; the executor parses them."""

    broken: str | None = None

    def __init__(self, stream: ByteStream) -> None:
        self._stream, self.share = stream, stream.share

    def blocks(self) -> Iterator[RowBlock]:
        number, rest = 0, b""
        while piece := self._stream.read(max(MOST_BYTES, len(rest))):
            lines, end, tail = (rest + piece).rpartition(b"\n")
            rest = tail
            if end:
                yield RowBlock(number, LINES, lines + end)
                number += 1
            elif len(rest) > LONGEST_ROW:
                rest = _after_line(self._stream)
                yield RowBlock(number, TABLE, as_bytes(_too_long()))
                number += 1
        self.broken = self._stream.broken
        if rest and not self.broken:
            yield RowBlock(number, LINES, rest)


class CsvReader:
    """CSV with a header line, in UTF-8; separated by commas, semicolons, tabs or vertical bars."""

    broken: str | None = None

    def __init__(self, stream: ByteStream, column: str, ident: str) -> None:
        self._stream, self.share = stream, stream.share
        head = b""
        while b"\n" not in head and b"\r" not in head and len(head) < LONGEST_ROW:
            piece = stream.read(_PIECE)
            if not piece:
                break
            head += piece
        head = head.removeprefix(b"\xef\xbb\xbf")
        line = (head.splitlines(keepends=True) or [b""])[0]
        names, self._delimiter = first_row(line)
        self._columns, self._rest = len(names), head[len(line) :]
        if stream.broken and not line:
            raise FileNotRead(path=stream.path, why=stream.broken)
        written = [name.decode("utf-8", "replace").strip() for name in names]
        self._context = context_names(written, column, ident)
        self._wanted = (*_places(stream.path, written, column, ident), *map(written.index, self._context))

    def blocks(self) -> Iterator[RowBlock]:
        number, rest, size, ended = 0, self._rest, MOST_BYTES, False
        while True:
            if not ended and len(rest) < size:
                piece = self._stream.read(size - len(rest))
                ended = len(piece) < size - len(rest)
                rest += piece
            self.broken = self._stream.broken
            if not rest:
                return
            too_long = size > LONGEST_ROW
            if too_long and b"\n" not in rest:
                yield RowBlock(number, TABLE, as_bytes(_too_long()))
                number, rest, size = number + 1, _after_line(self._stream), MOST_BYTES
                continue
            found = read_rows(
                rest,
                delimiter=self._delimiter,
                columns=self._columns,
                wanted=self._wanted,
                most=1 if too_long else MOST_ROWS,
                last=too_long or (ended and not self.broken),
            )
            if found.read:
                yield RowBlock(
                    number,
                    TABLE,
                    as_bytes(
                        as_rows(
                            found.cells[0],
                            found.cells[1],
                            np.where(found.broken, np.uint16(RowError.NOT_CSV), 0),
                            dict(zip(self._context, found.cells[2:], strict=True)),
                        )
                    ),
                )
                number, rest, size = number + 1, rest[found.read :], MOST_BYTES
            elif ended:
                return  # The rest is half a row at the end of a truncated file.
            else:
                size *= 2


class ParquetReader:
    """Parquet, some rows at a time, never a whole row group."""

    broken: str | None = None

    def __init__(self, path: Path, file: BinaryIO, column: str, ident: str) -> None:
        try:
            self._file = pq.ParquetFile(file, buffer_size=_PIECE, pre_buffer=False)
            names = self._file.schema_arrow.names
            self._rows, self._read, self._batch = self._file.metadata.num_rows, 0, _rows_at_a_time(self._file.metadata)
        except _DAMAGED as error:
            raise FileNotRead(path=path, why=_short(error)) from None
        places = _places(path, names, column, ident)
        self._own = [names[place] for place in places if place >= 0]
        self._context = context_names(names, column, ident)

    def blocks(self) -> Iterator[RowBlock]:
        number, waiting, size = 0, list[pa.Table](), 0
        for rows in self._pieces():
            waiting.append(rows)
            size += rows.nbytes
            if size >= MOST_BYTES or sum(map(len, waiting)) >= MOST_ROWS:
                yield RowBlock(number, TABLE, as_bytes(pa.concat_tables(waiting)))
                number, waiting, size = number + 1, [], 0
        if waiting:
            yield RowBlock(number, TABLE, as_bytes(pa.concat_tables(waiting)))

    def share(self) -> float:
        return min(1.0, self._read / self._rows) if self._rows else 1.0

    def _pieces(self) -> Iterator[pa.Table]:
        wanted = [*self._own, *self._context]
        batches = self._file.iter_batches(batch_size=self._batch, columns=wanted, use_threads=False)
        while True:
            try:
                batch = next(batches, None)
            except _DAMAGED as error:
                self.broken = _short(error)
                return
            if batch is None:
                return
            self._read += len(batch)
            idents = batch.column(1) if len(self._own) > 1 else pa.nulls(len(batch))
            yield as_rows(batch.column(0), idents, context={name: batch.column(name) for name in self._context})


def _rows_at_a_time(about: pq.FileMetaData) -> int:
    """The number of rows of about `MOST_BYTES`, over all columns, by the file's row group metadata.

    Column metadata is not used: if damaged, it crashes pyarrow.
    """
    total = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    return int(min(MOST_ROWS, max(1, MOST_BYTES * about.num_rows // max(total, 1))))


def _short(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")[:200] or type(error).__name__


def _after_line(stream: ByteStream) -> bytes:
    """Skip the rest of a line that is too long; returns the start of the next line, as far as it was read."""
    while piece := stream.read(_PIECE):
        _, end, tail = piece.partition(b"\n")
        if end:
            return tail
    return b""


def _too_long() -> pa.Table:
    return pa.table([[""], [None], [int(RowError.LONG_ROW)]], schema=ROWS)


def _places(path: Path, names: list[str], column: str, ident: str) -> tuple[int, int]:
    """The indices of the text and id columns; -1 without ids."""
    for name in (column, ident):
        if names.count(name) > 1:
            raise ColumnTwice(path=path, column=name)
    if column not in names:
        shown = ", ".join(name[:40] for name in names[:20]) or "none"
        raise NoSuchColumn(path=path, column=column, columns=shown)
    return names.index(column), names.index(ident) if ident in names else -1
