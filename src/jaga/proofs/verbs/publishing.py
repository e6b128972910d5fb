"""Publishing: every full hour the linked entries become leaves of the published log, and its new head is signed.

First the head is computed, signed and committed, then its files are written. The leaves are the same whenever they are
computed again, so that a worker that was killed anywhere goes on to the same files. What is published tells nothing of
the entries (`ledger.publication`, docs/adr/0091).

The installation's trust policy: its logs, and the witnesses that must have cosigned (c2sp.org/tlog-policy).

The operator's file has the witnesses, groups and the quorum; the lines of the logs are added here.

Proofs of entries in the published log, as files that anybody can verify offline (c2sp.org/tlog-proof).

A proof has the opening of its own leaf, and of other entries nothing but hashes.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connection, transaction

from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.ledger.entries import written_hash
from jaga.ledger.publication import REMEMBERED, entry_leaf, entry_opening, leaves_for, padding_leaf, written_leaf
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import CompactRange, check_inclusion, leaf_hash
from jaga.ledger.tlog.notes import BadProof, NoteSigner, SignatureAlgorithm, SignedNote, parse_note
from jaga.ledger.tlog.policy import NONE, Policy, TreeHead, format_policy, parse_policy, sign_checkpoint
from jaga.ledger.tlog.tree import CHECKPOINT, LEAF_BYTES, TreeReader, format_proof
from jaga.store.kernel.epochs import epoch_now
from jaga.store.kernel.ledger import append, as_linked, signing_key
from jaga.store.kernel.sequencer import NoCheckpoint, head, hold_sequencer, link_first, newest_checkpoint, rows_between
from jaga.store.models import LedgerEntry, PublishedHead, PublishedLog

log = structlog.get_logger("jaga.ledger")
LOG_KEY_DOMAIN = b"jaga.log-key.v1\n"
MOST_KEPT = 2**21
"""The most leaves that stay in memory between signing a head and writing its files: 64 MB, two million entries in an
hour. Of more, each entry is read and hashed twice.
"""
_PUBLISHER_LOCK = 0x6A676C67  # "jglg" in ASCII: advisory lock that admits one publisher at a time


class LedgerEdited(JagaError):
    """A linked entry is missing, or is not the one that was linked. It was not published."""

    code = "ledger_edited"
    status = 409
    sentence = N_("Entry %(seq)d of the ledger is not the one that was linked. Nothing was published.")
    remedy = N_("Run jaga ledger verify, and follow docs/runbooks/ledger-not-whole.md.")


class FolderAhead(JagaError):
    """The published log has a head that the database does not know: it was rolled back. Nothing was signed."""

    code = "ledger_folder_ahead"
    status = 409
    sentence = N_("The published log %(origin)s has %(published)d leaves, but the database knows only %(known)d.")
    remedy = N_(
        "If the database was restored, run jaga restored, which begins a new log. Otherwise follow "
        "docs/runbooks/ledger-not-whole.md."
    )


class Leaves:
    """Leaves in the memory that they need and no more: 32 bytes each."""

    def __init__(self) -> None:
        self._data = bytearray()

    def keeping(self, leaves: Iterable[bytes]) -> Iterator[bytes]:
        """Pass these leaves on, and keep them."""
        for leaf in leaves:
            self._data += leaf
            yield leaf

    def __len__(self) -> int:
        return len(self._data) // LEAF_BYTES

    def __iter__(self) -> Iterator[bytes]:
        data = bytes(self._data)
        return (data[place : place + LEAF_BYTES] for place in range(0, len(data), LEAF_BYTES))


def publish() -> int:
    """Sign the head of this hour if there is none yet, and write what is not in the folder; returns the heads written.

    Safe to call at any time and from several workers. Raises LedgerEdited, FolderAhead, TileConflict, NotConsistent,
    OSError; whatever was signed is kept, and the next call goes on.
    """
    fresh = Leaves()
    head = take_head(fresh)
    return write_files(known={head.pk: fresh} if head is not None and len(fresh) else {})


@transaction.atomic
def take_head(leaves: Leaves | None = None) -> PublishedHead | None:
    """Sign the head of this hour over all linked entries. None if there is one, or another worker is at it.

    Call it after linking. If `leaves` is given, and there are at most `MOST_KEPT` new ones, they are put into it, so
    that they are not computed twice. Raises LedgerEdited, FolderAhead.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_PUBLISHER_LOCK])
        if not cursor.fetchone()[0]:
            return None
    moment = now()
    due = hour_of(moment)
    where = current_log() or _begin(moment)
    newest = where.heads.order_by("-size").first()
    _require_known(where, newest)
    if newest is not None and newest.due_at >= due:
        return None
    upto, before = head().size, newest.last_seq if newest else where.first_seq - 1
    size = (newest.size if newest else 0) + leaves_for(upto - before, _added(where))
    tree = CompactRange.decode(bytes(newest.state)) if newest else CompactRange()
    stream = _leaves(where, newest, size, upto)
    if leaves is not None and size - tree.size <= MOST_KEPT:
        stream = leaves.keeping(stream)
    tree.extend(map(leaf_hash, stream))
    signed = sign_checkpoint(TreeHead(where.origin, size, tree.root()), log_signer(where.origin))
    return PublishedHead.objects.create(
        log=where,
        size=size,
        root=tree.root().hex(),
        last_seq=upto,
        state=tree.encode(),
        due_at=due,
        signed_at=moment,
        note=signed.decode(),
    )


