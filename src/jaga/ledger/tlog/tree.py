"""Reads a published log and makes proofs from its tiles.

A tile is used only after its hashes led to the root: the partial tiles at the right edge together are hashed to the
root of the tree, and a full tile to its hash in the tile above. So proofs of a damaged or exchanged tile are not made:
the tile is named instead.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import accumulate
from operator import itemgetter
from typing import TypeVar

from jaga.ledger.tlog.errors import DamagedTile, MissingTile
from jaga.ledger.tlog.merkle import HASH_BYTES, CompactRange, leaf_hash, node_hash, parents
from jaga.ledger.tlog.tiles import HEIGHT, WIDTH, LogTile, check_size, parse_bundle, partial_tiles, split_hashes

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
