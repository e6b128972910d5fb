"""Context columns of a file, by the names rules use.

See docs/policy.md.

An invalid value is unknown, like an empty cell, and marks no row: the text is screened anyway.

Errors of a file as a whole. Errors of single rows are in `jaga.screening.base.row_errors`.

A block's rows, in the common form of all formats.

Reads JSON lines: every line is one row, whatever it contains.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from json import JSONDecoder
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jaga.core.errors import N_, JagaError
from jaga.screening.base.row_errors import UNREAD, RowError
from jaga.screening.text.readable import as_bytes, readable

CONTEXT: Mapping[str, pa.DataType] = {
    "platform": pa.string(),
    "surface": pa.string(),
    "age_days": pa.float64(),
    "copies": pa.int64(),
    "decided": pa.int64(),
    "lists": pa.list_(pa.string()),
}
"""The columns and their types. Null: unknown."""
_LONGEST = 200  # Characters of a name; the engine reserves space for the longest one in every row.
_LARGEST = 2**53
_PLAIN = (pa.types.is_large_binary, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_NAME = re.compile(r'[^\s,;|\[\]"]+')


def context_names(names: Iterable[str], *others: str) -> list[str]:
    """The file's context columns in the order of `CONTEXT`, each once, except the `others`, i.e. texts and ids."""
    there = list(names)
    return [name for name in CONTEXT if there.count(name) == 1 and name not in others]


def context_column(name: str, values: Iterable[object]) -> pa.Array:
    """A context column from strings, UTF-8 bytes, numbers or lists; anything else is unknown."""
    return pa.array(map(_READ[name], values), CONTEXT[name])


def values_of(column: pa.Array) -> Sequence[object]:
    """The values of a column of any type, strings as bytes. Never raises for their content."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return values_of(column.dictionary_decode())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.cast(pa.large_binary())
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
            return [None] * len(column)
        column = column.cast(pa.large_list(pa.large_binary()))
    elif not any(fits(kind) for fits in _PLAIN):
        return [None] * len(column)
    values: list[object] = column.to_pylist()
    return values


def _written(value: object) -> str | None:
    """A string without characters that cannot be stored."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _name(value: object) -> str | None:
    name = (_written(value) or "").strip()
    return name if 0 < len(name) <= _LONGEST else None


def _number_of_context(value: object) -> float | None:
    if isinstance(value, str | bytes):
        value = (_written(value) or "").strip()[:_LONGEST]
    try:
        number = float(value) if not isinstance(value, bool) else math.nan  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= _LARGEST else None  # NaN is neither.


def _count(value: object) -> int | None:
    number = _number_of_context(value)
    return int(number) if number is not None and number == int(number) else None


def _names_of_context(value: object) -> list[str] | None:
    """Names from a list, or from a text separated by spaces, commas or the like."""
    found = value if isinstance(value, list) else _NAME.findall(_written(value) or "")
    return sorted({name for one in found if (name := _name(one))}) or None


_READ: Mapping[str, Callable[[object], Any]] = {
    "platform": _name,
    "surface": _name,
    "age_days": _number_of_context,
    "copies": _count,
    "decided": _count,
    "lists": _names_of_context,
}


class FileNotRead(JagaError):
    """Nothing of the file can be read."""

    code = "file_not_read"
    sentence = N_("%(path)s cannot be read: %(why)s.")
    remedy = N_(
        "Check the file and your right to read it. Files may be Parquet, JSON lines or CSV, the last two also "
        "packed with gzip or zstd."
    )


class FileBreaksOff(JagaError):
    """The file ends early or is damaged from some position on. There is no result."""

    code = "file_breaks_off"
    sentence = N_("%(path)s breaks off or is damaged after %(rows)s rows (%(why)s), so there is no result.")
    remedy = N_("What was screened is kept in %(parts)s: get the file again, whole, and give the same command.")


class NoSuchColumn(JagaError):
    """The text column is missing."""

    code = "no_such_column"
    sentence = N_("%(path)s has no column “%(column)s”; it has: %(columns)s.")
    remedy = N_("Name the column of the texts with --column NAME.")


class ColumnTwice(JagaError):
    """The column is ambiguous."""

    code = "column_twice"
    sentence = N_("%(path)s has more than one column “%(column)s”.")
    remedy = N_("Rename one of them, or name another column with --column or --id.")