def head_is_due() -> bool:
    """Whether this hour has no head yet."""
    where = current_log()
    return where is None or not where.heads.filter(due_at__gte=hour_of(now())).exists()


def write_files(folder: Path | None = None, *, known: Mapping[int, Leaves] = MappingProxyType({})) -> int:
    """Write heads that the folder does not have yet, and new cosignatures; returns how many heads.

    An empty folder gets the whole log. `known` has the leaves of heads that were just signed, by the head's id.

    Raises TileConflict, NotConsistent, DamagedTile, MissingTile, OSError.
    """
    written, root = 0, folder or log_folder()
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)  # whatever the umask: a web server of another user reads it
    for where in PublishedLog.objects.order_by("number"):
        place = LogFolder(root / str(where.number))
        size = published_size(place)
        before = where.heads.filter(size__lte=size).order_by("-size").first()
        for one in where.heads.filter(size__gt=size).order_by("size"):
            place.append(before.size if before else 0, known.get(one.pk) or leaves_between(where, before, one))
            place.publish(checkpoint_of(one), log_signer(where.origin).verifier)
            before, written = one, written + 1
        newest = where.heads.order_by("-size").first()
        # After a restore the folder of the log before is longer than the database knows, and stays as it is.
        if (
            newest is not None
            and published_size(place) == newest.size
            and place.read(CHECKPOINT) != checkpoint_of(newest)
        ):
            place.publish(checkpoint_of(newest), log_signer(where.origin).verifier)
    return written


def hour_of(moment: datetime) -> datetime:
    """The full hour (in practice another rhythm, `JAGA_LEDGER_SECONDS`) at or before a moment."""
    seconds = int(settings.JAGA_LEDGER_SECONDS)
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def current_log() -> PublishedLog | None:
    """The log of the current epoch, or None before its first head."""
    newest = PublishedLog.objects.order_by("-number").first()
    return newest if newest is not None and newest.number >= epoch_now() else None


def log_folder() -> Path:
    """The folder of all logs; each has a folder of its own, named by its number."""
    return Path(settings.JAGA_LEDGER_FOLDER)


def log_signer(origin: str) -> NoteSigner:
    """The key of a log, derived from the installation's ledger key: a policy may name no key for two logs."""
    seed = hmac.digest(signing_key().seed, LOG_KEY_DOMAIN + origin.encode(), "sha256")
    return NoteSigner(origin, SignatureAlgorithm.ED25519, seed)


def checkpoint_of(one: PublishedHead) -> bytes:
    """The signed checkpoint of a head with all cosignatures that came so far."""
    note = parse_note(one.note.encode())
    lines = [
        parse_note(f"{note.text}\n{line}\n".encode()).signatures[0]
        for line in one.cosignatures.order_by("pk").values_list("line", flat=True)
    ]
    return SignedNote(note.text, (*note.signatures, *lines)).encode()


