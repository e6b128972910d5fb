"""Checkpoints and promises: signed notes that others can read and check."""

import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.ledger import checkpoints as notes
from jaga.ledger.keys import BadKey, BadSignature, LedgerSigningKey, VerifyKey
from jaga.ledger.publication import Head

AT = datetime(2026, 3, 20, 3, 4, 5, 678, tzinfo=UTC)
KEY = LedgerSigningKey("jaga.example/ledger", bytes(range(32)))
HASH = sha256(b"head").hexdigest()


def test_a_key_survives_its_text_and_its_pem() -> None:
    """Both published forms give the same key."""
    assert VerifyKey.from_text(KEY.public.text()) == KEY.public
    assert VerifyKey.from_pem(KEY.name, KEY.public_pem()) == KEY.public
    assert LedgerSigningKey.generate("a") != LedgerSigningKey.generate("a")


def test_the_secret_is_not_printed() -> None:
    """A key in a log or traceback shows no secret."""
    assert repr(KEY) == "LedgerSigningKey(name='jaga.example/ledger')"


def test_the_key_id_is_that_of_c2sp_signed_notes() -> None:
    """First four bytes of sha256(name, newline, algorithm 1, key): other people's tools find the key by it."""
    raw = KEY.public.raw
    assert KEY.key_id == sha256(b"jaga.example/ledger\n\x01" + raw).hexdigest()[:8]
    assert KEY.public.text() == f"jaga.example/ledger+{KEY.key_id}+{b64encode(bytes([1]) + raw).decode()}"


@pytest.mark.parametrize("name", ["", "two words", "a+b", "{", "a\nb", "—", "a" * 201])
def test_a_name_that_could_confuse_a_note_is_refused(name: str) -> None:
    """No space, plus or newline: signed texts must not be mistaken for each other."""
    with pytest.raises(BadKey):
        LedgerSigningKey(name, bytes(32))


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+00000000+AQ==", "a+00000000+!!", KEY.public.text()[:-8]])
def test_a_broken_key_text_is_refused(text: str) -> None:
    """Only what `text` writes is accepted."""
    with pytest.raises(BadKey):
        VerifyKey.from_text(text)


def test_a_pem_of_something_else_is_refused() -> None:
    """Neither random text nor a key of another kind."""
    with pytest.raises(BadKey):
        VerifyKey.from_pem("a", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")


def test_a_checkpoint_reads_as_the_public_format_says() -> None:
    """Origin, size, base64 hash, two lines of ours, an empty line, one signature line of 4 + 64 bytes."""
    note = notes.write_checkpoint(notes.sign_checkpoint(Head(7, HASH), AT, KEY))
    origin, size, root, method, at, empty, signature = note.removesuffix("\n").split("\n")
    assert (origin, size, method, empty) == ("jaga.example/ledger", "7", "method jaga-chain-v1", "")
    assert root == b64encode(bytes.fromhex(HASH)).decode()
    assert at == "at 2026-03-20T03:04:05.000678Z"
    assert signature.startswith("— jaga.example/ledger ")


@given(st.integers(0, 10**12), st.binary(min_size=32, max_size=32), st.datetimes(timezones=st.just(UTC)))
def test_a_note_survives_writing_and_reading(size: int, root: bytes, at: datetime) -> None:
    """What was read equals what was signed, and its signature is valid."""
    checkpoint = notes.sign_checkpoint(Head(size, root.hex()), at, KEY)
    promise = notes.sign_promise(size, root.hex(), at, KEY)
    assert notes.read_checkpoint(notes.write_checkpoint(checkpoint)) == checkpoint
    assert notes.read_promise(notes.write_promise(promise)) == promise
    notes.check_checkpoint(checkpoint, KEY.public)
    notes.check_promise(promise, KEY.public)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: replace(c, size=c.size + 1),
        lambda c: replace(c, hash=sha256(b"other").hexdigest()),
        lambda c: replace(c, at=c.at + timedelta(microseconds=1)),
        lambda c: replace(c, origin="jaga.example/other"),
        lambda c: replace(c, key_id="00000000"),
        lambda c: replace(c, signature=bytes(64)),
    ],
)
def test_a_changed_checkpoint_is_refused(change: Callable[[notes.Checkpoint], notes.Checkpoint]) -> None:
    """The signature covers each field."""
    checkpoint = notes.sign_checkpoint(Head(7, HASH), AT, KEY)
    notes.check_checkpoint(checkpoint, KEY.public)
    with pytest.raises(BadSignature):
        notes.check_checkpoint(change(checkpoint), KEY.public)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: replace(p, entry_id=p.entry_id + 1),
        lambda p: replace(p, entry_hash=sha256(b"other").hexdigest()),
        lambda p: replace(p, at=p.at + timedelta(microseconds=1)),
        lambda p: replace(p, origin="jaga.example/other"),
    ],
)
def test_a_changed_promise_is_refused(change: Callable[[notes.SignedPromise], notes.SignedPromise]) -> None:
    """A receipt cannot be changed to promise anything else."""
    promise = notes.sign_promise(7, HASH, AT, KEY)
    notes.check_promise(promise, KEY.public)
    with pytest.raises(BadSignature):
        notes.check_promise(change(promise), KEY.public)


def test_a_wrong_key_is_refused_even_under_the_same_name() -> None:
    """The name alone proves nothing."""
    other = LedgerSigningKey.generate(KEY.name)
    with pytest.raises(BadSignature):
        notes.check_checkpoint(notes.sign_checkpoint(Head(7, HASH), AT, other), KEY.public)


@given(st.data())
def test_a_note_with_one_changed_character_is_refused(data: st.DataObject) -> None:
    """After any change of the text it is no longer readable or no longer signed."""
    note = notes.write_promise(notes.sign_promise(7, HASH, AT, KEY))
    place = data.draw(st.integers(0, len(note) - 1))
    char = data.draw(st.characters(codec="utf-8").filter(lambda c: c != note[place]))
    with pytest.raises((notes.BadNote, BadSignature)):
        notes.check_promise(notes.read_promise(note[:place] + char + note[place + 1 :]), KEY.public)


@given(st.text())
def test_rubbish_is_refused_as_a_note(text: str) -> None:
    """Never anything but BadNote."""
    for read in (notes.read_checkpoint, notes.read_promise):
        with pytest.raises(notes.BadNote):
            read(text)
        with pytest.raises(notes.BadNote):
            read(f"a\n7\n{text}\n\n— a {b64encode(bytes(68)).decode()}\n")


def test_one_kind_of_note_does_not_pass_for_the_other() -> None:
    """Otherwise a promise could be shown as a checkpoint."""
    with pytest.raises(notes.BadNote):
        notes.read_checkpoint(notes.write_promise(notes.sign_promise(7, HASH, AT, KEY)))


def test_openssl_accepts_the_signature(tmp_path: Path) -> None:
    """An outsider needs nothing of ours to check a signature."""
    note = notes.write_checkpoint(notes.sign_checkpoint(Head(7, HASH), AT, KEY))
    (tmp_path / "key.pem").write_bytes(KEY.public_pem())
    (tmp_path / "text").write_text(note.partition("\n\n")[0] + "\n")
    (tmp_path / "sig").write_bytes(notes.read_checkpoint(note).signature)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "text",
        "-sigfile",
        "sig",
    ]
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "text").write_text(note)
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode != 0
