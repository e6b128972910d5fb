"""WARC files of web archives (ISO 28500), compressed record by record or not at all.

Each page that was answered with 200 is an observation. Requests, headers, pictures and other media are not read.
"""

import hashlib
import io
import re
import zlib
from datetime import UTC, datetime
from typing import BinaryIO
from urllib.parse import urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from jaga.core.foreign import IDENTIFIER, ForeignValueInvalid
from jaga.core.observations import Observation, SourceFault
from jaga.sources.file.rows import Position, read_enough
from jaga.sources.kit import Found, Gathering, read_page

LARGEST_PAGE = 2 * 1024 * 1024
NAME = "file/1"
_READABLE = ("text/html", "application/xhtml+xml", "text/plain")
_STARTS = re.compile(rb"\x1f\x8b\x08|WARC/1\.[01]\r?\n")
_PACKED = b"\x1f\x8b"
_LARGEST_RECORD = LARGEST_PAGE + 1024 * 1024
_BROKEN = (
    ArchiveLoadFailed,
    StopIteration,
    OSError,
    zlib.error,
    EOFError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
)


def read_warc(file: BinaryIO, name: str, here: Position, limit: int, gathering: Gathering) -> Position:
    """Gather at most `limit` observations. A damaged record is set aside, and reading goes on at the next one.

    Raises SourceFault for a file that is compressed as a whole, in which no record can be found again.
    """
    del name
    begun = here.at
    while not gathering.full(limit) and not read_enough(begun, here):
        file.seek(here.at)
        if not file.read(2):
            return here
        file.seek(here.at)
        place = f"record {here.done + 1}"
        try:
            following = _record(file, place, gathering)
        except _BROKEN as error:
            gathering.refuse(place, error, _bytes_at(file, here.at))
            following = _next_start(file, here.at + 1)
        here = Position(following, here.done + 1)
    return here


def _record(file: BinaryIO, place: str, gathering: Gathering) -> int:
    """Gather one record; the offset behind it."""
    if file.read(2) != _PACKED:
        file.seek(-2, io.SEEK_CUR)
        return _taken(ArchiveIterator(file), place, gathering)
    content, end = _unpacked(file, file.tell() - 2)
    records = ArchiveIterator(io.BytesIO(content))
    _taken(records, place, gathering, whole=len(content) < _LARGEST_RECORD)
    if next(records, None) is not None:
        raise SourceFault(why="compressed as a whole; `warcio recompress` divides it into records")
    return end


def _unpacked(file: BinaryIO, at: int) -> tuple[bytes, int]:
    """The beginning of a compressed record, and the offset behind it; its checksum is checked to the end."""
    file.seek(at)
    packed, content, read = zlib.decompressobj(31), bytearray(), 0
    while not packed.eof:
        piece = file.read(io.DEFAULT_BUFFER_SIZE)
        if not piece:
            raise EOFError
        read += len(piece)
        content += packed.decompress(piece)[: _LARGEST_RECORD - len(content)]
    return bytes(content), at + read - len(packed.unused_data)


def _taken(records: ArchiveIterator, place: str, gathering: Gathering, *, whole: bool = True) -> int:
    """Gather the next record; where it ends."""
    record = next(records)
    if record.rec_type in {"response", "resource"} and _media_type(record) in _READABLE:
        body = record.content_stream().read(LARGEST_PAGE)
        gathering.take(place, body, _page, record, body)
    records.read_to_end(record)
    if whole and getattr(record.raw_stream, "limit", 0) > 0:  # what it announced and the file does not have
        raise ForeignValueInvalid("record", "cut off")
    return int(records.offset)


def _page(record: ArcWarcRecord, body: bytes) -> tuple[Found, ...]:
    status = record.http_headers.get_statuscode() if record.http_headers else "200"
    address = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    host = urlsplit(address).hostname
    if status != "200" or not host:
        return ()
    header = (record.http_headers.get_header("X-Robots-Tag") if record.http_headers else None) or ""
    page = read_page(body, _content_type(record))
    if page.noindex or "noindex" in header.lower() or not page.text:
        return ()
    return (
        Observation(
            surface=page.title or address,
            native_id=id_of_page(address),
            account_id=host,
            handle=host,
            text=page.text,
            at=_moment(record.rec_headers.get_header("WARC-Date")),
            locator=address,
            source_version=NAME,
        ),
    )


def id_of_page(address: str) -> str:
    """The id of a page: its address, or the hash of a long one."""
    if len(address) <= IDENTIFIER.longest:
        return address
    return "sha256:" + hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()


def _content_type(record: ArcWarcRecord) -> str:
    headers = record.http_headers if record.http_headers else record.rec_headers
    return str(headers.get_header("Content-Type") or "")


def _media_type(record: ArcWarcRecord) -> str:
    return _content_type(record).partition(";")[0].strip().lower()


def _moment(text: str | None) -> datetime:
    try:
        found = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        raise ForeignValueInvalid("WARC-Date", "no moment") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)  # ISO 28500: always UTC


def _next_start(file: BinaryIO, at: int) -> int:
    """Where the next record may begin; the file's end if there is none."""
    kept = b""
    file.seek(at)
    while piece := file.read(io.DEFAULT_BUFFER_SIZE * 16):
        found = _STARTS.search(kept + piece)
        if found:
            return at - len(kept) + found.start()
        at += len(piece)
        kept = (kept + piece)[-16:]
    return _size(file)


def _bytes_at(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(4096)


def _size(file: BinaryIO) -> int:
    return file.seek(0, io.SEEK_END)
