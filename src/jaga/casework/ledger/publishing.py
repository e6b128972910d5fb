"""Publishing: every full hour the linked entries become leaves of the published log, and its new head is signed.

First the head is computed, signed and committed, then its files are written. The leaves are the same whenever they are
computed again, so that a worker that was killed anywhere goes on to the same files. What is published tells nothing of
the entries (`ledger.publication`, docs/adr/0091).
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import connection, transaction

from jaga.casework.kernel.epochs import epoch_now
from jaga.casework.kernel.ledger import append, signing_key
from jaga.casework.kernel.ledger_rows import rows_between
from jaga.casework.kernel.sequencer import NoCheckpoint, head, hold_sequencer, link_first, newest_checkpoint
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.ledger.entries import written_hash
from jaga.ledger.publication import REMEMBERED, leaves_for, padding_leaf, written_leaf
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.heads import TreeHead, sign_checkpoint
from jaga.ledger.tlog.leaf import LEAF_BYTES
from jaga.ledger.tlog.merkle import CompactRange, leaf_hash
from jaga.ledger.tlog.notes import NoteSigner, SignatureAlgorithm, SignedNote, parse_note
from jaga.ledger.tlog.tiles import CHECKPOINT
from jaga.records.models import PublishedHead, PublishedLog

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
