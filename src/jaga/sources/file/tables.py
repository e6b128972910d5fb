"""CSV with a header line, and Parquet; their columns are those of `rows.COLUMNS`, in any order."""

import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations import SourceFault
from jaga.exchange.csv_rows import first_row, read_rows
from jaga.sources.file.rows import COLUMNS, NEEDED, Position, found_in, read_enough
from jaga.sources.kit import Found, Gathering

LONGEST_ROW = 8 * 1024 * 1024
_PIECE = 1024 * 1024
_AT_ONCE = 1000
MOST_ROWS = 500_000
"""Rows of a Parquet file that are read at a time."""
MOST_DECODED = 64 * 1024 * 1024
"""Bytes of a Parquet file that are texts in Python at the same time: 2 KB of a file may repeat a long text for ever."""
LARGEST_GROUP = 1024**3
"""Bytes that the columns of a row group may have once they are decompressed, by what the file says of itself."""
_LISTED = 256  # bytes that an element of a list takes, however well it is compressed
_LONGEST_FIXED = 64


def read_csv(file: BinaryIO, name: str, here: Position, limit: int, gathering: Gathering) -> Position:
    """Gather at most `limit` observations. UTF-8; separated by commas, semicolons, tabs or vertical bars.

    A missing quotation mark costs its own row only. Raises SourceFault if there is no usable header.
    """
    names, delimiter, first = _header(file)
    wanted = tuple(place for place, column in enumerate(names) if column in COLUMNS)
    if here.at == 0:
        here = Position(first, 1)  # rows are numbered as in a spreadsheet: the header is row 1
    size, begun = _PIECE, here.at
    while not gathering.full(limit) and not read_enough(begun, here):
        file.seek(here.at)
        data = file.read(size)
        last = len(data) < size or size > LONGEST_ROW
        if not data:
            break
        rows = read_rows(
            data,
            delimiter=delimiter,
            columns=len(names),
            wanted=wanted,
            last=last,
            most=max(1, min(_AT_ONCE, limit - gathering.observed)),
        )
        if not rows.read:
            size *= 2  # the row is longer than what was read
            continue
        for number, broken in enumerate(rows.broken.tolist(), here.done + 1):
            cells = {
                names[place]: column[number - here.done - 1].as_py()
                for place, column in zip(wanted, rows.cells, strict=True)
            }
            if broken or any(cell for cell in cells.values()):
                gathering.take(f"row {number}", cells, _csv_row, cells, name, f"row {number}", broken)
        here, size = Position(here.at + rows.read, here.done + len(rows.broken)), _PIECE
    return here


def read_parquet(file: BinaryIO, name: str, here: Position, limit: int, gathering: Gathering) -> Position:
    """Gather at most `limit` observations; `at` is a row here. A row longer than LONGEST_ROW is set aside.

    Repeated texts stay repeated until their row is taken, so that a small file takes little memory. Raises SourceFault
    for a damaged file, for columns of a type that is not read, and for row groups larger than LARGEST_GROUP.
    """
    file.seek(0)
    begun = here.at
    try:
        about = pq.read_metadata(file)
        table = pq.ParquetFile(file, metadata=about, pre_buffer=False, read_dictionary=_texts(about))
        names = table.schema_arrow.names
        _require(names)
        wanted = [column for column in names if column in COLUMNS]
        _require_types(table.schema_arrow, about, wanted)
        groups, before = _groups_from(about, here.at)
        for group in groups:
            _require_size(about, group, wanted)
            for batch in table.iter_batches(batch_size=_AT_ONCE, row_groups=[group], columns=wanted, use_threads=False):
                if before + len(batch) > here.at:
                    for row in _rows(batch.slice(here.at - before)):
                        if gathering.full(limit) or here.at - begun >= MOST_ROWS:
                            return here
                        here = Position(here.at + 1, here.done + 1)
                        place = f"row {here.at}"
                        if row is None:
                            gathering.refuse(place, f"longer than {LONGEST_ROW} bytes", b"")
                        else:
                            gathering.take(place, row, found_in, row, name, place)
                before += len(batch)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise SourceFault(why=f"damaged after row {here.at}: {type(error).__name__}") from error
    return here


def _texts(about: pq.FileMetaData) -> list[str]:
    """The columns of texts, as paths in the file: they are read without repeating what the file holds once."""
    columns = (about.schema.column(number) for number in range(len(about.schema)))
    return [one.path for one in columns if one.physical_type == "BYTE_ARRAY"]


