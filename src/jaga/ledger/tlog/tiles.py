"""The files of a published log (c2sp.org/tlog-tiles): their names, and what is inside.

A tile has up to 256 consecutive hashes of one level of the tree: level 0 has the leaf hashes, and a hash of each level
above stands for a full tile below. An entry bundle has the leaves themselves. A full tile never changes; partial ones,
at the right edge, are named by their width.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from jaga.ledger.tlog.errors import BadFormat
from jaga.ledger.tlog.merkle import HASH_BYTES, LARGEST_SIZE

WIDTH = 256
HEIGHT = 8
CHECKPOINT = "checkpoint"
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_LARGEST_ENTRY = 2**16 - 1


@dataclass(frozen=True)
class LogTile:
    """A tile of hashes, or with level None an entry bundle. `width` is 256 unless it is partial."""

    level: int | None
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The file's name below the log's prefix, for example `tile/0/x001/x234/067.p/8`."""
        digits = f"{self.number % 1000:03d}"
        rest = self.number // 1000
        while rest:
            digits = f"x{rest % 1000:03d}/{digits}"
            rest //= 1000
        level = "entries" if self.level is None else self.level
        return f"tile/{level}/{digits}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def full(self) -> Self:
        """The full tile in the same place."""
        return type(self)(self.level, self.number)

    @classmethod
    def from_path(cls, path: str) -> Self:
        """Read a file's name. Raises BadFormat for any spelling but that of `path`."""
        found = _PATH.fullmatch(path) if path.isascii() else None
        if found:
            level = None if found[1] == "entries" else int(found[1])
            tile = cls(level, int(found[2].replace("x", "").replace("/", "")), int(found[3] or WIDTH))
            if (level or 0) < 64 and tile.width <= WIDTH and tile.path == path:
                return tile
        raise BadFormat(what="name of a tile", why=f"{path[:80]!r} is not of the form tile/L/NNN[.p/W]")


def partial_tiles(size: int) -> Iterator[LogTile]:
    """The partial tiles of a tree of this size, at most one a level. Their hashes alone give the root."""
    level = 0
    while count := size >> (HEIGHT * level):
        if count % WIDTH:
            yield LogTile(level, count // WIDTH, count % WIDTH)
        level += 1


def split_hashes(data: bytes, tile: LogTile) -> list[bytes]:
    """The hashes in a tile's file. Raises BadFormat unless it has as many as its name says."""
    if len(data) != tile.width * HASH_BYTES:
        raise BadFormat(what="tile", why=f"{tile.path} has {len(data)} bytes instead of {tile.width * HASH_BYTES}")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """The contents of an entry bundle: each entry behind its length in two bytes (big-endian)."""
    if any(len(entry) > _LARGEST_ENTRY for entry in entries):
        raise BadFormat(what="entry bundle", why=f"an entry has more than {_LARGEST_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_bundle(data: bytes, tile: LogTile) -> list[bytes]:
    """The entries in a bundle's file. Raises BadFormat unless they are as many as its name says."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise BadFormat(what="entry bundle", why=f"{tile.path} ends within an entry")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != tile.width:
        raise BadFormat(what="entry bundle", why=f"{tile.path} has {len(entries)} entries instead of {tile.width}")
    return entries


def check_size(size: int) -> None:
    """Raise BadFormat for a size that no tree has."""
    if not 0 <= size <= LARGEST_SIZE:
        raise BadFormat(what="size of a log", why=f"{size} is not between 0 and 2^63-1")
