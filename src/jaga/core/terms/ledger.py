"""Terms of the ledger."""

from enum import StrEnum


class LedgerFaultReason(StrEnum):
    """Why the sequencer did not link an entry, or reported the head."""

    UNREADABLE = "unreadable"  # the row is not an entry that could have been hashed
    NUMBER = "number"  # its number was never drawn from the ledger's sequence
    VERB = "verb"  # no version of Jaga has this verb
    HASH = "hash"  # its content does not match its hash
    UNSIGNED_HEAD = "unsigned_head"  # linked entries and newest checkpoint end at different places