class UnknownFormat(JagaError):
    """Neither the file's name nor its first bytes identify the format."""

    code = "unknown_format"
    sentence = N_("%(path)s: neither its name nor its content says what kind of file this is.")
    remedy = N_("Name it .parquet, .jsonl, .jsonl.gz, .jsonl.zst, .csv, .csv.gz or .csv.zst, or say --format.")


class ScreeningDiskFull(JagaError):
    """The disk is full; finished blocks are kept."""

    code = "no_room"
    status = 507
    sentence = N_("There is no room left to write %(path)s.")
    remedy = N_("Make room and give the same command: it goes on where it stopped. Or name another place with --out.")


class NotWritten(JagaError):
    """The result's location is not writable."""

    code = "not_written"
    status = 403
    sentence = N_("%(path)s cannot be written: %(why)s.")
    remedy = N_("Name another place with --out.")


class UnderWay(JagaError):
    """Another run writes the same result."""

    code = "under_way"
    status = 409
    sentence = N_("Another run is writing %(path)s.")
    remedy = N_("Wait until it has ended, or name another file with --out.")


class WorkersDie(JagaError):
    """The same block repeatedly crashed its worker; it is not retried forever."""

    code = "workers_die"
    status = 500
    sentence = N_("A worker died %(times)s times at the same place, block %(block)s of %(path)s (%(why)s).")
    remedy = N_("What was screened is kept: give more memory or fewer --workers, and the same command again.")


class NoDask(JagaError):
    """Dask is an optional dependency and not installed."""

    code = "no_dask"
    status = 503
    sentence = N_("--dask needs the package “distributed”, which is not installed here.")
    remedy = N_("Install it with: .venv/bin/python -m pip install distributed. Without a cluster, use --workers N.")


class ClusterLost(JagaError):
    """The scheduler does not answer or was lost."""

    code = "cluster_lost"
    status = 503
    sentence = N_("The Dask cluster at %(address)s does not answer (%(why)s).")
    remedy = N_("Start its scheduler and at least one worker, then give the same command: what was screened is kept.")


class OtherRelease(JagaError):
    """A cluster worker has another version than this machine."""

    code = "other_release"
    status = 409
    sentence = N_(
        "A worker has another version of Jaga or another policy release (%(theirs)s) than this machine (%(ours)s)."
    )
    remedy = N_("Install the same version on every machine of the cluster.")


class FileChanged(JagaError):
    """A block's bytes are not those that were planned."""

    code = "file_changed"
    status = 409
    sentence = N_("%(path)s has changed since it was begun: block %(block)s is another one.")
    remedy = N_("Give the same command again: what the file holds now is a backlog of its own.")


class NotLines(JagaError):
    """A backlog that is no plain file of JSON lines."""

    code = "not_lines"
    status = 422
    sentence = N_("%(path)s is packed, or is no file of JSON lines.")
    remedy = N_(
        "Give a plain file with one JSON object on each line, so that every worker can read its own part of "
        "it. Unpack it first: gzip -d, zstd -d."
    )


class WorkersKeepEnding(JagaError):
    """Workers end without taking a block."""

    code = "workers_keep_ending"
    status = 500
    sentence = N_("%(times)s workers ended one after the other without doing anything (the last with %(why)s).")
    remedy = N_("Their errors are above. What was done is kept: give the same command again.")


ROWS = pa.schema([("text", pa.large_string()), ("id", pa.large_string()), ("error", pa.uint16())])
"""`text` as from `readable`, "" for none; `id`, null for none; `error`, bits of `RowError`; then the file's columns of
`context.CONTEXT`."""


def as_rows(
    texts: pa.Array,
    idents: pa.Array,
    marks: npt.NDArray[np.uint16] | None = None,
    context: Mapping[str, pa.Array] | None = None,
) -> pa.Table:
    """Columns of any type as `ROWS`; `marks` are known bits of `RowError`, `context` columns by name."""
    read, errors = readable(texts)
    rows = pa.table([read, _names_of_rows(idents), pa.array(errors if marks is None else errors | marks)], schema=ROWS)
    return with_context(rows, {name: values_of(column) for name, column in (context or {}).items()})


def with_context(rows: pa.Table, context: Mapping[str, Iterable[object]]) -> pa.Table:
    """The rows with these columns of `context.CONTEXT` appended."""
    for name, values in context.items():
        rows = rows.append_column(name, context_column(name, values))
    return rows


