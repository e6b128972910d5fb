"""Writes a published log as files below a folder, which any web server or object store can serve as they are.

A file appears complete or not at all, and is never changed afterwards, except the checkpoint. So a run that was killed
anywhere is repeated and leaves the same files. One process writes at a time; it holds a lock on the folder.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from jaga.core.files import sync_folder
from jaga.ledger.tlog.merkle import leaf_hash, parents, root_of
from jaga.ledger.tlog.notes import BadFormat, NotConsistent, NoteVerifier, TileConflict, parse_note
from jaga.ledger.tlog.policy import TreeHead, open_checkpoint
from jaga.ledger.tlog.tree import (
    CACHED_TILES,
    CHECKPOINT,
    GROUP_BYTES,
    HALF,
    LEAF_BYTES,
    WIDTH,
    LogTile,
    TreeReader,
    check_size,
    format_bundle,
    partial_tiles,
)

_FILES, _FOLDERS = 0o644, 0o755  # a web server of another user reads them: they are public
_DRAFT = ".draft"  # what a killed run leaves below such names is deleted by the next
_NODES = ".nodes"  # no file of the published log
_BLOCK, _BLOCKS = 128, 64
"""So many tiles' nodes are read at once, and so many times stay in memory: 4 MB, for two million leaves."""
_PIECE = 2**16
_AT_ONCE = 64
"""How many files are put on the disk side by side: it takes them together, where each alone would wait for it."""
_WRITERS = 16


