"""Signed statements about the ledger: checkpoints of its head, promises for receipts, and new epochs.

All are C2SP signed notes. A checkpoint's text follows C2SP tlog-checkpoint (origin, size, base64 hash) with two more
lines. The `method` line marks the hash as that of a hash chain, not a Merkle root.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jaga.core.canonical import SHA256, from_rfc3339, rfc3339
from jaga.core.errors import N_, JagaError
from jaga.ledger.keys import BadSignature, LedgerSigningKey, VerifyKey
from jaga.ledger.publication import Head

METHOD = "jaga-chain-v1"
MERGE_DELAY = timedelta(seconds=4500)
"""How long after its moment a promised entry is in a published head at the latest: a full hour, and a quarter for the
work."""
_DELAY = "merge delay in seconds: "
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class BadNote(JagaError):
    """The text is not a checkpoint or promise in Jaga's format."""

    code = "bad_note"
    status = 422
    sentence = N_("This is not a checkpoint or promise in Jaga's form.")
    remedy = N_("Paste it whole and unchanged, with its empty line and its signature line.")


@dataclass(frozen=True)
class Checkpoint:
    """The signed head of the ledger at a moment. A copy kept elsewhere later proves that history was rewritten."""

    origin: str
    size: int
    hash: str
    at: datetime
    key_id: str
    signature: bytes


@dataclass(frozen=True)
class SignedPromise:
    """A signed promise that the entry with this hash will be in the ledger; part of a reporter's receipt.

    It will be in a published head `delay` seconds after `at` at the latest. Older promises have None.
    """

    origin: str
    entry_id: int
    entry_hash: str
    at: datetime
    key_id: str
    signature: bytes
    delay: int | None = None


@dataclass(frozen=True)
class EpochNote:
    """A signed statement that a new epoch began: the database was restored to `size` entries.

    Everything signed beyond that before is lost. `proven` is the proven length of the lost ledger, 0 if unknown.
    """

    origin: str
    number: int
    size: int
    hash: str
    proven: int
    at: datetime
    key_id: str
    signature: bytes

    def lost(self, size: int, at: datetime) -> bool:
        """Whether something signed at this size and moment belongs to the lost part."""
        return size > self.size and at <= self.at


def sign_checkpoint(head: Head, at: datetime, key: LedgerSigningKey) -> Checkpoint:
    """Sign the head. Sign only what is committed, since a signature cannot be revoked."""
    bare = Checkpoint(key.name, head.size, head.hash, at, key.key_id, b"")
    return replace(bare, signature=key.sign(_checkpoint_text(bare)))


def check_checkpoint(checkpoint: Checkpoint, key: VerifyKey) -> None:
    """Raise BadSignature unless `key` signed the checkpoint."""
    _check(checkpoint.origin, checkpoint.key_id, _checkpoint_text(checkpoint), checkpoint.signature, key)


def write_checkpoint(checkpoint: Checkpoint) -> str:
    """The signed note to publish."""
    return _note(_checkpoint_text(checkpoint), checkpoint.origin, checkpoint.key_id, checkpoint.signature)


def read_checkpoint(note: str) -> Checkpoint:
    """Parse a signed note *without* verifying its signature. Raises BadNote."""
    lines, name, key_id, signature = _read_note(note)
    try:
        origin, size, encoded, method, at = lines
        if method != f"method {METHOD}" or name != origin or not _NUMBER.fullmatch(size) or at[:3] != "at ":
            raise BadNote
        found = Checkpoint(
            origin, int(size), b64decode(encoded, validate=True).hex(), from_rfc3339(at[3:]), key_id, signature
        )
    except ValueError:
        raise BadNote from None
    if write_checkpoint(found) != note:  # only the canonical spelling is accepted
        raise BadNote
    return found


def sign_promise(entry_id: int, entry_hash: str, at: datetime, key: LedgerSigningKey) -> SignedPromise:
    """Sign a promise that this entry will be linked. Hand it out only after the entry's commit."""
    bare = SignedPromise(key.name, entry_id, entry_hash, at, key.key_id, b"", int(MERGE_DELAY.total_seconds()))
    return replace(bare, signature=key.sign(_promise_text(bare)))


def check_promise(promise: SignedPromise, key: VerifyKey) -> None:
    """Raise BadSignature unless `key` signed the promise."""
    _check(promise.origin, promise.key_id, _promise_text(promise), promise.signature, key)