def _require_types(schema: pa.Schema, about: pq.FileMetaData, wanted: list[str]) -> None:
    fixed = {
        one.path
        for one in (about.schema.column(number) for number in range(len(about.schema)))
        if one.physical_type == "FIXED_LEN_BYTE_ARRAY" and one.length > _LONGEST_FIXED
    }
    wrong = [name for name in wanted if name in fixed or not _readable(schema.field(name).type)]
    if wrong:
        raise SourceFault(why=f"the type of the column {', '.join(wrong)} is not read")


def _readable(kind: pa.DataType) -> bool:
    """Single values, and lists of texts."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
        return bool(pa.types.is_null(kind) or pa.types.is_dictionary(kind))
    return not pa.types.is_nested(kind)


def _require_size(about: pq.FileMetaData, group: int, wanted: list[str]) -> None:
    found = about.row_group(group)
    columns = [found.column(number) for number in range(found.num_columns)]
    size = sum(
        one.total_uncompressed_size + (_LISTED * one.num_values if "." in one.path_in_schema else 0)
        for one in columns
        if one.path_in_schema.partition(".")[0] in wanted
    )
    if size > LARGEST_GROUP:
        raise SourceFault(why=f"row group {group + 1} is larger than {LARGEST_GROUP} bytes: write smaller ones")


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, object] | None]:
    """The rows, as many at a time as have room together; None for a row that is too long."""
    lengths: Any = 0
    for column in batch.columns:
        lengths = pc.add(lengths, _lengths(column))
    longest = pc.max(lengths).as_py() or 0
    step = max(1, min(_AT_ONCE, MOST_DECODED // max(longest, 1)))
    if longest <= LONGEST_ROW:
        for at in range(0, len(batch), step):
            yield from _decoded(batch.slice(at, step))
        return
    for at, length in enumerate(lengths.to_pylist()):
        yield _decoded(batch.slice(at, 1))[0] if length <= LONGEST_ROW else None


def _decoded(batch: pa.RecordBatch) -> list[dict[str, object]]:
    columns = [one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in batch.columns]
    found: list[dict[str, object]] = pa.RecordBatch.from_arrays(columns, batch.schema.names).to_pylist()
    return found


def _lengths(column: pa.Array) -> pa.Array:
    """Bytes of each value, at least."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return pc.fill_null(pc.cast(pc.binary_length(column.dictionary), pa.int64()).take(column.indices), 0)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        longest = 0 if pa.types.is_null(kind.value_type) else pc.max(_lengths(column.values)).as_py() or 0
        return pc.multiply(pc.fill_null(pc.cast(pc.list_value_length(column), pa.int64()), 0), longest)
    return pa.repeat(pa.scalar(8, pa.int64()), len(column))


def rows_in(file: BinaryIO) -> int:
    """How many rows a Parquet file has."""
    file.seek(0)
    return int(pq.ParquetFile(file, pre_buffer=False).metadata.num_rows)


def _groups_from(about: pq.FileMetaData, row: int) -> tuple[list[int], int]:
    """The row groups from the one with that row on, and how many rows are before them."""
    before = 0
    for group in range(about.num_row_groups):
        rows = about.row_group(group).num_rows
        if before + rows > row:
            return list(range(group, about.num_row_groups)), before
        before += rows
    return [], before


def _header(file: BinaryIO) -> tuple[list[str], int, int]:
    """The names of the columns, the delimiter, and where the first row begins."""
    file.seek(0)
    line = file.readline(LONGEST_ROW)
    mark = 3 if line.startswith(b"\xef\xbb\xbf") else 0
    cells, delimiter = first_row(line[mark:])
    names = [cell.decode("utf-8", "replace").strip() for cell in cells]
    _require(names)
    return names, delimiter, min(len(line), os.fstat(file.fileno()).st_size)


def _require(names: list[str]) -> None:
    missing = [name for name in NEEDED if names.count(name) != 1]
    if missing:
        raise SourceFault(why=f"it has no column, or more than one, of the name {', '.join(missing)}")


def _csv_row(cells: dict[str, bytes | None], name: str, place: str, broken: bool) -> tuple[Found, ...]:
    if broken:
        raise ForeignValueInvalid("row", "another number of cells than the header, or broken quotation marks")
    try:
        row = {column: cell.decode("utf-8") for column, cell in cells.items() if cell is not None}
    except UnicodeDecodeError:
        raise ForeignValueInvalid("row", "not in UTF-8") from None
    return found_in(row, name, place)