def _names_of_rows(idents: pa.Array) -> pa.LargeStringArray:
    """An id column as text: strings, and numbers as written. Anything else is not an id."""
    if pa.types.is_integer(idents.type) or pa.types.is_decimal(idents.type) or pa.types.is_floating(idents.type):
        return idents.cast(pa.string()).cast(pa.large_string())
    texts, errors = readable(idents)
    none = np.isin(errors & np.uint16(RowError.MISSING | RowError.NOT_TEXT), (0,), invert=True)
    return pc.if_else(pa.array(none), pa.scalar(None, pa.large_string()), texts)


_BYTE = re.compile("[\udc80-\udcff]")  # How invalid UTF-8 bytes are represented while reading.
_UNREAD, _NOT_JSON, _NOT_TEXT = np.uint16(UNREAD), int(RowError.NOT_JSON), int(RowError.NOT_TEXT)
_NO_OBJECT: dict[str, Any] = {}
_read = JSONDecoder(strict=False).raw_decode  # A literal tab or line feed inside a string is accepted.


def rows_of_lines(lines: bytes, column: str, ident: str, others: Sequence[str] = ()) -> pa.Table:
    """One row per line: the text under `column`, the id under `ident`, their errors, and the context.

    The values under `others` follow as strings, each in the column `other:NAME`; null for what is no string or number.
    """
    try:
        written, bad_bytes = lines.decode(), False
    except UnicodeDecodeError:
        written, bad_bytes = lines.decode("utf-8", "surrogateescape"), True
    context = context_names((name for name in CONTEXT if f'"{name}"'.encode() in lines), column, ident)
    objects = list[dict[str, Any]]()
    texts, idents, errors = list[str | None](), list[str | None](), list[int]()
    for line in written.removesuffix("\n").split("\n"):
        record = _object(line)
        if context or others:
            objects.append(record)
        text = record.get(column)
        if text.__class__ is str:
            errors.append(0)
        else:
            errors.append(_NOT_JSON if record is _NO_OBJECT else 0 if text is None else _NOT_TEXT)
            text = None
        texts.append(text)
        ident_here = record.get(ident)
        idents.append(ident_here if ident_here.__class__ is str else _number_of_json_lines(ident_here))
    column_of_texts, marks = readable(_column(texts, errors, bad_bytes=bad_bytes))
    own = np.array(errors, np.uint16)
    marks = np.where(own & _UNREAD, own, own | marks)  # A value of another type counts as wrong, not as missing.
    rows = pa.table([column_of_texts, _column(idents, None, bad_bytes=bad_bytes), pa.array(marks)], schema=ROWS)
    for name in others:
        values = [
            found if found.__class__ is str else _number_of_json_lines(found) for found in map(_getter(name), objects)
        ]
        rows = rows.append_column(f"other:{name}", _column(values, None, bad_bytes=bad_bytes))
    return with_context(rows, {name: [record.get(name) for record in objects] for name in context})


def _getter(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda record: record.get(name)


def _object(line: str) -> dict[str, Any]:
    """The object on a line, or `_NO_OBJECT`."""
    if line[:1] != "{" or line[-1:] != "}":  # Most lines need no stripping; only others are worth a copy.
        line = line.strip(" \t\r\ufeff")
    try:
        value, end = _read(line)
    except (ValueError, RecursionError):  # Invalid JSON, an integer of thousands of digits, or excessive nesting.
        return _NO_OBJECT
    return value if value.__class__ is dict and end == len(line) else _NO_OBJECT


def _number_of_json_lines(found: object) -> str | None:
    return str(found) if isinstance(found, int | float) else None


def _column(values: list[str | None], errors: list[int] | None, *, bad_bytes: bool) -> pa.LargeStringArray:
    """The strings as a column; invalid ones are repaired and marked in `errors`."""
    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:
        pass
    mended = list[bytes | None]()
    for row, value in enumerate(values):
        raw, mark = (None, RowError(0)) if value is None else as_bytes(value)
        if mark and errors is not None and value is not None:
            if bad_bytes and _BYTE.search(value):
                mark = RowError.BAD_UTF8
            errors[row] |= mark
        mended.append(raw)
    return pa.array(mended, pa.large_binary()).cast(pa.large_string())
