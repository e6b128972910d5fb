"""Verifies a whole ledger as a stream, in constant memory.

The chain reveals edited, deleted, reordered, repeated or inserted entries, unless all links were recomputed; the
checkpoints reveal a recomputed or truncated chain; and a head without a checkpoint reveals removed checkpoints. A
ledger rolled back together with its checkpoints looks intact: only a checkpoint kept elsewhere, or a known minimum
length, contradicts it.

If a restoration was declared by a signed entry (`begin_epoch`, ADR 0069), kept checkpoints of the lost part are noted
as lost and are not a problem. Such an entry without our signature is a problem.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge

from jaga.core.canonical import NotCanonical, rfc3339
from jaga.core.errors import N_
from jaga.ledger.checkpoints import BadNote, Checkpoint, EpochNote, check_checkpoint, check_epoch, read_epoch
from jaga.ledger.entries import ChainLink, Entry, EntryMac, entry_hash, link_hash, written_hash
from jaga.ledger.keys import BadSignature, VerifyKey
from jaga.ledger.publication import EMPTY, Head

SHOWN = 100
BEGIN_EPOCH = "begin_epoch"
_RESTORE = N_("Compare with a backup or a copy held elsewhere, and find out who could write to the database.")


@dataclass(frozen=True)
class LedgerRow:
    """A stored row; `entry` is None if the link's entry was deleted or is `unreadable`.

    `document` is the entry as `written_document` wrote it, if whoever read the row made it: it saves time.
    """

    link: ChainLink
    entry: Entry | None
    unreadable: bool = False
    mac: str = ""
    document: bytes | None = None


@dataclass(frozen=True)
class LedgerProblem:
    """A problem at position `seq` (0: none). `sentence` and `remedy` are msgids for `params`."""

    seq: int
    sentence: str
    remedy: str = _RESTORE
    params: Mapping[str, object] = field(default_factory=dict)

    def english(self) -> str:
        """Both sentences in English, for the command line."""
        return f"{self.sentence % self.params if self.params else self.sentence} {self.remedy}"


@dataclass(frozen=True)
class VerificationReport:
    """The result: how far it read, the first problems, and how many more there are."""

    head: Head
    problems: tuple[LedgerProblem, ...]
    more: int = 0
    checkpoints: int = 0
    kept: int = 0
    notes: tuple[LedgerProblem, ...] = ()
    """Information without need for action: declared gaps, and what was lost in them."""

    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
        return not self.problems


def verify(
    rows: Iterable[LedgerRow],
    checkpoints: Iterable[Checkpoint],
    keys: Iterable[VerifyKey],
    start: Head = EMPTY,
    *,
    kept: Iterable[Checkpoint] = (),
    at_least: int = 0,
    macs: EntryMac | None = None,
) -> VerificationReport:
    """Verify rows and checkpoints, both in stored order, starting from a trusted head.

    Never raises.

    `kept` are checkpoints from elsewhere that the log must contain, `at_least` a length it once had. `macs` checks the
    MAC of each entry. The first hundred problems are reported in full.
    """
    verifier = LedgerVerifier(checkpoints, keys, start, kept=kept, macs=macs)
    verifier.read(rows)
    return verifier.finish(at_least)


class LedgerVerifier:
    """Verifies a ledger whose rows come in parts, with pauses between them. See `verify`."""

    def __init__(
        self,
        checkpoints: Iterable[Checkpoint],
        keys: Iterable[VerifyKey],
        start: Head = EMPTY,
        *,
        kept: Iterable[Checkpoint] = (),
        macs: EntryMac | None = None,
    ) -> None:
        self._reader = _Reader({key.key_id: key for key in keys}, checkpoints, kept, start)
        self._reader.macs = macs
        self._problems: list[LedgerProblem] = []
        self._more = 0

    def read(self, rows: Iterable[LedgerRow]) -> None:
        """Verify the next rows, in stored order."""
        self._add(self._reader.read(rows))

    def finish(self, at_least: int = 0) -> VerificationReport:
        """The result, after all rows were read."""
        self._add(self._reader.end(at_least))
        return VerificationReport(
            self._reader.head,
            tuple(self._problems),
            self._more,
            self._reader.compared,
            self._reader.compared_kept,
            tuple(self._reader.notes[:SHOWN]),
        )

    def _add(self, found: Iterable[LedgerProblem]) -> None:
        for problem in found:
            if len(self._problems) < SHOWN:
                self._problems.append(problem)
            else:
                self._more += 1


@dataclass(frozen=True)
class _Awaited:
    """A checkpoint that the log has not reached yet; `kept` if it came from elsewhere."""

    checkpoint: Checkpoint
    kept: bool

    @property
    def size(self) -> int:
        return self.checkpoint.size


class _Reader:
    def __init__(
        self, keys: Mapping[str, VerifyKey], checkpoints: Iterable[Checkpoint], kept: Iterable[Checkpoint], start: Head
    ) -> None:
        self.head = start
        self.compared = 0
        self.compared_kept = 0
        self.notes: list[LedgerProblem] = []
        self.macs: EntryMac | None = None
        self._epochs: list[EpochNote] = []
        self._signed = start.size
        self._keys = keys
        self._awaited = merge(
            (_Awaited(one, False) for one in checkpoints),
            (_Awaited(one, True) for one in sorted(kept, key=lambda one: one.size)),
            key=lambda one: one.size,
        )
        self._waiting = next(self._awaited, None)

    def read(self, rows: Iterable[LedgerRow]) -> Iterator[LedgerProblem]:
        yield from self._compare()
        for row in rows:
            if self._fits(row):  # nearly all, so the fast way first
                self.head = Head(row.link.seq, row.link.hash)
                if self._waiting is not None and self._waiting.size <= row.link.seq:
                    yield from self._compare()
                continue
            yield from self._place(row.link)
            yield from self._content(row)
            if row.entry is not None and row.entry.verb == BEGIN_EPOCH:
                yield from self._epoch(row.link, row.entry)
            # Continue from the stored link, so that one change is reported once.
            if row.link.seq > self.head.size:
                self.head = Head(row.link.seq, row.link.hash)
                yield from self._compare()

    def _fits(self, row: LedgerRow) -> bool:
        """Whether there is nothing to say about a row. False if it takes a closer look."""
        link, entry = row.link, row.entry
        return (
            row.document is not None
            and entry is not None
            and link.seq == self.head.size + 1
            and link.previous == self.head.hash
            and link.hash == link_hash(link.seq, link.previous, link.entry_hash)
            and written_hash(row.document) == link.entry_hash
            and entry.verb != BEGIN_EPOCH
            and (self.macs is None or self.macs.fits(link.entry_hash, row.mac))
        )

    def end(self, at_least: int) -> Iterator[LedgerProblem]:
        if self._signed < self.head.size:
            yield LedgerProblem(
                self._signed + 1,
                N_(
                    "Entries %(first)d to %(last)d stand behind the newest checkpoint: they "
                    "were linked by somebody without the key, or checkpoints were removed."
                ),
                params={"first": self._signed + 1, "last": self.head.size},
            )
        if self.head.size < at_least and not any(epoch.proven >= at_least for epoch in self._epochs):
            yield LedgerProblem(
                self.head.size,
                N_(
                    "The ledger ends at entry %(size)d, but it had at least %(least)d: it was "
                    "emptied, cut off or put back to an earlier state."
                ),
                params={"size": self.head.size, "least": at_least},
            )
        while self._waiting is not None:
            yield from self._signature(self._waiting.checkpoint)
            if self._is_lost(self._waiting):
                self._waiting = next(self._awaited, None)
                continue
            yield LedgerProblem(
                self._waiting.size,
                N_(
                    "The ledger ends at entry %(size)d, but a checkpoint was signed at "
                    "entry %(signed)d: its end was cut off."
                ),
                params={"size": self.head.size, "signed": self._waiting.size},
            )
            self._waiting = next(self._awaited, None)

    def _place(self, link: ChainLink) -> Iterator[LedgerProblem]:
        expected = self.head.size + 1
        if link.seq > expected:
            yield LedgerProblem(
                expected,
                N_("Entries %(first)d to %(last)d are missing."),
                params={"first": expected, "last": link.seq - 1},
            )
        elif link.seq < expected:
            yield LedgerProblem(
                link.seq,
                N_("Entry %(seq)d stands where entry %(expected)d was expected: it was repeated, inserted or moved."),
                params={"seq": link.seq, "expected": expected},
            )
        if link.previous != self.head.hash:
            yield LedgerProblem(
                link.seq,
                N_(
                    "Entry %(seq)d does not follow the entry before it: something was changed, "
                    "removed or inserted there."
                ),
                params={"seq": link.seq},
            )
        if link.hash != link_hash(link.seq, link.previous, link.entry_hash):
            yield LedgerProblem(
                link.seq, N_("The link of entry %(seq)d was changed: its hash does not fit."), params={"seq": link.seq}
            )

    def _content(self, row: LedgerRow) -> Iterator[LedgerProblem]:
        if row.entry is None and row.unreadable:
            yield LedgerProblem(
                row.link.seq,
                N_("Entry %(seq)d cannot be read: what stands there could never have been linked."),
                params={"seq": row.link.seq},
            )
            return
        if row.entry is None:
            yield LedgerProblem(
                row.link.seq, N_("Entry %(seq)d was deleted; only its link is left."), params={"seq": row.link.seq}
            )
            return
        try:
            intact = entry_hash(row.entry) == row.link.entry_hash
        except (NotCanonical, ValueError):  # an edit may have left something that cannot be hashed
            intact = False
        if not intact:
            yield LedgerProblem(
                row.link.seq,
                N_("Entry %(seq)d (number %(id)d, %(verb)s) was edited after it was linked."),
                params={"seq": row.link.seq, "id": row.entry.id, "verb": row.entry.verb},
            )
        elif self.macs and not self.macs.fits(row.link.entry_hash, row.mac):
            yield LedgerProblem(
                row.link.seq,
                N_(
                    "Entry %(seq)d (number %(id)d, %(verb)s) was not written by this installation: its "
                    "MAC is missing or does not fit."
                ),
                params={"seq": row.link.seq, "id": row.entry.id, "verb": row.entry.verb},
            )

    def _compare(self) -> Iterator[LedgerProblem]:
        while self._waiting is not None and self._waiting.size <= self.head.size:
            awaited, checkpoint, kept = self._waiting, self._waiting.checkpoint, self._waiting.kept
            self._waiting = next(self._awaited, None)
            self.compared += not kept
            self.compared_kept += kept
            if not kept:
                self._signed = max(self._signed, checkpoint.size)
            yield from self._signature(checkpoint)
            if checkpoint.hash != self.head.hash and self._is_lost(awaited):
                self.compared_kept -= 1
                continue
            if checkpoint.size < self.head.size:
                yield LedgerProblem(
                    checkpoint.size,
                    N_(
                        "The checkpoint at entry %(size)d has no entry to compare with: the "
                        "entry is missing, or the checkpoints are out of order."
                    ),
                    params={"size": checkpoint.size},
                )
            elif checkpoint.hash != self.head.hash:
                yield LedgerProblem(
                    checkpoint.size,
                    N_(
                        "The ledger up to entry %(size)d is not the one that was signed in "
                        "the checkpoint: it was rewritten."
                    ),
                    params={"size": checkpoint.size},
                )

    def _epoch(self, link: ChainLink, entry: Entry) -> Iterator[LedgerProblem]:
        """Note a declared gap if our key signed it for the entries before; otherwise report a problem."""
        try:
            epoch = read_epoch(str(entry.payload.get("note")))
            key = self._keys.get(epoch.key_id)
            if key is None or (epoch.size, epoch.hash) != (link.seq - 1, link.previous):
                raise BadSignature
            check_epoch(epoch, key)
        except (BadNote, BadSignature, ValueError):
            yield LedgerProblem(
                link.seq,
                N_(
                    "Entry %(seq)d says that the ledger was put back, but our key did not sign that "
                    "about the entries before it."
                ),
                params={"seq": link.seq},
            )
            return
        self._epochs.append(epoch)
        self.notes.append(
            LedgerProblem(
                link.seq,
                N_(
                    "Epoch %(epoch)d begins: the system was restored at %(at)s. What was "
                    "recorded after entry %(size)d until then is lost; it went at least to entry %(known)d."
                ),
                "",
                {
                    "seq": link.seq,
                    "epoch": epoch.number,
                    "at": rfc3339(epoch.at),
                    "size": epoch.size,
                    "known": max(epoch.proven, epoch.size),
                },
            )
        )

    def _is_lost(self, awaited: _Awaited) -> bool:
        """Whether a checkpoint from elsewhere belongs to a part lost in a restoration, which is then noted."""
        one = awaited.checkpoint
        epoch = next((epoch for epoch in self._epochs if epoch.lost(one.size, one.at)), None)
        if epoch is None or not awaited.kept:
            return False
        self.notes.append(
            LedgerProblem(
                one.size,
                N_(
                    "The kept checkpoint at entry %(size)d is of the part that was lost "
                    "before epoch %(epoch)d: keep it, and keep a newer one beside it."
                ),
                "",
                {"size": one.size, "epoch": epoch.number},
            )
        )
        return True

    def _signature(self, checkpoint: Checkpoint) -> Iterator[LedgerProblem]:
        key = self._keys.get(checkpoint.key_id)
        try:
            if key is None:
                raise BadSignature
            check_checkpoint(checkpoint, key)
        except (BadSignature, ValueError):
            yield LedgerProblem(
                checkpoint.size,
                N_("The checkpoint at entry %(size)d was not signed by a known key."),
                N_("Give the public key that was valid then; if you did, the checkpoint is forged."),
                {"size": checkpoint.size},
            )
