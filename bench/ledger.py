"""The published log without a database (`jaga.ledger.tlog`): appending, the root of a million leaves, proofs.

Run by `python -m bench.ledger [--leaves N] [--json FILE]`. It writes a log of N leaves into a temporary folder, reads
it back and makes proofs from its tiles: of neighbours, of random leaves sorted by their index, and of random leaves in
no order. Every figure stands beside SHA-256 of as many bytes, once for each hash that the result is made of. The proofs
must lead to the root, or the benchmark ends with an error.
"""

import random
import resource
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from bench.harness import Bench, Yardstick, benchmark, options
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import CompactRange, check_inclusion, leaf_hash
from jaga.ledger.tlog.notes import NoteSigner, SignatureAlgorithm
from jaga.ledger.tlog.policy import TreeHead, sign_checkpoint
from jaga.ledger.tlog.tree import TreeReader, format_proof, leaf_of, opening

LEAVES = 1_000_000
PROOFS = 50_000
KEY = NoteSigner("jaga.example/bench", SignatureAlgorithm.ED25519, bytes(32))


def main() -> None:
    parser = options("Appending, roots and proofs of the published log.")
    parser.add_argument("--leaves", type=int, default=LEAVES, help=f"how many leaves the log has ({LEAVES})")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, benchmark("ledger", None, chosen.json) as bench:
        measure(bench, LogFolder(Path(folder)), chosen.leaves)


def measure(bench: Bench, log: LogFolder, size: int) -> None:
    """Each figure in leaves or proofs per second of the processor."""
    leaf, node = bytes(32), bytes(65)
    document = {"id": 17, "verb": "cast_vote", "actor": "reviewer:3", "subject_ref": "case:17"}
    few = range(min(size, 20_000))

    def add(what: str, count: int, work: Callable[[], object], hashed: bytes, each: float) -> None:
        took = _seconds(work)
        again = min(count, 100_000)
        bare = _seconds(lambda: [sha256(hashed).digest() for _ in range(again)]) * count * each / again
        bench.add(what, count / took, "/s", Yardstick(f"{each:g} sha256 of {len(hashed)} bytes", count / bare), count)

    add(
        "leaf of an entry: salt, canonical JSON",
        len(few),
        lambda: [leaf_of(opening(leaf, document)) for _ in few],
        opening(leaf, document),
        1,
    )
    before = _peak()
    add("append to files, from a stream", size, lambda: log.append(0, map(_leaf, range(size))), node, 2)
    bench.notes["MiB in use before and after"] = [before, _peak()]
    print(f"  at most {before} MiB in use before, {_peak()} MiB after", flush=True)
    tree, hashes = CompactRange(), [leaf_hash(_leaf(number)) for number in range(size)]
    add("append one by one", len(few), lambda: [CompactRange.append(tree, hashes[number]) for number in few], node, 1)
    tree = CompactRange()
    add(f"root of {size} leaf hashes", size, lambda: tree.extend(hashes), node, 1)
    reader = TreeReader(size, log.read, tree.root())
    checkpoint = sign_checkpoint(TreeHead(KEY.name, size, reader.root), KEY)
    add("read all leaves, checked against the root", size, lambda: sum(1 for _ in reader.leaf_hashes()), node, 1)
    drawn = random.Random(1).choices(range(size), k=PROOFS)  # noqa: S311 - a sample, no secret
    height = (size - 1).bit_length()
    proofs: list[tuple[bytes, ...]] = []
    for what, indexes in (
        ("every leaf in turn", range(min(size, 200_000))),
        ("random leaves, sorted", sorted(drawn)),
        ("random leaves, in no order", drawn),
        ("random leaves, the first 5000 of a process", drawn[:5_000]),
    ):
        proofs.clear()
        add(
            f"inclusion proofs: {what}",
            len(indexes),
            lambda indexes=indexes: proofs.extend(
                map(LogFolder(log.folder).tree(size, tree.root()).inclusion_proof, indexes)
            ),
            node,
            height,
        )
    without = TreeReader(size, log.read, tree.root())
    add(
        "the same of a log whose nodes are not stored",
        5_000,
        lambda: [without.inclusion_proof(index) for index in drawn[:5_000]],
        node,
        height,
    )
    warm = TreeReader(size, log.read, tree.root(), cached=size)
    for index in range(0, size, 256):
        warm.inclusion_proof(index)
    add(
        "inclusion proofs: in no order, all tiles in memory",
        len(drawn),
        lambda: [warm.inclusion_proof(index) for index in drawn],
        node,
        height,
    )
    add(
        "the same as files, with a checkpoint",
        len(proofs),
        lambda: [format_proof(drawn[at], proof, checkpoint, leaf) for at, proof in enumerate(proofs)],
        node,
        height,
    )
    add(
        "checking an inclusion proof",
        len(proofs),
        lambda: [
            check_inclusion(hashes[drawn[at]], drawn[at], size, proof, reader.root) for at, proof in enumerate(proofs)
        ],
        node,
        height,
    )
    older = [1 + number * 7919 % (size - 1) for number in range(2_000)]
    add(
        "consistency proofs from random sizes",
        len(older),
        lambda: [reader.consistency_proof(one) for one in older],
        node,
        height,
    )


def _leaf(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor, so that other work on the machine counts less."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
