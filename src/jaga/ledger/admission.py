"""Admission: checks an unlinked entry before it is linked and signed.

It detects an entry that does not match its hash. An entry forged with a correct hash passes, since the hash has no key
(docs/threat-model.md).
"""

from jaga.core.canonical import NotCanonical
from jaga.core.terms.ledger import LedgerFaultReason
from jaga.ledger.entries import Entry, entry_hash
from jaga.ledger.verbs import VERBS


def fault_of(entry: Entry | None, stored_hash: str, last_number: int) -> LedgerFaultReason | None:
    """Why this entry must not be linked, or None.

    `entry` is None if the row could not be parsed.

    `last_number` is the last number drawn from the ledger's sequence.
    """
    if entry is None:
        return LedgerFaultReason.UNREADABLE
    if not 0 < entry.id <= last_number:
        return LedgerFaultReason.NUMBER
    if entry.verb not in VERBS:
        return LedgerFaultReason.VERB
    try:
        fits = entry_hash(entry) == stored_hash
    except (NotCanonical, ValueError):
        return LedgerFaultReason.UNREADABLE
    return None if fits else LedgerFaultReason.HASH
