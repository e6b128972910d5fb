"""Admission: checks an unlinked entry before it is linked and signed.

It detects an entry that does not match its hash, and one that was not written by a process with the installation's
keys: its MAC is missing or wrong. So what somebody inserts who has only the database is never signed.
"""

import hmac
from functools import cache

from jaga.core.terms.ledger import LedgerFaultReason
from jaga.ledger.entries import Entry, written_hash
from jaga.ledger.verbs import VERBS

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
