"""What an unlinked entry must be before it is linked and signed: pure, so that the sequencer and tests share it.

It finds an entry that does not fit itself. One that somebody with the database's rights made up with its right hash
passes: the hash has no key (docs/threat-model.md).
"""

from jaga.core.canonical import NotCanonical
from jaga.core.terms import LedgerFaultReason
from jaga.ledger.entries import Entry, entry_hash
from jaga.ledger.verbs import VERBS


def fault_of(entry: Entry | None, stored_hash: str, last_number: int) -> LedgerFaultReason | None:
    """Why this entry must not be linked, or None. `entry` is None where the row could not be read as one.

    `last_number` is the highest number that the ledger's sequence has given out.
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
