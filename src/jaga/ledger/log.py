"""The log: what the sequencer appends to. It computes and stores nothing: the caller persists the links."""

from collections.abc import Iterable
from dataclasses import dataclass

from jaga.ledger.entries import NOTHING, ChainLink, link_hash


@dataclass(frozen=True)
class Head:
    """How many entries the log holds, and the hash that stands for all of them."""

    size: int
    hash: str


EMPTY = Head(0, NOTHING)


class HashChain:
    """Each link's hash covers the link before it. Start from the stored head; one writer at a time (the sequencer)."""

    def __init__(self, head: Head = EMPTY) -> None:
        self._head = head

    def append(self, entry_hashes: Iterable[str]) -> list[ChainLink]:
        """Give each hash its place, in this order. Constant work for each."""
        links = []
        for entry_hash in entry_hashes:
            seq, previous = self._head.size + 1, self._head.hash
            link = ChainLink(seq, entry_hash, previous, link_hash(seq, previous, entry_hash))
            self._head = Head(seq, link.hash)
            links.append(link)
        return links

    def head(self) -> Head:
        """Where the chain stands."""
        return self._head
