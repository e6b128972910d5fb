"""Reads a published log and makes proofs from its tiles.

A tile is used only after its hashes led to the root: the partial tiles at the right edge together are hashed to the
root of the tree, and a full tile to its hash in the tile above. So proofs of a damaged or exchanged tile are not made:
the tile is named instead.

What the log publishes of an entry: a salted hash and nothing else.

A published leaf has 32 bytes whatever the entry is, and without the salt nobody can test a guess about the entry
against it. The *opening* (salt and entry) stays inside; a receipt carries that of its own entry.

The files of a published log (c2sp.org/tlog-tiles): their names, and what is inside.

A tile has up to 256 consecutive hashes of one level of the tree: level 0 has the leaf hashes, and a hash of each level
above stands for a full tile below. An entry bundle has the leaves themselves. A full tile never changes; partial ones,
at the right edge, are named by their width.

Proofs as files (c2sp.org/tlog-proof): an inclusion proof with the checkpoint that it leads to.

Whoever has the file and a policy needs no network. `extra` is whatever the application adds; nothing in the format
protects it. Jaga puts the leaf's opening there (`leaf`), which the proof then protects, because it hashes to the leaf.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from operator import itemgetter
from typing import Self, TypeVar

from jaga.core.canonical import canonical_json
from jaga.ledger.tlog.merkle import (
    HASH_BYTES,
    LARGEST_SIZE,
    MOST_HASHES,
    CompactRange,
    check_inclusion,
    leaf_hash,
    node_hash,
    parents,
)
from jaga.ledger.tlog.notes import BadFormat, BadProof, DamagedTile, MissingTile, read_base64
from jaga.ledger.tlog.policy import NUMBER, OpenedCheckpoint, Policy

LEAF_DOMAIN = b"jaga.leaf.v1\n"
SALT_BYTES = 32
LEAF_BYTES = 32


def opening(salt: bytes, document: Mapping[str, object]) -> bytes:
    """What somebody needs to check a leaf: the salt of 32 random bytes, then the entry in canonical JSON.

    Raises NotCanonical, ValueError for a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return salt + canonical_json(document)


def leaf_of(opened: bytes) -> bytes:
    """The published leaf of an opening: SHA-256(`jaga.leaf.v1`, line end, salt, entry)."""
    return sha256(LEAF_DOMAIN + opened).digest()


def read_opening(opened: bytes) -> dict[str, object]:
    """The entry in an opening. Raises BadFormat unless it is canonical JSON behind a salt."""
    try:
        document = json.loads(opened[SALT_BYTES:])
        if not isinstance(document, dict) or canonical_json(document) != opened[SALT_BYTES:]:
            raise ValueError
    except (ValueError, RecursionError):
        raise BadFormat(what="opened entry", why="no canonical JSON stands behind its salt") from None
    return document


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


FIRST_LINE = "c2sp.org/tlog-proof@v1"
LARGEST_PROOF = 2_000_000


