"""Proofs as files (c2sp.org/tlog-proof): an inclusion proof with the checkpoint that it leads to.

Whoever has the file and a policy needs no network. `extra` is whatever the application adds; nothing in the format
protects it. Jaga puts the leaf's opening there (`leaf`), which the proof then protects, because it hashes to the leaf.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from jaga.ledger.tlog.errors import BadFormat, BadProof
from jaga.ledger.tlog.heads import NUMBER, OpenedCheckpoint
from jaga.ledger.tlog.leaf import leaf_of
from jaga.ledger.tlog.merkle import HASH_BYTES, LARGEST_SIZE, MOST_HASHES, check_inclusion, leaf_hash
from jaga.ledger.tlog.notes import read_base64
from jaga.ledger.tlog.policy import Policy

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LARGEST_PROOF = 2_000_000


@dataclass(frozen=True)
class TlogProof:
    """A proof that was read, not checked. `index` counts from 0; `hashes` go from the leaf upwards."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_proof(index: int, hashes: Sequence[bytes], checkpoint: bytes, extra: bytes | None = None) -> bytes:
    """The file, with the ending `.tlog-proof`."""
    lines = [
        FIRST_LINE,
        *([f"extra {_base64(extra)}"] if extra is not None else []),
        f"index {index}",
        *(_base64(one) for one in hashes),
        "",
        "",
    ]
    return "\n".join(lines).encode() + checkpoint


def parse_proof(data: bytes) -> TlogProof:
    """Read a file *without* checking it. Raises BadFormat unless it is spelt as `format_proof` spells it."""
    if len(data) > LARGEST_PROOF:
        raise _bad(f"it has more than {LARGEST_PROOF} bytes")
    head, separator, checkpoint = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        extra = read_base64(lines.pop(0).removeprefix("extra ")) if lines[0].startswith("extra ") else None
        index = lines.pop(0).removeprefix("index ")
        hashes = tuple(read_base64(line) for line in lines)
    except (ValueError, IndexError):
        raise _bad("its lines before the checkpoint are not extra, index and hashes") from None
    if first != FIRST_LINE or not separator:
        raise _bad(f"it does not begin with {FIRST_LINE}, or has no checkpoint")
    if not NUMBER.fullmatch(index) or int(index) >= LARGEST_SIZE:
        raise _bad("its index is not a decimal number below 2^63")
    if len(hashes) > MOST_HASHES or any(len(one) != HASH_BYTES for one in hashes):
        raise _bad(f"it has a hash that is not 32 bytes long, or more than {MOST_HASHES}")
    proof = TlogProof(int(index), hashes, checkpoint, extra)
    if format_proof(proof.index, hashes, checkpoint, extra) != data:
        raise _bad("it is spelt in another way")
    return proof


def check_proof(proof: TlogProof, leaf: bytes, policy: Policy) -> OpenedCheckpoint:
    """The checkpoint under which `leaf` (its data, not its hash) is in a log of the policy.

    Raises BadProof, BadFormat, BadSignature, NotWitnessed.
    """
    opened = policy.check(proof.checkpoint)
    check_inclusion(leaf_hash(leaf), proof.index, opened.head.size, proof.hashes, opened.head.root)
    return opened


def check_opened_proof(proof: TlogProof, policy: Policy) -> OpenedCheckpoint:
    """`check_proof` of a proof that carries its leaf's opening in `extra`, as Jaga's do."""
    if proof.extra is None:
        raise BadProof
    return check_proof(proof, leaf_of(proof.extra), policy)


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _bad(why: str) -> BadFormat:
    return BadFormat(what="proof of the log", why=why)
