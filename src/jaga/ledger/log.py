"""The log that the sequencer appends to: a hash chain. It stores nothing: the caller persists the returned links."""

from collections.abc import Iterable
from dataclasses import dataclass

from jaga.ledger.entries import NOTHING, ChainLink, link_hash


@dataclass(frozen=True)
class Head:
    """Number of entries, and the hash that covers all of them."""

    size: int
    hash: str


EMPTY = Head(0, NOTHING)


class HashChain:
    """A log whose links each cover the previous one.

    Start from the stored head; one writer at a time (the sequencer).
    """

    def __init__(self, head: Head = EMPTY) -> None:
        self._head = head

    def append(self, entry_hashes: Iterable[str]) -> list[ChainLink]:
        """Append entry hashes in this order; returns their links. Constant work for each."""
        links = []
        for entry_hash in entry_hashes:
            seq, previous = self._head.size + 1, self._head.hash
            link = ChainLink(seq, entry_hash, previous, link_hash(seq, previous, entry_hash))
            self._head = Head(seq, link.hash)
            links.append(link)
        return links

    def head(self) -> Head:
        """The current head."""
        return self._head
