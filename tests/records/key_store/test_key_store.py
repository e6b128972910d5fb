"""Exactly the destroyed keys are gone, in any order and batching; a kill leaves the old or the new file."""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.app import config
from jaga.app.commands import key_store as commands
from jaga.core.terms.privacy import KeyOwner
from jaga.store import key_numbers
from jaga.store.key_store import file, store
from jaga.store.key_store.tree import NUMBERS, Erased, KeyStoreDamaged, KeyStoreMissing, KeyTree

TraceFunction = Callable[[FrameType, str, Any], Any]
_numbers = st.one_of(st.integers(0, 300), st.integers(0, NUMBERS - 1))


@settings(max_examples=example_count(24))
@given(st.lists(st.sets(_numbers, max_size=40), max_size=4), st.sets(_numbers, max_size=40))
def test_exactly_what_was_destroyed_is_gone(batches: list[set[int]], others: set[int]) -> None:
    """All other keys stay the same bytes; the order and size of batches make no difference."""
    whole = KeyTree.planted()
    left = whole
    for batch in batches:
        left = left.without(batch)
    gone = set().union(*batches)
    for number in gone | others | {one + 1 for one in gone if one + 1 < NUMBERS}:
        assert left.key(number) == (None if number in gone else whole.key(number))
    assert {n for first, last in left.gaps() for n in range(first, last + 1)} == gone
    again = whole.without(gone)
    assert (again.starts, again.levels, again.seeds) == (left.starts, left.levels, left.seeds)


def test_keys_destroyed_beside_each_other_take_no_room() -> None:
    """The numbers of one year, destroyed in order, leave a store that is no longer than that of one number."""
    tree = KeyTree.planted()
    for start in range(0, 4096, 512):
        tree = tree.without(range(start, start + 512))
    assert tree.starts[0] == 4096
    assert len(tree.starts) <= 3 * 24


def test_a_store_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Destroying twice changes nothing; another process' store is found, none replaces it; a wrong byte is noticed."""
    made = file.create(tmp_path)
    assert file.create(tmp_path).fingerprint == made.fingerprint
    after = file.destroy(tmp_path, {KeyOwner.CASE: {7, 9}})
    assert (after.generation, after.fingerprint) == (1, made.fingerprint)
    assert file.destroy(tmp_path, {KeyOwner.CASE: {9}}).generation == 1
    found = file.read(tmp_path)
    assert list(found.trees[KeyOwner.CASE].gaps()) == [(7, 7), (9, 9)]
    assert list(found.trees[KeyOwner.REPORT].gaps()) == []
    assert found.trees[KeyOwner.CASE].key(8) == made.trees[KeyOwner.CASE].key(8)
    content = bytearray((tmp_path / file.NAME).read_bytes())
    content[100] ^= 1
    (tmp_path / file.NAME).write_bytes(content)
    with pytest.raises(KeyStoreDamaged):
        file.read(tmp_path)
    (tmp_path / file.NAME).unlink()
    with pytest.raises(KeyStoreMissing):
        file.destroy(tmp_path, {KeyOwner.CASE: {1}})


def _killed_before(line: int, path: Path, content: bytes) -> bool:
    """Write the file in a process that dies before that line of our code; returns whether it came to the end."""
    child = os.fork()
    if not child:
        left = line

        def step(frame: FrameType, event: str, _: object) -> TraceFunction:
            nonlocal left
            left -= event == "line"
            if left < 0:
                os._exit(9)
            return step

        sys.settrace(step)
        with file._turn(path.parent):
            file._replace(path, content)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_killed_write_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    """Killed before any line of the write, the file is whole; the next change removes what was left, and blanks every
    file with destroyed keys, whoever still holds it.
    """
    folder, held = tmp_path / "key-store", tmp_path / "held"
    held.mkdir()
    file.create(folder)
    seen, line, ended = set(), 0, False
    while not ended:
        before = file.read(folder)
        (held / str(line)).hardlink_to(folder / file.NAME)
        after = file.StoredKeys(before.id, before.generation + 1, before.trees)
        ended = _killed_before(line, folder / file.NAME, file.encode(after))
        found = file.read(folder).generation
        assert found in (before.generation, after.generation)
        seen.add((ended, found == after.generation))
        line += 4
    assert seen == {(False, False), (False, True), (True, True)}
    file.destroy(folder, {KeyOwner.CASE: {1}})
    assert sorted(path.name for path in folder.iterdir()) == ["keys", "lock"]
    assert not any(any(old.read_bytes()) for old in held.iterdir())