class LogFolder:
    """The folder of one log. Reading needs no lock: what is there is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._place = str(folder)
        self._blocks: dict[int, bytes] = {}
        self._changed: set[Path] = set()
        self._waiting: list[tuple[str, bytes]] = []

    def read(self, path: str) -> bytes | None:
        """A file of the log by its name, or None (`tree.ReadFile`). Raises BadFormat for any other name."""
        if path != CHECKPOINT:
            LogTile.from_path(path)
        return self._read(path)

    def _read(self, path: str) -> bytes | None:
        # A third of the time of `Path.read_bytes`.
        try:
            handle = os.open(f"{self._place}/{path}", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            data = os.read(handle, _PIECE)
            while len(data) % _PIECE == 0 and (more := os.read(handle, _PIECE)):  # a bundle of foreign leaves
                data += more
            return data
        finally:
            os.close(handle)

    def tree(self, size: int, root: bytes | None = None, *, cached: int = CACHED_TILES) -> TreeReader:
        """The tree of this size, with the nodes that `append` has stored: the fastest way to many proofs."""
        return TreeReader(size, self._read, root, cached=cached, nodes=self.nodes)

    def nodes(self, number: int) -> bytes | None:
        """The roots of the groups of a full tile (`tree.ReadNodes`), which `append` has stored; None if it has not."""
        block, place = divmod(number, _BLOCK)
        start = place * GROUP_BYTES
        found = self._blocks.get(block, b"")[start : start + GROUP_BYTES]
        if not any(found):
            self._blocks[block] = self._block(block)
            found = self._blocks[block][start : start + GROUP_BYTES]
            while len(self._blocks) > _BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        return found if len(found) == GROUP_BYTES and any(found) else None

    def _block(self, block: int) -> bytes:
        try:
            handle = os.open(self.folder / _NODES, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        try:
            return os.pread(handle, _BLOCK * GROUP_BYTES, block * _BLOCK * GROUP_BYTES)
        finally:
            os.close(handle)

    def append(self, size: int, leaves: Iterable[bytes]) -> int:
        """Write the leaves that follow the first `size` of the log; returns the new size.

        The tree at `size` must be there already. Repeating a call changes nothing, and a longer one may repeat a part.
        Leaves are read as a stream, in flat memory.

        Raises TileConflict if a file exists with other contents, MissingTile and DamagedTile if the tree at `size` is
        not there, BadFormat if a leaf is not a published leaf of 32 bytes. Files before the failure stay.
        """
        with self._locked():
            before = TreeReader(size, self.read)
            first = size - size % WIDTH
            bundle = list(before.entries(first))
            rows = before.edge()
            for leaf in leaves:
                if len(leaf) != LEAF_BYTES:
                    raise BadFormat(what="published leaf", why=f"it has {len(leaf)} bytes instead of {LEAF_BYTES}")
                bundle.append(leaf)
                rows.setdefault(0, []).append(leaf_hash(leaf))
                size += 1
                if size % WIDTH == 0:
                    check_size(size)
                    self._put(LogTile(None, size // WIDTH - 1).path, format_bundle(bundle))
                    bundle.clear()
                    self._put_full_tiles(size, rows)
            if bundle:
                self._put(LogTile(None, size // WIDTH, len(bundle)).path, format_bundle(bundle))
            for tile in partial_tiles(size):
                self._put(tile.path, b"".join(rows[tile.level or 0]))
            self._write_waiting()
            self._sync()
        return size

    def publish(self, checkpoint: bytes, log: NoteVerifier) -> TreeHead:
        """Make a signed checkpoint the published one, with whatever cosignatures it has; returns its head.

        The same head may be published again, for instance with more cosignatures. Raises NotConsistent if its root is
        not that of the tiles, or if the published one is longer or of another tree; BadSignature, BadFormat,
        MissingTile.
        """
        head = open_checkpoint(checkpoint, log).head
        with self._locked():
            if TreeReader(head.size, self.read).root != head.root:
                raise NotConsistent
            published = self.read(CHECKPOINT)
            if published is not None:
                last = TreeHead.from_text(parse_note(published).text)
                if last.size > head.size or TreeReader(last.size, self.read).root != last.root:
                    raise NotConsistent
            self._waiting.append((CHECKPOINT, checkpoint))
            self._write_waiting()
            self._sync()
        return head

    def _put_full_tiles(self, size: int, rows: dict[int, list[bytes]]) -> None:
        """Write the tiles that became full at this size; each adds a hash to the level above."""
        level = 0
        while len(row := rows.get(level, [])) == WIDTH:
            number = (size >> 8 * (level + 1)) - 1
            self._put(LogTile(level, number).path, b"".join(row))
            above = row
            for _ in range(HALF):
                above = parents(above)
            if level == 0:
                self._keep_nodes(number, b"".join(above))
            rows.setdefault(level + 1, []).append(root_of(above))
            row.clear()
            level += 1

    def _keep_nodes(self, number: int, roots: bytes) -> None:
        """Store what spares readers the hashing of a whole tile. They check it, so it may be lost or cut off."""
        handle = os.open(self.folder / _NODES, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _FILES)
        try:
            os.fchmod(handle, _FILES)
            os.pwrite(handle, roots, number * GROUP_BYTES)
        finally:
            os.close(handle)

    def _put(self, path: str, data: bytes) -> None:
        present = self.read(path)
        if present is None:
            self._waiting.append((path, data))
            if len(self._waiting) == _AT_ONCE:
                self._write_waiting()
        elif present != data:
            raise TileConflict(path=path)

    def _write_waiting(self) -> None:
        """Put complete files in their places, in order. Their contents are on the disk first, so that a power cut
        leaves no hole.
        """
        waiting, self._waiting = self._waiting, []
        drafts = [self.folder / f"{_DRAFT}-{number}" for number in range(len(waiting))]
        if len(waiting) > 1:
            with ThreadPoolExecutor(min(_WRITERS, len(waiting))) as writers:
                list(writers.map(_write_draft, drafts, (data for _, data in waiting)))
        else:
            for draft, (_, data) in zip(drafts, waiting, strict=True):
                _write_draft(draft, data)
        for draft, (path, _) in zip(drafts, waiting, strict=True):
            place = self.folder / path
            self._make(place.parent)
            draft.replace(place)
            self._changed.update(one for one in place.parents if one.is_relative_to(self.folder))

    def _make(self, folder: Path) -> None:
        """Create a folder of the log; `mkdir` would apply the umask, and to parents no mode at all."""
        if folder.exists():
            return
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for one in missing:
            if one.is_relative_to(self.folder):
                one.chmod(_FOLDERS)

    def _sync(self) -> None:
        """Put the names of the new files on the disk too."""
        for folder in sorted(self._changed, reverse=True):
            sync_folder(folder)
        self._changed.clear()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._make(self.folder)
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._waiting.clear()
            for draft in self.folder.glob(f"{_DRAFT}*"):
                draft.unlink()
            yield
        finally:
            os.close(handle)


def _write_draft(draft: Path, data: bytes) -> None:
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), _FILES)
        os.fsync(file.fileno())