def write_promise(promise: SignedPromise) -> str:
    """The signed note for a receipt."""
    return _note(_promise_text(promise), promise.origin, promise.key_id, promise.signature)


def read_promise(note: str) -> SignedPromise:
    """Parse a signed note *without* verifying its signature. Raises BadNote."""
    lines, name, key_id, signature = _read_note(note)
    try:
        first, entry_id, entry_hash, at, *rest = lines
        if not first.startswith("jaga.promise.") or not _NUMBER.fullmatch(entry_id) or not SHA256.fullmatch(entry_hash):
            raise BadNote
        delay = int(rest[0].removeprefix(_DELAY)) if rest else None
        found = SignedPromise(name, int(entry_id), entry_hash, from_rfc3339(at), key_id, signature, delay)
    except ValueError:
        raise BadNote from None
    if write_promise(found) != note:
        raise BadNote
    return found


def sign_epoch(number: int, head: Head, proven: int, at: datetime, key: LedgerSigningKey) -> EpochNote:
    """Sign the statement that epoch `number` begins after this head."""
    bare = EpochNote(key.name, number, head.size, head.hash, proven, at, key.key_id, b"")
    return replace(bare, signature=key.sign(_epoch_text(bare)))


def check_epoch(epoch: EpochNote, key: VerifyKey) -> None:
    """Raise BadSignature unless `key` signed the statement."""
    _check(epoch.origin, epoch.key_id, _epoch_text(epoch), epoch.signature, key)


def write_epoch(epoch: EpochNote) -> str:
    """The signed note for the entry `begin_epoch`."""
    return _note(_epoch_text(epoch), epoch.origin, epoch.key_id, epoch.signature)


def read_epoch(note: str) -> EpochNote:
    """Parse a signed note *without* verifying its signature. Raises BadNote."""
    lines, name, key_id, signature = _read_note(note)
    try:
        first, number, size, hashed, proven, at = lines
        if (
            first != f"jaga.epoch.v1 {name}"
            or not all(_NUMBER.fullmatch(one) for one in (number, size, proven))
            or not SHA256.fullmatch(hashed)
        ):
            raise BadNote
        found = EpochNote(name, int(number), int(size), hashed, int(proven), from_rfc3339(at), key_id, signature)
    except ValueError:
        raise BadNote from None
    if write_epoch(found) != note:
        raise BadNote
    return found


def _checkpoint_text(checkpoint: Checkpoint) -> bytes:
    encoded = b64encode(bytes.fromhex(checkpoint.hash)).decode()
    return (
        f"{checkpoint.origin}\n{checkpoint.size}\n{encoded}\nmethod {METHOD}\nat {rfc3339(checkpoint.at)}\n"
    ).encode()


def _promise_text(promise: SignedPromise) -> bytes:
    version, delay = ("v1", "") if promise.delay is None else ("v2", f"{_DELAY}{promise.delay}\n")
    return (
        f"jaga.promise.{version} {promise.origin}\n{promise.entry_id}\n{promise.entry_hash}\n"
        f"{rfc3339(promise.at)}\n{delay}"
    ).encode()


def _epoch_text(epoch: EpochNote) -> bytes:
    return (
        f"jaga.epoch.v1 {epoch.origin}\n{epoch.number}\n{epoch.size}\n{epoch.hash}\n{epoch.proven}\n"
        f"{rfc3339(epoch.at)}\n"
    ).encode()


def _check(origin: str, key_id: str, text: bytes, signature: bytes, key: VerifyKey) -> None:
    if origin != key.name or key_id != key.key_id:
        raise BadSignature
    key.check(text, signature)


def _note(text: bytes, name: str, key_id: str, signature: bytes) -> str:
    return f"{text.decode()}\n— {name} {b64encode(bytes.fromhex(key_id) + signature).decode()}\n"


def _read_note(note: str) -> tuple[list[str], str, str, bytes]:
    text, separator, tail = note.partition("\n\n")
    parts = tail.removesuffix("\n").split(" ")
    if not separator or len(parts) != 3 or parts[0] != "—" or "\n" in tail.removesuffix("\n"):
        raise BadNote
    try:
        body = b64decode(parts[2], validate=True)
    except ValueError:
        raise BadNote from None
    if len(body) != 68:
        raise BadNote
    return text.split("\n"), parts[1], body[:4].hex(), body[4:]
