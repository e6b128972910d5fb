"""The key store's file: read whole, replaced whole, written by one process at a time."""

import fcntl
import os
import struct
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b, sha256
from pathlib import Path
from secrets import token_bytes

from jaga.core.files import sync_folder, write_draft
from jaga.core.terms.privacy import KeyOwner
from jaga.store.key_store.tree import DEPTH, SEED_BYTES, KeyStoreDamaged, KeyStoreMissing, KeyTree

NAME = "keys"
FINGERPRINT = "key-store"
"""The name under which the database records the store's fingerprint."""
_LOCK = "lock"
_OLD = f".{NAME}.old"
_MAGIC = b"jaga key store 1\n"
_ID_BYTES = 16
_CHECK_BYTES = 32
_HEAD = struct.Struct(f">{_ID_BYTES}sQB")
_TREE = struct.Struct(">BQ")
_CODES = {KeyOwner.CASE: 1, KeyOwner.REPORT: 2, KeyOwner.APPEAL: 3, KeyOwner.TRAINING: 4}
"""How owners are written in files and ciphertexts. Never change one."""
CODE_OF: Mapping[KeyOwner, int] = _CODES
OWNER_OF: Mapping[int, KeyOwner] = {code: owner for owner, code in _CODES.items()}


@dataclass(frozen=True)
class StoredKeys:
    """A store's contents. `generation` counts its changes."""

    id: bytes
    generation: int
    trees: Mapping[KeyOwner, KeyTree] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Identifies the store in the database without revealing a key; the same before and after erasures."""
        return sha256(b"jaga key store\0" + self.id).hexdigest()


def new_keys() -> StoredKeys:
    """A new store, in which no key was destroyed."""
    return StoredKeys(token_bytes(_ID_BYTES), 0, {owner: KeyTree.planted() for owner in KeyOwner})


def encode(keys: StoredKeys) -> bytes:
    """The content of the key store's file: head, the tree of each owner, and a checksum of it all."""
    parts = [_MAGIC, _HEAD.pack(keys.id, keys.generation, len(keys.trees))]
    for owner, tree in keys.trees.items():
        count = len(tree.starts)
        parts += [_TREE.pack(_CODES[owner], count), _swapped(tree.starts).tobytes(), tree.levels, tree.seeds]
    whole = b"".join(parts)
    return whole + blake2b(whole, digest_size=_CHECK_BYTES).digest()


def _swapped(starts: "array[int]") -> "array[int]":
    """From the machine's order of bytes to the file's, the highest first, and back."""
    swapped = array("Q", starts)
    if sys.byteorder == "little":
        swapped.byteswap()
    return swapped


def decode(content: bytes) -> StoredKeys:
    """The contents of a file. Raises ValueError, which says why it is none."""
    if not content.startswith(_MAGIC):
        raise ValueError("it is no key store of this version")
    body, check = content[:-_CHECK_BYTES], content[-_CHECK_BYTES:]
    if blake2b(body, digest_size=_CHECK_BYTES).digest() != check:
        raise ValueError("it is not whole")
    own, generation, kinds = _HEAD.unpack_from(body, at := len(_MAGIC))
    at += _HEAD.size
    trees = {}
    for _ in range(kinds):
        code, count = _TREE.unpack_from(body, at)
        at += _TREE.size
        starts = array("Q", body[at : at + 8 * count])
        at += 8 * count
        levels, at = body[at : at + count], at + count
        seeds, at = body[at : at + SEED_BYTES * count], at + SEED_BYTES * count
        if any(level > DEPTH for level in levels):
            raise ValueError("it holds an impossible key")
        trees[OWNER_OF[code]] = KeyTree(_swapped(starts), levels, seeds)
    if set(trees) != set(KeyOwner):  # New roots would be others than those of a copy with the same fingerprint.
        raise ValueError("it lacks the keys of a kind")
    return StoredKeys(own, generation, trees)


def read(folder: Path) -> StoredKeys:
    """The store in a folder. Raises KeyStoreMissing, KeyStoreDamaged; OSError."""
    path = folder / NAME
    for last in (False, True):  # A file that was just replaced is blanked: read its successor.
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise KeyStoreMissing(path=path) from None
        try:
            return decode(content)
        except (ValueError, KeyError, struct.error) as why:
            if last:
                raise KeyStoreDamaged(path=path, why=str(why)) from None
    raise AssertionError


def create(folder: Path) -> StoredKeys:
    """Create a store, unless one exists. Returns the store that is there afterwards.

    Also ends what a killed process left of a change. Raises KeyStoreDamaged; OSError.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for one in made:
        sync_folder(one.parent)
    with suppress(KeyStoreMissing):
        there = read(folder)
        if not _leftovers(folder):
            return there
    with _turn(folder):
        with suppress(KeyStoreMissing):
            return read(folder)
        keys = new_keys()
        _replace(folder / NAME, encode(keys))
        return keys


def destroy(folder: Path, numbers: Mapping[KeyOwner, Iterator[int] | list[int] | set[int]]) -> StoredKeys:
    """Destroy the keys of these numbers, durably. Returns the store as it is afterwards.

    A process killed at any point leaves the old or the new file. What is destroyed already is ignored; if all is, the
    file stays as it is. Raises KeyStoreMissing, KeyStoreDamaged; OSError.
    """
    return _change(folder, lambda tree, owner: tree.without(numbers.get(owner, ())))


def _change(folder: Path, changed: Callable[[KeyTree, KeyOwner], KeyTree]) -> StoredKeys:
    with _turn(folder):
        keys = read(folder)
        trees = {owner: changed(tree, owner) for owner, tree in keys.trees.items()}
        if all(trees[owner] is tree for owner, tree in keys.trees.items()):
            return keys
        after = replace(keys, generation=keys.generation + 1, trees=trees)
        _replace(folder / NAME, encode(after))
        return after


def _replace(path: Path, content: bytes) -> None:
    """Replace the file durably, then blank the old one: it holds the destroyed keys.

    Until that is done it has a second name, by which the next turn finds it if this process is killed.
    """
    old, draft = path.with_name(_OLD), write_draft(path, content)
    try:
        with suppress(FileNotFoundError):
            old.hardlink_to(path)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    _blank(old, path)


def _blank(name: Path, path: Path) -> None:
    """Overwrite a file that is not the store itself, and remove its name."""
    with suppress(FileNotFoundError):
        if not (path.exists() and name.samefile(path)):
            with name.open("r+b") as file:
                file.write(bytes(os.fstat(file.fileno()).st_size))
                file.flush()
                os.fsync(file.fileno())
        name.unlink()


def _leftovers(folder: Path) -> list[Path]:
    """What a process is writing or, if none is, what a killed one left."""
    return list(folder.glob(f".{NAME}.*"))


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        raise KeyStoreMissing(path=folder / NAME) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in _leftovers(folder):  # Nobody else writes now.
            _blank(left, folder / NAME)
        yield
    finally:
        os.close(descriptor)
