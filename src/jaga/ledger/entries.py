"""Entries and links: what the ledger says, and what holds one entry to the next.

Each kind of hash begins with its own line of text, so that no hash of one kind can pass for another. A link's hash is
over plain lines on purpose: anyone can recompute it with `printf` and `sha256sum` (docs/verify-export.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from jaga.core.canonical import canonical_json

ENTRY_DOMAIN = b"jaga.entry.v1\n"
LINK_DOMAIN = b"jaga.link.v1\n"
NOTHING = "0" * 64
"""Stands where a hash would: before the first link, and as the head of an empty ledger."""


@dataclass(frozen=True)
class Entry:
    """Who did what, when, to what. Written by a verb as the last step of its transaction; never edited.

    `subject_ref` names the thing, e.g. `case:17`. `payload` holds what canonical JSON can hold, and no personal data:
    an entry outlives every erasure.
    """

    id: int
    at: datetime
    verb: str
    actor: str
    subject_ref: str
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainLink:
    """An entry's place in the log. `seq` starts at 1 without gaps; hashes are lower-case hexadecimal sha256."""

    seq: int
    entry_hash: str
    previous: str
    hash: str


def entry_document(entry: Entry) -> dict[str, object]:
    """The entry as the JSON object that is hashed and exported."""
    return {"id": entry.id, "at": entry.at, "verb": entry.verb, "actor": entry.actor,
            "subject_ref": entry.subject_ref, "payload": entry.payload}


def entry_hash(entry: Entry) -> str:
    """Sha256 of the entry in canonical JSON. Raises NotCanonical for a payload without one spelling."""
    return document_hash(entry_document(entry))


def document_hash(document: Mapping[str, object]) -> str:
    """`entry_hash` of an entry that is at hand only as its exported document. Raises NotCanonical."""
    return sha256(ENTRY_DOMAIN + canonical_json(document)).hexdigest()


def link_hash(seq: int, previous: str, hash_of_entry: str) -> str:
    """The hash that ties `hash_of_entry` to place `seq` and to all before it."""
    return sha256(LINK_DOMAIN + f"{seq}\n{previous}\n{hash_of_entry}\n".encode()).hexdigest()