def test_what_was_killed_ends_at_the_next_start_and_a_new_folder_is_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start blanks what was left, without another erasure. The folder's own name is made durable too."""
    synced: list[Path] = []
    monkeypatch.setattr(file, "sync_folder", synced.append)
    file.create(tmp_path / "of" / "ours")
    assert synced[:2] == [tmp_path / "of", tmp_path]
    left = tmp_path / "of" / "ours" / ".keys.old"
    left.write_bytes(b"destroyed keys")
    (tmp_path / "held").hardlink_to(left)
    file.create(tmp_path / "of" / "ours")
    assert not left.exists()
    assert not any((tmp_path / "held").read_bytes())


def test_a_store_without_the_keys_of_a_kind_gets_no_new_ones(tmp_path: Path) -> None:
    """They would differ from those of its copies, which have the same fingerprint."""
    made = file.create(tmp_path)
    trees = {owner: tree for owner, tree in made.trees.items() if owner is not KeyOwner.TRAINING}
    (tmp_path / file.NAME).write_bytes(file.encode(file.StoredKeys(made.id, 0, trees)))
    with pytest.raises(KeyStoreDamaged, match="a kind"):
        file.create(tmp_path)


def test_no_copy_outlasts_its_days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what a killed process left of one, nor because the disk is too full for the next."""
    monkeypatch.setattr(config, "key_store", lambda: tmp_path / "store")
    file.create(tmp_path / "store")
    copies = tmp_path / "copies"
    copies.mkdir()
    for name in ("keys-20200101T000000Z", ".keys-20200101T000000Z.0badc0de", "keys-29990101T000000Z", "notes"):
        (copies / name).write_bytes(b"")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(commands, "replace_private", full)
    assert isinstance(CliRunner().invoke(commands.copy, [str(copies)]).exception, OSError)
    assert {path.name for path in copies.iterdir()} == {"keys-29990101T000000Z", "notes"}


def test_what_another_process_destroyed_is_noticed(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process forgets what it computed once the file was replaced; without a file it says so."""
    settings.JAGA_KEY_STORE = tmp_path
    file.create(tmp_path)
    monkeypatch.setattr(store, "_LOOK_AGAIN", 0.0)
    one, other = store.Owner(KeyOwner.CASE, 5), store.Owner(KeyOwner.CASE, 6)
    kept = store.key(other, b"texts")
    assert len({store.key(one, b"texts"), store.key(one, b"files"), kept}) == 3
    file.destroy(tmp_path, {KeyOwner.CASE: {5}})
    with pytest.raises(Erased):
        store.key(one, b"texts")
    assert store.key(other, b"texts") == kept
    (tmp_path / file.NAME).unlink()
    assert not store.is_readable()


def test_a_number_whose_key_is_gone_is_given_to_nobody(db: None, settings: Any, tmp_path: Path) -> None:
    """As after a restore, where the sequence returns to numbers that were erased since."""
    settings.JAGA_KEY_STORE = tmp_path
    file.create(tmp_path)
    key_numbers._left.clear()
    first = key_numbers.next_case_number()
    assert [key_numbers.next_case_number() for _ in range(3)] == [first + 1, first + 2, first + 3]
    key_numbers._left.clear()
    store.destroy([store.Owner(KeyOwner.CASE, number) for number in range(first + 64, first + 130)])
    assert key_numbers.next_case_number() == first + 130
    key_numbers._left.clear()
