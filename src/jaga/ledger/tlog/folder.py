"""Writes a published log as files below a folder, which any web server or object store can serve as they are.

A file appears complete or not at all, and is never changed afterwards, except the checkpoint. So a run that was killed
anywhere is repeated and leaves the same files. One process writes at a time; it holds a lock on the folder.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jaga.core.private_files import sync_folder
from jaga.ledger.tlog.errors import BadFormat, NotConsistent, TileConflict
from jaga.ledger.tlog.heads import TreeHead, open_checkpoint
from jaga.ledger.tlog.leaf import LEAF_BYTES
from jaga.ledger.tlog.merkle import leaf_hash, root_of
from jaga.ledger.tlog.notes import NoteVerifier, parse_note
from jaga.ledger.tlog.tiles import CHECKPOINT, WIDTH, LogTile, check_size, format_bundle, partial_tiles
from jaga.ledger.tlog.tree import TreeReader

_FILES, _FOLDERS = 0o644, 0o755  # a web server of another user reads them: they are public
_DRAFT = ".draft"  # one name for all files: what a killed run leaves is written over by the next


class LogFolder:
    """The folder of one log. Reading needs no lock: what is there is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._changed: set[Path] = set()

    def read(self, path: str) -> bytes | None:
        """A file of the log by its name, or None (`tree.ReadFile`). Raises BadFormat for any other name."""
        if path != CHECKPOINT:
            LogTile.from_path(path)
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            return None

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
            self._write(CHECKPOINT, checkpoint)
            self._sync()
        return head

    def _put_full_tiles(self, size: int, rows: dict[int, list[bytes]]) -> None:
        """Write the tiles that became full at this size; each adds a hash to the level above."""
        level = 0
        while len(row := rows.get(level, [])) == WIDTH:
            self._put(LogTile(level, (size >> 8 * (level + 1)) - 1).path, b"".join(row))
            rows.setdefault(level + 1, []).append(root_of(row))
            row.clear()
            level += 1

    def _put(self, path: str, data: bytes) -> None:
        present = self.read(path)
        if present is None:
            self._write(path, data)
        elif present != data:
            raise TileConflict(path=path)

    def _write(self, path: str, data: bytes) -> None:
        """Put a complete file in its place. Its contents are on the disk first, so that a power cut leaves no hole."""
        draft, place = self.folder / _DRAFT, self.folder / path
        self._make(place.parent)
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), _FILES)
            os.fsync(file.fileno())
        draft.replace(place)
        self._changed.update(one for one in place.parents if one.is_relative_to(self.folder))

    def _make(self, folder: Path) -> None:
        """Create a folder of the log; `mkdir` would apply the umask, and to parents no mode at all."""
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
            (self.folder / _DRAFT).unlink(missing_ok=True)
            yield
        finally:
            os.close(handle)
