"""Result files: Parquet, JSON lines or CSV, with one row per input row."""

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from jaga.exchange.csv_out import Cell, csv_rows

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
