"""Signed notes (c2sp.org/signed-note): keys, signature lines, and the checking of them.

A note is a text, an empty line, and signature lines of the form `— NAME BASE64`. Two algorithms are known: Ed25519 over
the text (1), and Ed25519 over a time and the text (4, c2sp.org/tlog-cosignature v1), by which a witness says when it
saw a checkpoint. Only one spelling of each note is accepted.

What can be wrong with a log, its files and its proofs. For signatures and keys: `ledger.keys`.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jaga.core.errors import N_, JagaError
from jaga.ledger.keys import BadKey, BadSignature


class BadFormat(JagaError):
    """A text or file is not in its format. `what` names the format and `why` the first fault, both in English."""

    code = "bad_tlog_format"
    status = 422
    sentence = N_("This is not a valid %(what)s: %(why)s.")
    remedy = N_("Get it again, whole and unchanged, from whoever published it.")


class BadProof(JagaError):
    """A proof does not lead from the entry to the root."""

    code = "bad_tlog_proof"
    status = 422
    sentence = N_("The proof does not show that this entry is in the log.")
    remedy = N_(
        "Get proof, entry and checkpoint again from their publisher; if they still do not fit, do not rely on them."
    )


class NotConsistent(JagaError):
    """A later tree does not begin with the earlier one, or the proof of it is wrong."""

    code = "tlog_not_consistent"
    status = 409
    sentence = N_("The two heads do not fit together: the log was rewritten or forked, or a proof is wrong.")
    remedy = N_("Keep both heads unchanged, and show them to the operator and to the log's witnesses.")


class NotWitnessed(JagaError):
    """Signatures that the policy asks for are missing."""

    code = "tlog_not_witnessed"
    status = 409
    sentence = N_("Too few witnesses have cosigned this checkpoint.")
    remedy = N_("Get it again when more have cosigned it; the policy says which ones count.")


class TileConflict(JagaError):
    """A published file would have been changed; nothing was written over it."""

    code = "tile_conflict"
    status = 409
    sentence = N_("The file %(path)s of the published log has other contents already.")
    remedy = N_(
        "Compare the folder with the ledger and with a backup. After a restore, begin a new log in a new folder."
    )


class MissingTile(JagaError):
    """A file that the log must have is not there."""

    code = "missing_tile"
    status = 404
    sentence = N_("The file %(path)s of the published log is missing.")
    remedy = N_("Restore the folder from a copy, or write all entries into a new one.")


class DamagedTile(JagaError):
    """A published file has other hashes than the log's head says."""

    code = "damaged_tile"
    status = 409
    sentence = N_("The file %(path)s of the published log does not fit the log's head.")
    remedy = N_("Keep it for comparison. Restore the folder from a copy, or write all entries into a new one.")


LARGEST_NOTE = 1_000_000
MOST_SIGNATURES = 100
LATEST = 2**63 - 1
_KEY_BYTES = 32
_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_PRIVATE = "PRIVATE+KEY+"


class SignatureAlgorithm(IntEnum):
    """The byte by which signed notes name an algorithm."""

    ED25519 = 1  # a log's signature
    COSIGNATURE_V1 = 4  # a witness's signature with a time


@dataclass(frozen=True)
class NoteVerifier:
    """A public key under a name: a log's (its origin) or a witness's. Raises BadKey."""

    name: str
    algorithm: SignatureAlgorithm
    key: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.key) != _KEY_BYTES:
            raise BadKey

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key beside its name; others call it the key hash."""
        return _key_id(self.name, bytes([self.algorithm]) + self.key)

    @property
    def vkey(self) -> str:
        """The key as one line, `NAME+ID+BASE64`."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.algorithm]) + self.key)}"

    @classmethod
    def from_vkey(cls, text: str) -> Self:
        """Read the output of `vkey`. Raises BadKey, also for other algorithms."""
        name, algorithm, key = _read_key(text)
        return cls(name, algorithm, key)

    def check(self, text: str, signature: bytes) -> int | None:
        """The time of a valid cosignature in seconds since 1970; None for a valid signature without time.

        Raises BadSignature.
        """
        timed = self.algorithm is SignatureAlgorithm.COSIGNATURE_V1
        if len(signature) != _SIGNATURE_BYTES + (_TIME_BYTES if timed else 0):
            raise BadSignature
        seconds = int.from_bytes(signature[:_TIME_BYTES], "big") if timed else None
        if seconds is not None and seconds > LATEST:
            raise BadSignature
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature[-_SIGNATURE_BYTES:], _message(text, seconds))
        except (InvalidSignature, ValueError):  # ValueError: 32 bytes that are no key
            raise BadSignature from None
        return seconds


