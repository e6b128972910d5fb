"""A batch of observations as a platform sends it: decompressed and counted within limits, before anything is stored.

Nothing of Arrow is decoded here: the web server reads only the headers of its messages (Arrow columnar format 1.5,
*Encapsulated message format*; FlatBuffers), so that it needs no library for it and no claimed size is believed.
"""

import struct
import zlib
from collections.abc import Iterator

from jaga.core.errors import N_, JagaError
from jaga.core.observations import LARGEST_UNPACKED, MOST_PUSHED_ROWS
from jaga.core.terms.reports import PushFormat

_CONTINUES = b"\xff\xff\xff\xff"
_SCHEMA, _DICTIONARY, _RECORDS = 1, 2, 3
_LONGEST_HEADER = 1024 * 1024


class PushNotUsable(JagaError):
    """A signed batch that cannot be taken. `why` says what is wrong, without contents."""

    code = "push_not_usable"
    status = 422
    sentence = N_("This batch cannot be read: %(why)s.")
    remedy = N_("Send it as docs/webhooks.md shows.")


class PushTooLarge(PushNotUsable):
    """More bytes or rows than a batch may have."""

    code = "push_too_large"
    status = 413
    sentence = N_("This batch is too large: %(why)s.")
    remedy = N_("Divide it and send the parts as batches of their own.")


def unpacked(body: bytes, encoding: str) -> bytes:
    """The content of a body with this Content-Encoding. Raises PushNotUsable, PushTooLarge."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise PushNotUsable(why="its Content-Encoding is neither gzip nor identity")
    parts, size, rest = [], 0, body
    while rest:
        one = zlib.decompressobj(wbits=31)
        try:
            part = one.decompress(rest, LARGEST_UNPACKED - size + 1)
        except zlib.error as error:
            raise PushNotUsable(why="it is not gzip, or damaged") from error
        size += len(part)
        if size > LARGEST_UNPACKED:
            raise PushTooLarge(why=f"more than {LARGEST_UNPACKED} bytes after decompression")
        if not one.eof:
            raise PushNotUsable(why="its gzip ends too early")
        parts.append(part)
        rest = one.unused_data  # gzip may have several members
    return b"".join(parts)


def rows_in(content: bytes, form: PushFormat) -> int:
    """How many rows the batch has, at most MOST_PUSHED_ROWS. Raises PushNotUsable, PushTooLarge."""
    rows = _lines(content) if form is PushFormat.LINES else _arrow_rows(content)
    if not rows:
        raise PushNotUsable(why="it has no rows")
    if rows > MOST_PUSHED_ROWS:
        raise PushTooLarge(why=f"more than {MOST_PUSHED_ROWS} rows")
    return rows


def _lines(content: bytes) -> int:
    return sum(1 for line in content.split(b"\n") if line.strip())


def _arrow_rows(content: bytes) -> int:
    rows = 0
    try:
        for number, (kind, header, table) in enumerate(_messages(content)):
            if (kind == _SCHEMA) != (number == 0):
                raise PushNotUsable(why="an Arrow stream begins with its schema, and has one")
            if kind == _DICTIONARY:
                raise PushNotUsable(why="columns with dictionaries are not read")
            if kind == _RECORDS:
                if _field(header, table, 3):
                    raise PushNotUsable(why="compressed Arrow is not read; compress the whole body with gzip")
                length = _number(header, table, 0)
                if length < 0:
                    raise PushNotUsable(why="a record batch has a negative length")
                rows += length
    except struct.error as error:
        raise PushNotUsable(why="it is no Arrow stream, or damaged") from error
    return rows


def _messages(content: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Of each message its kind, its header, and where in that the table of its kind is."""
    at = 0
    while at < len(content):
        if content[at : at + 4] != _CONTINUES:
            raise PushNotUsable(why="it is no Arrow stream, or damaged")
        (size,) = struct.unpack_from("<i", content, at + 4)
        if size == 0:  # the end of the stream
            if at + 8 != len(content):
                raise PushNotUsable(why="something follows the end of the Arrow stream")
            return
        header = content[at + 8 : at + 8 + size]
        if not 0 < size <= _LONGEST_HEADER or len(header) != size:
            raise PushNotUsable(why="it is no Arrow stream, or damaged")
        (root,) = struct.unpack_from("<I", header, 0)
        kind_at, table_at = _field(header, root, 1), _field(header, root, 2)
        if not kind_at or not table_at:
            raise PushNotUsable(why="an Arrow message has no header")
        body = _number(header, root, 3)
        at += 8 + size + body
        if body < 0 or at > len(content):
            raise PushNotUsable(why="its Arrow stream ends too early")
        yield header[kind_at], header, table_at + struct.unpack_from("<I", header, table_at)[0]


def _field(header: bytes, table: int, slot: int) -> int:
    """Where the field of a FlatBuffers table begins; 0 if it has its default."""
    (back,) = struct.unpack_from("<i", header, table)
    vtable = table - back
    if vtable < 0:
        raise struct.error("before the buffer")
    (size,) = struct.unpack_from("<H", header, vtable)
    if size < 6 + 2 * slot:
        return 0
    (offset,) = struct.unpack_from("<H", header, vtable + 4 + 2 * slot)
    if offset and table + offset >= len(header):
        raise struct.error("behind the buffer")
    return table + offset if offset else 0


def _number(header: bytes, table: int, slot: int) -> int:
    at = _field(header, table, slot)
    return int(struct.unpack_from("<q", header, at)[0]) if at else 0
