"""Proofs of entries in the published log, as files that anybody can verify offline (c2sp.org/tlog-proof).

A proof has the opening of its own leaf, and of other entries nothing but hashes.
"""

from pathlib import Path
from threading import Lock

from django.conf import settings

from jaga.casework.kernel.ledger import as_linked
from jaga.casework.ledger.publishing import checkpoint_of, log_folder, published_size
from jaga.core.errors import N_, JagaError
from jaga.ledger.publication import entry_leaf, entry_opening
from jaga.ledger.tlog.errors import BadProof
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import check_inclusion, leaf_hash
from jaga.ledger.tlog.proof import format_proof
from jaga.ledger.tlog.tree import TreeReader
from jaga.records.models import LedgerEntry, PublishedHead, PublishedLog


class NotPublishedYet(JagaError):
    """The entry is in no published head yet."""

    code = "not_published_yet"
    status = 404
    sentence = N_("The proof is not ready yet.")
    remedy = N_("It is there a few minutes after the next full hour. Until then keep the signed promise.")


def proof_of(row: LedgerEntry) -> bytes:
    """The proof of an entry under the first witnessed head that has it, or else under the first head.

    Raises NotPublishedYet; MissingTile, DamagedTile or BadProof if the folder is not the published one.
    """
    found = head_with(row)
    if found is None:
        raise NotPublishedYet
    linked, index = as_linked(row), position_of(row, found)
    assert linked.entry is not None
    secret = settings.JAGA_SECRET("leaves")
    hashes, root = inclusion_proof(log_folder() / str(found.log.number), found.size, bytes.fromhex(found.root), index)
    check_inclusion(leaf_hash(entry_leaf(secret, linked.entry)), index, found.size, hashes, root)
    return format_proof(index, hashes, checkpoint_of(found), entry_opening(secret, linked.entry))


_READERS = 8
_TILES = 1024
"""Of each reader; at most about 17 MB of memory."""
_readers: dict[tuple[Path, int, bytes], TreeReader] = {}
_lock = Lock()


def inclusion_proof(folder: Path, size: int, root: bytes, index: int) -> tuple[tuple[bytes, ...], bytes]:
    """The siblings of a leaf of the log in this folder, and the root that the folder has.

    The process keeps the readers of the heads that were asked for last, with the tiles that they have checked. Raises
    MissingTile, DamagedTile.
    """
    with _lock:
        tree = _readers.pop((folder, size, root), None)
        if tree is None:
            tree = LogFolder(folder).tree(size, root, cached=_TILES)
        _readers[folder, size, root] = tree
        if len(_readers) > _READERS:
            del _readers[next(iter(_readers))]
        return tree.inclusion_proof(index), tree.root


def head_with(row: LedgerEntry) -> PublishedHead | None:
    """The first witnessed head that has an entry, or else the first head; None if there is none, or for an entry from
    before the first log.

    A head is signed before its files are written: until they are, it is none.
    """
    log = log_of(row)
    if log is None or row.seq is None:
        return None
    there = published_size(LogFolder(log_folder() / str(log.number)))
    heads = log.heads.select_related("log").filter(last_seq__gte=row.seq, size__lte=there).order_by("size")
    return heads.filter(witnessed_at__isnull=False).first() or heads.first()


def log_of(row: LedgerEntry) -> PublishedLog | None:
    """The log that has an entry, or will have it; None for an entry from before the first log."""
    logs = PublishedLog.objects.order_by("-number")
    return logs.first() if row.seq is None else logs.filter(first_seq__lte=row.seq).first()


def position_of(row: LedgerEntry, head: PublishedHead) -> int:
    """The index of an entry's leaf: behind the leaves of the heads before the one that added it."""
    if row.seq is None:
        raise BadProof
    before = head.log.heads.filter(last_seq__lt=row.seq).order_by("-size").first()
    start, last_seq = (before.size, before.last_seq) if before else (0, head.log.first_seq - 1)
    return start + row.seq - last_seq - 1