@dataclass(frozen=True)
class SignatureLine:
    """One signature of a note, by a key that may be unknown. `signature` is without the key id."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.signature)}"


@dataclass(frozen=True)
class NoteSigner:
    """A private key under a name. `seed` is 32 secret bytes: keep it out of logs and database. Raises BadKey."""

    name: str
    algorithm: SignatureAlgorithm
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.seed) != _KEY_BYTES:
            raise BadKey

    @property
    def verifier(self) -> NoteVerifier:
        """The public key."""
        return NoteVerifier(self.name, self.algorithm, self._private().public_key().public_bytes_raw())

    @property
    def skey(self) -> str:
        """The private key as one line, `PRIVATE+KEY+NAME+ID+BASE64` (golang.org/x/mod/sumdb/note). Secret."""
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{_base64(bytes([self.algorithm]) + self.seed)}"

    @classmethod
    def from_skey(cls, text: str) -> Self:
        """Read the output of `skey`. Raises BadKey."""
        if not text.startswith(_PRIVATE):
            raise BadKey
        name, algorithm, seed = _read_key(text.removeprefix(_PRIVATE), private=True)
        return cls(name, algorithm, seed)

    def sign(self, text: str, at: int | None = None) -> SignatureLine:
        """Sign a note's text; a cosignature also needs `at`, in seconds since 1970. Raises BadFormat.

        Sign only what must stay true: a signature cannot be revoked.
        """
        _check_text(text)
        timed = self.algorithm is SignatureAlgorithm.COSIGNATURE_V1
        if timed != (at is not None) or not 0 <= (at or 0) <= LATEST:
            raise ValueError("only a cosignature has a time, between 0 and 2^63-1")
        time = at.to_bytes(_TIME_BYTES, "big") if at is not None else b""
        return SignatureLine(self.name, self.verifier.key_id, time + self._private().sign(_message(text, at)))

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True)
class SignedNote:
    """A note that was read, not checked. `text` ends with a line end."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def encode(self) -> bytes:
        """The note as a file."""
        return (self.text + "\n" + "".join(f"{line}\n" for line in self.signatures)).encode()


def sign_note(text: str, *signers: NoteSigner) -> bytes:
    """A new note. Raises BadFormat for a text that no note can have."""
    return SignedNote(text, tuple(signer.sign(text) for signer in signers)).encode()


def parse_note(note: bytes) -> SignedNote:
    """Read a note *without* checking signatures. Raises BadFormat."""
    if len(note) > LARGEST_NOTE:
        raise _bad(f"it has more than {LARGEST_NOTE} bytes")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise _bad("it is not UTF-8") from None
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise _bad("an empty line and signature lines must end it")
    _check_text(f"{text}\n")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise _bad(f"it has more than {MOST_SIGNATURES} signatures")
    return SignedNote(f"{text}\n", tuple(_read_line(line) for line in lines))


def check_note(note: SignedNote, verifiers: Iterable[NoteVerifier]) -> Mapping[NoteVerifier, int | None]:
    """Which of these keys signed the note, with the times of cosignatures.

    Other signatures are ignored. Raises BadSignature if one of a given key is wrong or if there is none, BadFormat if a
    key signed twice.
    """
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    found: dict[NoteVerifier, int | None] = {}
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            continue
        if verifier in found:
            raise _bad(f"{line.name} signed it twice")
        found[verifier] = verifier.check(note.text, line.signature)
    if not found:
        raise BadSignature
    return found


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: not empty, no spaces, no plus, no control characters."""
    return bool(name) and all(char.isprintable() and char not in "+ " for char in name)


def read_base64(text: str) -> bytes:
    """Standard base64 in its one canonical spelling. Raises ValueError."""
    data = b64decode(text.encode("ascii"), validate=True)
    if _base64(data) != text:
        raise ValueError("not the canonical spelling")
    return data


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _message(text: str, seconds: int | None) -> bytes:
    """What is signed. A checkpoint's second line is a number, so that none can pass for a cosignature's message."""
    return (text if seconds is None else f"cosignature/v1\ntime {seconds}\n{text}").encode()


def _key_id(name: str, algorithm_and_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + algorithm_and_key).digest()[:_ID_BYTES]


def _read_key(text: str, *, private: bool = False) -> tuple[str, SignatureAlgorithm, bytes]:
    try:
        name, key_id, encoded = text.split("+", 2)
        body = read_base64(encoded)
        algorithm, key = SignatureAlgorithm(body[0]), body[1:]
        if private:
            public = Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
        if _key_id(name, bytes([algorithm]) + (public if private else key)).hex() != key_id:
            raise BadKey
    except (ValueError, IndexError):
        raise BadKey from None
    return name, algorithm, key


def _read_line(line: str) -> SignatureLine:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—" or not is_key_name(parts[1]):
        raise _bad("a signature line is not of the form “— NAME BASE64”")
    try:
        body = read_base64(parts[2])
    except ValueError:
        raise _bad("a signature is not base64") from None
    if len(body) <= _ID_BYTES:
        raise _bad("a signature is too short")
    return SignatureLine(parts[1], body[:_ID_BYTES], body[_ID_BYTES:])


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise _bad("its text has no line end at its end, or control characters")


def _bad(why: str) -> BadFormat:
    return BadFormat(what="signed note", why=why)
