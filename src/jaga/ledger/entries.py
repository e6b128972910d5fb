"""Ledger entries and the links that chain them.

Each kind of hash starts with its own domain line, so that one kind cannot be mistaken for another. A link's hash covers
plain lines, so that anyone can recompute it with `printf` and `sha256sum` (docs/verify-export.md).

Admission: checks an unlinked entry before it is linked and signed.

It detects an entry that does not match its hash, and one that was not written by a process with the installation's
keys: its MAC is missing or wrong. So what somebody inserts who has only the database is never signed.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256

from jaga.core.canonical import canonical_json
from jaga.core.terms.outside import LedgerFaultReason
from jaga.ledger.verbs import VERBS

ENTRY_DOMAIN = b"jaga.entry.v1\n"
LINK_DOMAIN = b"jaga.link.v1\n"
_PLAIN = re.compile(r"[a-z_:0-9]*").fullmatch
NOTHING = "0" * 64
"""Placeholder hash: before the first link, and as the head of an empty ledger."""


@dataclass(frozen=True)
class Entry:
    """Who did what, when and to what.

    Written by a verb as the last step of its transaction; never edited.

    `subject_ref` names the object, such as `case:17`. `payload` is canonical JSON without personal data, since an entry
    outlives every erasure. `rows` are the salted hashes (hex) of the rows that the verb wrote (ADR 0092).
    """

    id: int
    at: datetime
    verb: str
    actor: str
    subject_ref: str
    payload: Mapping[str, object] = field(default_factory=dict)
    rows: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChainLink:
    """An entry's place in the chain. `seq` starts at 1 without gaps; hashes are lower-case hexadecimal SHA-256."""

    seq: int
    entry_hash: str
    previous: str
    hash: str


def entry_document(entry: Entry) -> dict[str, object]:
    """The entry as the JSON object that is hashed and exported. Without `rows` if there are none."""
    document: dict[str, object] = {
        "id": entry.id,
        "at": entry.at,
        "verb": entry.verb,
        "actor": entry.actor,
        "subject_ref": entry.subject_ref,
        "payload": entry.payload,
    }
    return {**document, "rows": list(entry.rows)} if entry.rows else document


def written_document(entry: Entry, at: str, rows: str) -> bytes:
    """`entry_document` in canonical JSON, several times faster, for an entry read from a database.

    `at` is its moment as `rfc3339` writes it, `rows` the JSON of its hashes with a blank behind each comma. If anything
    else stands there, the result is of no entry, and so fits no hash. Raises NotCanonical.
    """
    bound = f',"rows":{rows.replace(", ", ",")}' if entry.rows else ""
    return b"".join(
        (
            f'{{"actor":{_quoted(entry.actor)},"at":"{at}","id":{entry.id},"payload":'.encode(),
            canonical_json(entry.payload),
            f'{bound},"subject_ref":"{entry.subject_ref}","verb":{_quoted(entry.verb)}}}'.encode(),
        )
    )


def _quoted(text: str) -> str:
    return f'"{text}"' if _PLAIN(text) else json.dumps(text, ensure_ascii=False)


def written_hash(document: bytes) -> str:
    """`entry_hash` by what `written_document` returned."""
    return sha256(ENTRY_DOMAIN + document).hexdigest()


def entry_hash(entry: Entry) -> str:
    """SHA-256 (hex) of the entry in canonical JSON. Raises NotCanonical."""
    return document_hash(entry_document(entry))


def document_hash(document: Mapping[str, object]) -> str:
    """`entry_hash` of an exported entry document. Raises NotCanonical."""
    return sha256(ENTRY_DOMAIN + canonical_json(document)).hexdigest()


def link_hash(seq: int, previous: str, hash_of_entry: str) -> str:
    """The hash (hex) that links `hash_of_entry` at position `seq` to everything before."""
    return sha256(LINK_DOMAIN + f"{seq}\n{previous}\n{hash_of_entry}\n".encode()).hexdigest()


_KEY_DOMAIN = b"jaga.mac.key.v1"
_ENTRY_DOMAIN = "jaga.entry.mac.v1"


class EntryMac:
    """The MACs of an installation: HMAC-SHA256 with a key derived from the seed of its ledger key.

    A key of its own would be lost, replaced and restored together with that one, which every process that writes
    entries has for the promises of receipts.
    """

    def __init__(self, seed: bytes) -> None:
        self._key = hmac.digest(seed, _KEY_DOMAIN, "sha256")

    def of(self, digest: str) -> str:
        """The MAC (hex) of an entry by its hash."""
        return self._sign(f"{_ENTRY_DOMAIN}\n{digest}\n")

    def fits(self, digest: str, mac: str) -> bool:
        """Whether this is the MAC of the entry with this hash."""
        return hmac.compare_digest(self.of(digest), mac)

    def _sign(self, text: str) -> str:
        return hmac.digest(self._key, text.encode(), "sha256").hex()


@cache
def entry_mac(seed: bytes) -> EntryMac:
    """The MACs by the seed of the ledger key."""
    return EntryMac(seed)


def fault_of(
    entry: Entry | None, document: bytes | None, stored_hash: str, last_number: int, *, has_mac: bool = True
) -> LedgerFaultReason | None:
    """Why this entry must not be linked, or None.

    `entry` is None if the row could not be parsed, and `document` (`entries.written_document`) if it has no canonical
    form.

    `last_number` is the last number drawn from the ledger's sequence. `has_mac` tells whether its MAC fits
    `stored_hash`.
    """
    if entry is None:
        return LedgerFaultReason.UNREADABLE
    if not 0 < entry.id <= last_number:
        return LedgerFaultReason.NUMBER
    if entry.verb not in VERBS:
        return LedgerFaultReason.VERB
    if document is None:
        return LedgerFaultReason.UNREADABLE
    if written_hash(document) != stored_hash:
        return LedgerFaultReason.HASH
    return None if has_mac else LedgerFaultReason.MAC
