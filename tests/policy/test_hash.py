"""The hash is recorded on every decision: it changes with any byte and with nothing else."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.policy.conftest import Spoilt

from jaga.policy.reading import RECORD, content_hash, read_draft
from jaga.policy.release import load_release

FILES = st.dictionaries(st.text("abc/.", min_size=1, max_size=6), st.binary(max_size=20), min_size=1, max_size=4)


@given(FILES, st.data())
def test_any_changed_byte_or_name_changes_the_hash(files: dict[str, bytes], data: st.DataObject) -> None:
    """Two releases that differ in any byte or file name have different hashes."""
    name = data.draw(st.sampled_from(sorted(files)))
    position = data.draw(st.integers(0, len(files[name])))
    changed = {**files, name: files[name][:position] + b"#" + files[name][position:]}
    moved = {(key + "x" if key == name else key): value for key, value in files.items()}
    assert len({content_hash(files), content_hash(changed), content_hash(moved)}) == 3


@given(FILES)
def test_the_order_of_files_does_not_matter(files: dict[str, bytes]) -> None:
    """The hash does not depend on the order in which a file system lists files."""
    assert content_hash(files) == content_hash(dict(reversed(files.items())))


@settings(max_examples=example_count(5), deadline=None)
@given(st.data())
def test_any_byte_of_any_shipped_file_counts(copies: Callable[[], Spoilt], data: st.DataObject) -> None:
    """Comments count too: they are part of what a policy officer signed."""
    folder = copies().folder
    paths: list[Path] = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECORD)
    path = data.draw(st.sampled_from(paths))
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    assert read_draft(folder).hash != load_release().hash


def test_a_copy_has_the_same_hash(spoilt: Spoilt) -> None:
    """The hash does not depend on the folder, and it is a SHA-256 in hexadecimal."""
    assert load_release(spoilt.folder).hash == load_release().hash
    assert len(load_release().hash) == 64
