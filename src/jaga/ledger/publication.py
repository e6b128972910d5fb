"""What the published log has of the ledger: leaves of entries, empty leaves, and how many come at once.

A salt is not stored but derived from a secret outside the database, the entry's number and its hash. So whoever has a
copy of the database cannot tell which leaf is of which entry, and whoever has the secret can compute every leaf again.
Padding is derived alike and looks the same.

The log that the sequencer appends to: a hash chain. It stores nothing: the caller persists the returned links.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from jaga.ledger.entries import NOTHING, ChainLink, Entry, entry_document, entry_hash, link_hash
from jaga.ledger.tlog.tree import WIDTH, leaf_of, opening


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
        for one in entry_hashes:
            seq, previous = self._head.size + 1, self._head.hash
            link = ChainLink(seq, one, previous, link_hash(seq, previous, one))
            self._head = Head(seq, link.hash)
            links.append(link)
        return links

    def head(self) -> Head:
        """The current head."""
        return self._head


SALT_DOMAIN = b"jaga.leaf-salt.v1\n"
PADDING_DOMAIN = b"jaga.leaf-padding.v1\n"
REMEMBERED = 168
"""How many earlier heads set the least number of leaves of the next one: a week of hours."""
LARGEST_FLOOR = 8 * WIDTH
"""The most that earlier heads can ask for, so that one day of much work does not fill the disk for a week."""


def entry_opening(secret: bytes, entry: Entry) -> bytes:
    """The opening of an entry's leaf: its salt (HMAC-SHA256 by the secret), then the entry. Raises NotCanonical."""
    return opening(_salt(secret, entry.id, entry_hash(entry)), entry_document(entry))


def written_leaf(secret: bytes, number: int, digest: str, document: bytes) -> bytes:
    """`entry_leaf` by an entry's number, its hash and its canonical JSON (`entries.written_document`)."""
    return leaf_of(_salt(secret, number, digest) + document)


def _salt(secret: bytes, number: int, digest: str) -> bytes:
    return hmac.digest(secret, SALT_DOMAIN + f"{number}\n{digest}\n".encode(), "sha256")


def entry_leaf(secret: bytes, entry: Entry) -> bytes:
    """The leaf of an entry, 32 bytes. Raises NotCanonical."""
    return leaf_of(entry_opening(secret, entry))


def padding_leaf(secret: bytes, origin: str, index: int) -> bytes:
    """The leaf of an empty entry at this position of the log; without the secret it looks like any other."""
    return leaf_of(hmac.digest(secret, PADDING_DOMAIN + f"{origin}\n{index}\n".encode(), "sha256"))


def leaves_for(entries: int, earlier: Iterable[int]) -> int:
    """How many leaves the next head adds for so many entries; `earlier` has what the last `REMEMBERED` heads added.

    256, 512, 1024 and so on, and no fewer than any of these, up to `LARGEST_FLOOR`. So the number is the same hour
    after hour, and an observer sees at most, once a week, that work has doubled.
    """
    blocks = max(-(-entries // WIDTH), 1)
    needed = WIDTH << (blocks - 1).bit_length()
    return max(needed, min(max(earlier, default=0), LARGEST_FLOOR))
