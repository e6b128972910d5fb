"""Terms of the ledger."""

from enum import StrEnum


class LedgerFaultReason(StrEnum):
    """Why the sequencer did not link an entry, or reported the head."""

    UNREADABLE = "unreadable"  # the row is not an entry that could have been hashed
    NUMBER = "number"  # its number was never drawn from the ledger's sequence
    VERB = "verb"  # no version of Jaga has this verb
    HASH = "hash"  # its content does not match its hash
    MAC = "mac"  # it was not written by a process with the installation's keys
    UNSIGNED_HEAD = "unsigned_head"  # linked entries and newest checkpoint end at different places


class Invariant(StrEnum):
    """What must be true of all cases, and is counted each night."""

    DECISION_HAS_ITS_GROUNDS = "decision_has_its_grounds"  # basis, release, and for a measure a statement of reasons
    CLOSED_CASE_HAS_ITS_OUTCOME = "closed_case_has_its_outcome"  # each action confirmed, or ended with a reason
    REPORT_IS_IN_A_CASE = "report_is_in_a_case"
    NOTHING_IS_PAST_ITS_PERIOD = "nothing_is_past_its_period"


class RefusedAct(StrEnum):
    """What was refused because a row that it rests on is not as the ledger recorded it."""

    EXPORT = "export"  # the sealed export for the police
    LETTER = "letter"  # a letter that a supervisor hands over
    RECEIPT = "receipt"  # a letter on the page of a receipt


class RowFaultKind(StrEnum):
    """Why a row is not as the ledger recorded it."""

    EDITED = "edited"  # its hash is another one
    MISSING = "missing"  # it was deleted without an entry
    BACK = "back"  # an entry recorded its deletion, and it is there
    UNBOUND = "unbound"  # no entry recorded it
    FORGED = "forged"  # the entry that is said to have recorded it does not contain it
    SALT = "salt"  # its salt was deleted, and no later entry recorded the row again
    UNNAMED = "unnamed"  # an entry recorded rows, and which they are is not known any more
