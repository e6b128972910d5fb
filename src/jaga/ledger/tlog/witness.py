"""A witness (c2sp.org/tlog-witness): it cosigns a log's head after checking that the log only grew.

Its whole memory is a folder: which logs it knows, and the head of each that it cosigned last. A head that does not
continue that one is never cosigned, so a log that was rolled back or forked gets no further cosignature.
"""

import fcntl
import os
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from jaga.core.files import replace_private
from jaga.ledger.keys import BadSignature
from jaga.ledger.tlog.merkle import EMPTY_ROOT, HASH_BYTES, MOST_HASHES, check_consistency
from jaga.ledger.tlog.notes import BadFormat, NotConsistent, NoteSigner, NoteVerifier, parse_note, read_base64
from jaga.ledger.tlog.policy import NUMBER, TreeHead, open_checkpoint

LARGEST_REQUEST = 64_000
SIZE_TYPE = "text/x.tlog.size"
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class WitnessAnswer:
    """What `POST add-checkpoint` answers: an HTTP status, a media type and a body."""

    status: int
    body: bytes = b""
    media_type: str = _TEXT


@dataclass(frozen=True)
class WitnessRequest:
    """A checkpoint, and the proof that its log grew from the size `old`."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def format_request(old: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The body of a request."""
    return f"old {old}\n".encode() + b"".join(b64encode(one) + b"\n" for one in proof) + b"\n" + checkpoint


def parse_request(body: bytes) -> WitnessRequest:
    """Read a body. Raises BadFormat."""
    head, separator, checkpoint = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        proof = tuple(read_base64(line) for line in lines)
    except ValueError:
        raise _bad("its lines before the checkpoint are not a size and hashes in base64") from None
    old = first.removeprefix("old ")
    if not separator or first == old or not NUMBER.fullmatch(old):
        raise _bad("it does not begin with “old ” and a size, or has no checkpoint")
    if len(proof) > MOST_HASHES or any(len(one) != HASH_BYTES for one in proof):
        raise _bad(f"it has a hash that is not 32 bytes long, or more than {MOST_HASHES}")
    return WitnessRequest(int(old), proof, checkpoint)


class WitnessState:
    """The folder of a witness. One process at a time answers for a log; others wait."""

    def __init__(self, folder: Path, signer: NoteSigner) -> None:
        self._folder = folder
        self._signer = signer

    def add_log(self, log: NoteVerifier) -> None:
        """Cosign heads of this log from now on; a log may have several keys. Repeating it changes nothing."""
        place = self._place(log.name)
        with self._locked():
            known = self._keys(log.name)
            if log not in known:
                place.mkdir(mode=0o700, exist_ok=True)
                lines = "".join(f"{one.vkey}\n" for one in (*known, log))
                replace_private(place / "keys", lines.encode())

    def logs(self) -> list[tuple[NoteVerifier, int]]:
        """The known keys, each with the size of its log's last cosigned head."""
        keys = [
            NoteVerifier.from_vkey(line)
            for file in sorted(self._folder.glob("*/keys"))
            for line in file.read_text().split()
        ]
        return [(key, self._last(key.name).size) for key in keys]

    def add_checkpoint(self, body: bytes, at: int) -> WitnessAnswer:
        """Answer a request; with status 200 the cosignature of `at` (seconds since 1970) is stored and given.

        400 for a malformed one, 404 for an unknown log, 403 without its signature, 409 with the size from which the
        proof must start, 422 for a wrong proof.
        """
        if len(body) > LARGEST_REQUEST:
            return WitnessAnswer(413, b"too long\n")
        try:
            asked = parse_request(body)
            origin = TreeHead.from_text(parse_note(asked.checkpoint).text).origin
        except BadFormat as refused:
            return WitnessAnswer(400, f"{refused.english()}\n".encode())
        with self._locked():
            keys = self._keys(origin)
            if not keys:
                return WitnessAnswer(404, b"this witness does not know the log\n")
            try:
                head = open_checkpoint(asked.checkpoint, *keys).head
            except BadFormat as refused:
                return WitnessAnswer(400, f"{refused.english()}\n".encode())
            except BadSignature:
                return WitnessAnswer(403, b"the log did not sign the checkpoint\n")
            return self._cosign(asked, head, at)

    def _cosign(self, asked: WitnessRequest, head: TreeHead, at: int) -> WitnessAnswer:
        last = self._last(head.origin)
        if asked.old > head.size:
            return WitnessAnswer(400, b"the old size is larger than the checkpoint\n")
        if asked.old != last.size or (head.size == last.size and head.root != last.root):
            return WitnessAnswer(409, f"{last.size}\n".encode(), SIZE_TYPE)
        try:
            check_consistency(last.size, last.root, head.size, head.root, asked.proof)
        except NotConsistent:
            return WitnessAnswer(422, b"the proof does not show that the log grew from the head cosigned last\n")
        line = self._signer.sign(head.text, at)
        replace_private(self._place(head.origin) / "head", head.text.encode())  # before anybody has the signature
        return WitnessAnswer(200, f"{line}\n".encode())

    def _last(self, origin: str) -> TreeHead:
        try:
            return TreeHead.from_text((self._place(origin) / "head").read_text())
        except FileNotFoundError:
            return TreeHead(origin, 0, EMPTY_ROOT)

    def _keys(self, origin: str) -> list[NoteVerifier]:
        try:
            return [NoteVerifier.from_vkey(line) for line in (self._place(origin) / "keys").read_text().split()]
        except FileNotFoundError:
            return []

    def _place(self, origin: str) -> Path:
        return self._folder / sha256(origin.encode()).hexdigest()[:32]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _bad(why: str) -> BadFormat:
    return BadFormat(what="request to a witness", why=why)