@dataclass(frozen=True)
class TlogProof:
    """A proof that was read, not checked. `index` counts from 0; `hashes` go from the leaf upwards."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes, extra: bytes | None = None) -> bytes:
    """The file, with the ending `.tlog-proof`."""
    lines = [
        FIRST_LINE,
        *([f"extra {_base64(extra)}"] if extra is not None else []),
        f"index {index}",
        *(_base64(one) for one in hashes),
        "",
        "",
    ]
    return "\n".join(lines).encode() + checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """Read a file *without* checking it. Raises BadFormat unless it is spelt as `format_proof` spells it."""
    if len(data) > LARGEST_PROOF:
        raise _bad(f"it has more than {LARGEST_PROOF} bytes")
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        extra = read_base64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
        index = lines.pop(0).removeprefix("index ")
        hashes = tuple(read_base64(line) for line in lines)
    except (ValueError, IndexError):
        raise _bad("its lines before the checkpoint are not extra, index and hashes") from None
    if first != FIRST_LINE or not separator:
        raise _bad(f"it does not begin with {FIRST_LINE}, or has no checkpoint")
    if not NUMBER.fullmatch(index) or int(index) >= LARGEST_SIZE:
        raise _bad("its index is not a decimal number below 2^63")
    if len(hashes) > MOST_HASHES or any(len(one) != HASH_BYTES for one in hashes):
        raise _bad(f"it has a hash that is not 32 bytes long, or more than {MOST_HASHES}")
    proof = TlogProof(int(index), hashes, checkpoint, extra)
    if format_proof(proof.index, hashes, checkpoint, extra) != data:
        raise _bad("it is spelt in another way")
    return proof


def check_proof(proof: TlogProof, leaf: bytes, policy: Policy) -> OpenedCheckpoint:
    """The checkpoint under which `leaf` (its data, not its hash) is in a log of the policy.

    Raises BadProof, BadFormat, BadSignature, NotWitnessed.
    """
    opened = policy.check(proof.checkpoint)
    check_inclusion(leaf_hash(leaf), proof.index, opened.head.size, proof.hashes, opened.head.root)
    return opened


def check_opened_proof(proof: TlogProof, policy: Policy) -> OpenedCheckpoint:
    """`check_proof` of a proof that carries its leaf's opening in `extra`, as Jaga's do."""
    if proof.extra is None:
        raise BadProof
    return check_proof(proof, leaf_of(proof.extra), policy)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _bad(why: str) -> BadFormat:
    return BadFormat(what="proof of the log", why=why)


K = TypeVar("K")
V = TypeVar("V")
ReadFile = Callable[[str], bytes | None]
"""Reads a file of the log by its name (`tile/0/000`); None if there is none."""

CACHED_TILES = 4096
"""A log of a million leaves fits. A process that makes few proofs needs few."""
_OFFSETS = (0, *accumulate(HASH_BYTES * (WIDTH >> height) for height in range(HEIGHT)))
"""Where the nodes of each height begin within the nodes of a tile."""


def _siblings(leaf: int) -> Callable[[bytes], tuple[bytes, ...]]:
    """Takes the eight siblings above a leaf out of the nodes of a full tile."""
    starts = [_OFFSETS[height] + ((leaf >> height) ^ 1) * HASH_BYTES for height in range(HEIGHT)]
    return itemgetter(*(slice(start, start + HASH_BYTES) for start in starts))


_SIBLINGS = tuple(_siblings(leaf) for leaf in range(WIDTH))
HALF = HEIGHT // 2
GROUP = 1 << HALF
"""A tile has so many groups of so many hashes. Of a group with its inner nodes, a proof takes four siblings."""
GROUP_BYTES = GROUP * HASH_BYTES
ReadNodes = Callable[[int], bytes | None]
"""The roots of the groups of a full tile of level 0, by its number; None if they are not stored."""
_WITHIN = (0, *accumulate(HASH_BYTES * (GROUP >> height) for height in range(HALF)))


def _within(place: int) -> Callable[[bytes], tuple[bytes, ...]]:
    """Takes the four siblings above a hash out of the nodes of its group."""
    starts = [_WITHIN[height] + ((place >> height) ^ 1) * HASH_BYTES for height in range(HALF)]
    return itemgetter(*(slice(start, start + HASH_BYTES) for start in starts))


_BESIDE = tuple(_within(place) for place in range(GROUP))


class TreeReader:
    """The tree of a given size in a published log, which may have grown since."""

    def __init__(
        self,
        size: int,
        read: ReadFile,
        root: bytes | None = None,
        *,
        cached: int = CACHED_TILES,
        nodes: ReadNodes | None = None,
    ) -> None:
        """`root` is that of a checked checkpoint; with None the tiles at the right edge are believed.

        With `nodes` (`folder.LogFolder.nodes`) the first proof of a tile hashes an eighth of it: one group, and the
        roots of all groups. Nodes that do not lead to the root are not used.

        `cached` tiles stay in memory with their inner nodes, 16 kB each, 64 MB of them at most by default. A log of a
        million leaves has 3,924.

        Raises DamagedTile if they have another root, MissingTile, BadFormat.
        """
        check_size(size)
        self.size = size
        self._read = read
        self._cached = cached
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._above: dict[tuple[int, int], tuple[bytes, ...]] = {}
        self._read_nodes = nodes
        self._groups: dict[int, bytes] = {}
        self._roots: dict[int, bytes] = {}
        self._edge = {tile.level or 0: self._hashes(tile) for tile in partial_tiles(size)}
        self.range = CompactRange(size, self._peaks())
        self.root = self.range.root()
        if root is not None and root != self.root:
            raise DamagedTile(path=", ".join(tile.path for tile in partial_tiles(size)) or "checkpoint")
        self._ragged = self._ragged_roots()

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """The siblings of leaf `index` from the leaf upwards. Raises IndexError, MissingTile, DamagedTile.

        The first proof of a tile hashes all of it; later ones are taken out of memory. Ask for very many from a larger
        log in the order of their indexes, or set `cached`.
        """
        if not 0 <= index < self.size:
            raise IndexError(index)
        number = index >> HEIGHT
        if (number + 1) << HEIGHT > self.size:
            return self._path(0, index)
        if self._read_nodes is not None and (group := self._group(index >> HALF)) is not None:
            return (
                _BESIDE[index % GROUP](group)
                + _BESIDE[(index >> HALF) % GROUP](self._roots[number])
                + self._beside(1, number)
            )
        return _SIBLINGS[index % WIDTH](self._tile(0, number)) + self._beside(1, number)

    def consistency_proof(self, older: int) -> tuple[bytes, ...]:
        """The proof that this tree begins with the one of size `older` (RFC 6962 section 2.1.2).

        Raises IndexError if there is no such tree, MissingTile, DamagedTile.
        """
        if not 0 <= older <= self.size:
            raise IndexError(older)
        return tuple(self._subproof(older, 0, self.size, whole=True)) if older else ()

    def edge(self) -> dict[int, list[bytes]]:
        """The hashes of the partial tiles by level."""
        return {level: list(hashes) for level, hashes in self._edge.items()}

    def leaf_hashes(self, start: int = 0) -> Iterator[bytes]:
        """The leaf hashes from `start` on. Raises MissingTile, DamagedTile."""
        for number in range(start // WIDTH, -(-self.size // WIDTH)):
            width = min(WIDTH, self.size - number * WIDTH)
            nodes, first = self._tile(0, number), max(start - number * WIDTH, 0)
            yield from (nodes[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(first, width))

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """The leaves from `start` on, each compared with its leaf hash. Raises MissingTile, DamagedTile, BadFormat."""
        for number in range(start // WIDTH, -(-self.size // WIDTH)):
            tile = LogTile(None, number, min(WIDTH, self.size - number * WIDTH))
            data, found = self._file(tile)
            bundle, nodes = parse_bundle(data, found)[: tile.width], self._tile(0, number)
            hashes = b"".join(leaf_hash(entry) for entry in bundle)
            if hashes != nodes[: len(hashes)]:
                raise DamagedTile(path=found.path)
            yield from bundle[max(start - number * WIDTH, 0) :]

    def _subproof(self, older: int, low: int, high: int, *, whole: bool) -> Iterator[bytes]:
        if older == high:
            if not whole:
                yield self._root(low, high)
            return
        split = low + (1 << (high - low - 1).bit_length() - 1)
        if older <= split:
            yield from self._subproof(older, low, split, whole=whole)
            yield self._root(split, high)
        else:
            yield from self._subproof(older, split, high, whole=False)
            yield self._root(low, split)

    def _root(self, low: int, high: int) -> bytes:
        """The root of the leaves from `low` to before `high`, as RFC 6962 divides the tree."""
        height = (high - low - 1).bit_length()
        return self._node(height, low >> height)

    def _beside(self, level: int, position: int) -> tuple[bytes, ...]:
        """`_path` from a node that stands in a tile of this level: by its tile where that is full."""
        number = position >> HEIGHT
        if (number + 1) << HEIGHT * (level + 1) <= self.size:
            return _SIBLINGS[position % WIDTH](self._tile(level, number)) + self._beside(level + 1, number)
        found = self._above.get((level, position))
        if found is None:
            found = self._keep(self._above, (level, position), self._path(HEIGHT * level, position))
        return found

    def _group(self, position: int) -> bytes | None:
        """The checked nodes of a group of 16 leaf hashes; None if the nodes of its tile are not stored."""
        found = self._groups.get(position)
        number = position >> HALF
        if found is not None and number in self._roots:
            return found
        roots = self._roots_of(number)
        if roots is None:
            return None
        path = LogTile(0, number).path
        data = self._read(path)
        if data is None:
            raise MissingTile(path=path)
        start = position % GROUP
        nodes = _nodes_of_group(data[start * GROUP_BYTES : (start + 1) * GROUP_BYTES])
        if (
            len(data) != WIDTH * HASH_BYTES
            or nodes[-HASH_BYTES:] != roots[start * HASH_BYTES : (start + 1) * HASH_BYTES]
        ):
            raise DamagedTile(path=path)
        if len(self._groups) >= GROUP * self._cached:
            del self._groups[next(iter(self._groups))]
        self._groups[position] = nodes
        return nodes

    def _roots_of(self, number: int) -> bytes | None:
        roots = self._roots.get(number)
        if roots is None:
            stored = self._read_nodes(number) if self._read_nodes is not None else None
            if stored is None or len(stored) != GROUP_BYTES:
                return None
            roots = _nodes_of_group(stored)
            if roots[-HASH_BYTES:] != self._node(HEIGHT, number):
                return None
            self._keep(self._roots, number, roots)
        return roots

    def _path(self, height: int, position: int) -> tuple[bytes, ...]:
        """The siblings from the node at this height and position upwards."""
        found = []
        while 1 << height < self.size:
            sibling = position ^ 1
            if sibling << height < self.size:
                found.append(self._node(height, sibling))
            height, position = height + 1, position >> 1
        return tuple(found)

    def _node(self, height: int, position: int) -> bytes:
        if (position + 1) << height > self.size:
            return self._ragged[height]
        level, within = divmod(height, HEIGHT)
        nodes = self._tile(level, position >> (HEIGHT - within))
        at = _OFFSETS[within] + (position & ((WIDTH >> within) - 1)) * HASH_BYTES
        return nodes[at : at + HASH_BYTES]

    def _tile(self, level: int, number: int) -> bytes:
        """The checked hashes of a tile, followed by all nodes above them within the tile."""
        nodes = self._nodes.get((level, number))
        if nodes is None:
            at_the_edge = number == self.size >> (HEIGHT * (level + 1))
            hashes = self._edge[level] if at_the_edge else self._hashes(LogTile(level, number))
            nodes, root = _with_inner_nodes(hashes)
            if root is not None and root != self._node(HEIGHT * (level + 1), number):
                raise DamagedTile(path=LogTile(level, number).path)
            self._keep(self._nodes, (level, number), nodes)
        return nodes

    def _hashes(self, tile: LogTile) -> list[bytes]:
        data, found = self._file(tile)
        return split_hashes(data, found)[: tile.width]

    def _file(self, tile: LogTile) -> tuple[bytes, LogTile]:
        """The file of a tile, or the full one that replaced it."""
        for one in (tile, tile.full):
            data = self._read(one.path)
            if data is not None:
                return data, one
        raise MissingTile(path=tile.path)

    def _keep(self, cache: dict[K, V], key: K, value: V) -> V:
        """Keep a value, and no more than `cached` of them."""
        if cache and len(cache) >= self._cached:
            del cache[next(iter(cache))]
        cache[key] = value
        return value

    def _peaks(self) -> list[bytes]:
        """The roots of the largest full subtrees, from the tiles at the right edge."""
        peaks: list[bytes] = []
        for tile in reversed(list(partial_tiles(self.size))):
            part = CompactRange()
            part.extend(self._edge[tile.level or 0])
            peaks += part.hashes
        return peaks

    def _ragged_roots(self) -> list[bytes]:
        """For each height the root of what remains at the right edge behind the last full subtree of that height."""
        peaks, root, found = list(self.range.hashes), b"", []
        for height in range(self.size.bit_length() + 1):
            found.append(root)
            if self.size >> height & 1:
                peak = peaks.pop()
                root = node_hash(peak, root) if root else peak
        return found


def _nodes_of_group(hashes: bytes) -> bytes:
    """The nodes above 16 hashes, each height in its place; the last one is their root."""
    row = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    found = [hashes]
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        found += row
    return b"".join(found)


def _with_inner_nodes(hashes: list[bytes]) -> tuple[bytes, bytes | None]:
    """The nodes of a tile, each height in its place, and its root if it is full."""
    row, rows = hashes, []
    for height in range(HEIGHT):
        rows.append(b"".join(row).ljust(HASH_BYTES * (WIDTH >> height), b"\x00"))
        row = parents(row[: len(row) // 2 * 2])
    return b"".join(rows), row[0] if row else None
