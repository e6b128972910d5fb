"""Verifies a whole ledger as it streams by: constant memory, whatever its length.

What it can find: any edited, deleted, reordered, repeated or inserted entry, by the chain alone as long as the links
were not all recomputed; and a chain that was recomputed or cut off, by the checkpoints. Keep checkpoints where whoever
could rewrite the database cannot reach them: a cut after the last checkpoint leaves no trace here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from jaga.core.canonical import NotCanonical
from jaga.core.errors import N_
from jaga.ledger.checkpoints import Checkpoint, check_checkpoint
from jaga.ledger.entries import Entry, Link, entry_hash, link_hash
from jaga.ledger.keys import BadSignature, VerifyKey
from jaga.ledger.log import EMPTY, Head

SHOWN = 100
_RESTORE = N_("Compare with a backup or a copy held elsewhere, and find out who could write to the database.")


@dataclass(frozen=True)
class Linked:
    """One row of the ledger as it is read back; `entry` is None where the link's entry is gone."""

    link: Link
    entry: Entry | None


@dataclass(frozen=True)
class Problem:
    """What is wrong at which place. `sentence` and `remedy` are msgids, to be filled with `params`."""

    seq: int
    sentence: str
    remedy: str = _RESTORE
    params: Mapping[str, object] = field(default_factory=dict)

    def english(self) -> str:
        """Both sentences, filled, for the command line."""
        return f"{self.sentence % self.params if self.params else self.sentence} {self.remedy}"


@dataclass(frozen=True)
class Report:
    """What a verification found: how far it read, the first problems, and how many more there are."""

    head: Head
    problems: tuple[Problem, ...]
    more: int = 0
    checkpoints: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing at all was found."""
        return not self.problems


def verify(rows: Iterable[Linked], checkpoints: Iterable[Checkpoint], keys: Iterable[VerifyKey],
           start: Head = EMPTY) -> Report:
    """Read the ledger once, in the order of `seq`, with its checkpoints in the order of their size.

    `keys` are the installation's public keys, from a source that the database's owner cannot change. `start` lets one
    continue after an earlier, trusted head. Raises nothing for what it finds: a broken ledger is a result.
    """
    reader = _Reader({key.key_id: key for key in keys}, iter(checkpoints), start)
    problems: list[Problem] = []
    more = 0
    for problem in reader.read(rows):
        if len(problems) < SHOWN:
            problems.append(problem)
        else:
            more += 1
    return Report(reader.head, tuple(problems), more, reader.compared)


class _Reader:
    def __init__(self, keys: Mapping[str, VerifyKey], checkpoints: Iterator[Checkpoint], start: Head) -> None:
        self.head = start
        self.compared = 0
        self._keys = keys
        self._checkpoints = checkpoints
        self._waiting = next(checkpoints, None)

    def read(self, rows: Iterable[Linked]) -> Iterator[Problem]:
        yield from self._compare()
        for row in rows:
            yield from self._place(row.link)
            yield from self._content(row)
            # Go on from what is stored, so that one change is told once and does not drown the next.
            if row.link.seq > self.head.size:
                self.head = Head(row.link.seq, row.link.hash)
                yield from self._compare()
        while self._waiting is not None:
            yield from self._signature(self._waiting)
            yield Problem(self._waiting.size, N_("The ledger ends at entry %(size)d, but a checkpoint was signed at "
                          "entry %(signed)d: its end was cut off."),
                          params={"size": self.head.size, "signed": self._waiting.size})
            self._waiting = next(self._checkpoints, None)

    def _place(self, link: Link) -> Iterator[Problem]:
        expected = self.head.size + 1
        if link.seq > expected:
            yield Problem(expected, N_("Entries %(first)d to %(last)d are missing."),
                          params={"first": expected, "last": link.seq - 1})
        elif link.seq < expected:
            yield Problem(link.seq, N_("Entry %(seq)d stands where entry %(expected)d was expected: it was repeated, "
                          "inserted or moved."), params={"seq": link.seq, "expected": expected})
        if link.previous != self.head.hash:
            yield Problem(link.seq, N_("Entry %(seq)d does not follow the entry before it: something was changed, "
                          "removed or inserted there."), params={"seq": link.seq})
        if link.hash != link_hash(link.seq, link.previous, link.entry_hash):
            yield Problem(link.seq, N_("The link of entry %(seq)d was changed: its hash does not fit."),
                          params={"seq": link.seq})

    def _content(self, row: Linked) -> Iterator[Problem]:
        if row.entry is None:
            yield Problem(row.link.seq, N_("Entry %(seq)d was deleted; only its link is left."),
                          params={"seq": row.link.seq})
            return
        try:
            intact = entry_hash(row.entry) == row.link.entry_hash
        except (NotCanonical, ValueError):  # an edit may have left what never could have been hashed
            intact = False
        if not intact:
            yield Problem(row.link.seq, N_("Entry %(seq)d (number %(id)d, %(verb)s) was edited after it was linked."),
                          params={"seq": row.link.seq, "id": row.entry.id, "verb": row.entry.verb})

    def _compare(self) -> Iterator[Problem]:
        while self._waiting is not None and self._waiting.size <= self.head.size:
            checkpoint, self._waiting = self._waiting, next(self._checkpoints, None)
            self.compared += 1
            yield from self._signature(checkpoint)
            if checkpoint.size < self.head.size:
                yield Problem(checkpoint.size, N_("The checkpoint at entry %(size)d has no entry to compare with: the "
                              "entry is missing, or the checkpoints are out of order."),
                              params={"size": checkpoint.size})
            elif checkpoint.hash != self.head.hash:
                yield Problem(checkpoint.size, N_("The ledger up to entry %(size)d is not the one that was signed in "
                              "the checkpoint: it was rewritten."), params={"size": checkpoint.size})

    def _signature(self, checkpoint: Checkpoint) -> Iterator[Problem]:
        key = self._keys.get(checkpoint.key_id)
        try:
            if key is None:
                raise BadSignature
            check_checkpoint(checkpoint, key)
        except (BadSignature, ValueError):
            yield Problem(checkpoint.size, N_("The checkpoint at entry %(size)d was not signed by a known key."),
                          N_("Give the public key that was valid then; if you did, the checkpoint is forged."),
                          {"size": checkpoint.size})
