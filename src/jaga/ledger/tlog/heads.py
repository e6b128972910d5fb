"""Checkpoints (c2sp.org/tlog-checkpoint): signed heads of a log, which witnesses cosign.

The text has three lines: the log's origin, the number of leaves, the root in base64. Extension lines are refused,
because witnesses say nothing about them. So the checkpoints of the hash chain (`ledger.checkpoints`) are none of these.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from jaga.ledger.keys import BadSignature
from jaga.ledger.tlog.errors import BadFormat
from jaga.ledger.tlog.merkle import HASH_BYTES, LARGEST_SIZE
from jaga.ledger.tlog.notes import (
    NoteSigner,
    NoteVerifier,
    SignatureAlgorithm,
    SignedNote,
    check_note,
    is_key_name,
    parse_note,
    read_base64,
    sign_note,
)

NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class TreeHead:
    """A log at a moment: `origin` names it, `size` counts its leaves, `root` is 32 bytes. Raises BadFormat."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.origin) or not 0 <= self.size <= LARGEST_SIZE or len(self.root) != HASH_BYTES:
            raise _bad("it needs an origin without spaces, a size below 2^63 and a root of 32 bytes")

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the output of `text`. Raises BadFormat."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise _bad("its text does not have exactly three lines; extension lines are not accepted")
        origin, size, root = lines[:3]
        if not NUMBER.fullmatch(size):
            raise _bad("its size is not a decimal number without leading zeroes")
        try:
            return cls(origin, int(size), read_base64(root))
        except ValueError:
            raise _bad("its root is not base64") from None


@dataclass(frozen=True)
class OpenedCheckpoint:
    """A checkpoint whose log has signed it; `cosigned` has the seconds since 1970 of each valid cosignature."""

    head: TreeHead
    log: NoteVerifier
    cosigned: Mapping[NoteVerifier, int]


def sign_checkpoint(head: TreeHead, log: NoteSigner) -> bytes:
    """The signed note. Sign no head that is not consistent with every one signed before."""
    if log.name != head.origin or log.algorithm is not SignatureAlgorithm.ED25519:
        raise ValueError("the log's key has the log's origin as its name, and signs without a time")
    return sign_note(head.text, log)


def cosign(checkpoint: bytes, witness: NoteSigner, at: int) -> bytes:
    """The checkpoint with one more cosignature, made at `at` (seconds since 1970).

    A witness must first have checked the log's signature, and that the log grew from the head that it cosigned last.
    Raises BadFormat if it has cosigned this already.
    """
    note = parse_note(checkpoint)
    TreeHead.from_text(note.text)
    line = witness.sign(note.text, at)
    if any((one.name, one.key_id) == (line.name, line.key_id) for one in note.signatures):
        raise _bad(f"{line.name} has signed it already")
    return SignedNote(note.text, (*note.signatures, line)).encode()


def open_checkpoint(
    checkpoint: bytes, log: NoteVerifier, *more: NoteVerifier, witnesses: Iterable[NoteVerifier] = ()
) -> OpenedCheckpoint:
    """Read a checkpoint and check all signatures of known keys. Any one of the given logs must have signed it.

    Raises BadFormat, BadSignature.
    """
    note = parse_note(checkpoint)
    head = TreeHead.from_text(note.text)
    signed = check_note(note, [log, *more, *witnesses])
    signer = next((one for one in (log, *more) if one in signed and one.name == head.origin), None)
    if signer is None:
        raise BadSignature
    return OpenedCheckpoint(head, signer, {key: time for key, time in signed.items() if time is not None})


def _bad(why: str) -> BadFormat:
    return BadFormat(what="checkpoint", why=why)