def published_size(place: LogFolder) -> int:
    """How many leaves the checkpoint in a folder has; 0 without one. Raises BadFormat for a damaged one."""
    note = place.read(CHECKPOINT)
    return TreeHead.from_text(parse_note(note).text).size if note is not None else 0


def leaves_between(where: PublishedLog, before: PublishedHead | None, one: PublishedHead) -> Iterator[bytes]:
    """The leaves that a head added, from the database. Raises LedgerEdited."""
    return _leaves(where, before, one.size, one.last_seq)


def _leaves(where: PublishedLog, before: PublishedHead | None, size: int, upto: int) -> Iterator[bytes]:
    secret = settings.JAGA_SECRET("leaves")
    expected, index = (before.last_seq if before else where.first_seq - 1) + 1, before.size if before else 0
    for row in rows_between(expected, upto):
        digest, document = row.link.entry_hash, row.document
        if row.link.seq != expected or row.entry is None or document is None or written_hash(document) != digest:
            raise LedgerEdited(seq=expected)
        yield written_leaf(secret, row.entry.id, digest, document)
        expected, index = expected + 1, index + 1
    if expected != upto + 1:
        raise LedgerEdited(seq=expected)
    for place in range(index, size):
        yield padding_leaf(secret, where.origin, place)


def _added(where: PublishedLog) -> list[int]:
    """How many leaves each of the last heads added."""
    sizes = [*where.heads.order_by("-size").values_list("size", flat=True)[: REMEMBERED + 1], 0]
    return [later - earlier for later, earlier in pairwise(sizes)][:REMEMBERED]


def _begin(moment: datetime) -> PublishedLog:
    """Begin the log of this epoch with an entry that has the chain's last checkpoint and the head published before."""
    hold_sequencer()
    number = _new_number()
    origin = f"{urlsplit(settings.BASE_URL).netloc}/ledger/{number}"
    try:
        chain = newest_checkpoint()
    except NoCheckpoint:
        chain = ""
    previous = _published_before(number)
    entry = append("begin_log", {"log": origin, "checkpoint": chain, "previous": previous}, actor=SYSTEM, case_id=None)
    first = link_first(entry).seq
    log.info("ledger_log_begun", log=origin, first=first)
    return PublishedLog.objects.create(number=number, origin=origin, first_seq=first, began_at=moment)


def _new_number() -> int:
    """The epoch's number; a higher one if a log that this database does not know has that number already."""
    return max([epoch_now(), *(number + 1 for number in numbered_folders())])


def numbered_folders() -> set[int]:
    """The numbers of the logs that have a folder."""
    return {
        int(one.name)
        for one in log_folder().glob("[1-9]*")
        if one.name.isascii() and one.name.isdigit() and one.is_dir()
    }


def _published_before(number: int) -> str:
    """The checkpoint, with its cosignatures, that the log before this one ended with; empty if there is none.

    The folder knows more than a restored database.
    """
    for earlier in range(number - 1, 0, -1):
        note = LogFolder(log_folder() / str(earlier)).read(CHECKPOINT)
        if note is not None:
            return note.decode("utf-8", "replace")
    last = PublishedHead.objects.order_by("-log__number", "-size").first()
    return checkpoint_of(last).decode() if last is not None else ""


def _require_known(where: PublishedLog, newest: PublishedHead | None) -> None:
    """Raise FolderAhead if the folder has a head of this log that the database does not know."""
    published = published_size(LogFolder(log_folder() / str(where.number)))
    known = newest.size if newest is not None else 0
    if published > known:
        raise FolderAhead(origin=where.origin, published=published, known=known)


def own_policy() -> Policy:
    """Logs, witnesses and quorum. Without a file no witness is needed. Raises BadFormat for a wrong one."""
    file = Path(settings.JAGA_LEDGER_WITNESSES)
    given = parse_policy(file.read_bytes()) if file.is_file() else Policy((), {}, {}, NONE)
    rows = PublishedLog.objects.order_by("number")
    logs = {log_signer(row.origin).verifier: f"{settings.BASE_URL}/ledger/{row.number}" for row in rows}
    return Policy((*logs, *given.logs), given.witnesses, given.groups, given.quorum, {**given.urls, **logs})


def policy_file() -> bytes:
    """The policy as a file, for whoever verifies a proof. It should come from another source than the proof."""
    return format_policy(own_policy())


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
