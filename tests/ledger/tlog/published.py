"""Logs, keys and policies that several tests use. All is made from fixed bytes, so that it is the same in each run."""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import leaf_hash
from jaga.ledger.tlog.notes import NoteSigner, SignatureAlgorithm
from jaga.ledger.tlog.policy import Policy, TreeHead, cosign, sign_checkpoint
from jaga.ledger.tlog.tree import TreeReader, format_proof, leaf_of, opening

LOG = NoteSigner("jaga.example/log/1", SignatureAlgorithm.ED25519, bytes(range(32)))
WITNESSES = tuple(
    NoteSigner(f"witness.example/w{number}", SignatureAlgorithm.COSIGNATURE_V1, bytes([number] * 32))
    for number in range(1, 4)
)
AT = 1_780_000_000
SIZE = 66_000
"""A tree of three levels: 257 full tiles and a partial one, above them one full tile and a partial one."""


def leaves(start: int, end: int) -> Iterator[bytes]:
    """The invented leaves of the log."""
    return (sha256(f"leaf {number}".encode()).digest() for number in range(start, end))


@cache
def leaf_hashes() -> list[bytes]:
    """The hashes of all leaves of the large log."""
    return [leaf_hash(leaf) for leaf in leaves(0, SIZE)]


@cache
def root_between(low: int, high: int) -> bytes:
    """The root of some leaves of the large log, by the recursion of RFC 6962 section 2.1."""
    if high - low == 1:
        return leaf_hashes()[low]
    split = low + (1 << (high - low - 1).bit_length() - 1)
    return sha256(b"\x01" + root_between(low, split) + root_between(split, high)).digest()


DOCUMENT = {
    "id": 6,
    "verb": "file_report",
    "actor": "public",
    "subject_ref": "report:6",
    "at": "2026-11-29T03:04:05.000678Z",
    "payload": {"category": "fraud"},
}


def small_proof(folder: Path) -> bytes:
    """The proof of one entry in a log of eight, cosigned by two witnesses."""
    opened = opening(bytes(range(100, 132)), DOCUMENT)
    log = LogFolder(folder)
    log.append(0, [*leaves(0, 5), leaf_of(opened), *leaves(6, 8)])
    tree = TreeReader(8, log.read)
    checkpoint = sign_checkpoint(TreeHead(LOG.name, 8, tree.root), LOG)
    for witness in WITNESSES[:2]:
        checkpoint = cosign(checkpoint, witness, AT)
    return format_proof(5, tree.inclusion_proof(5), checkpoint, opened)


def policy_of(quorum: str, *, log: NoteSigner = LOG) -> Policy:
    """A policy with the log and all three witnesses, named w1 to w3."""
    return Policy((log.verifier,), {f"w{n}": one.verifier for n, one in enumerate(WITNESSES, 1)}, {}, quorum)
