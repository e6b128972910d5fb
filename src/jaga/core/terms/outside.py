"""Terms of requests and orders of authorities.

Terms of figures: public periods, and what agreement is measured over.

Terms of the ledger.

Terms of notices to operators, their answers, objections and escalation.

Terms of policy releases and how they come into force.

Terms of outgoing webhooks.
"""

from enum import StrEnum


class ProofKind(StrEnum):
    """How an order was proven to be the officer's."""

    SIGNATURE = "signature"  # the officer's key signed the exact bytes received
    STEP_UP = "step_up"  # a second factor was confirmed in the console just before
    CALL_BACK = "call_back"  # held, then released by a supervisor after a call-back
    EARLIER = "earlier"  # filed before signatures were required, by API key alone


class HeldState(StrEnum):
    """State of a held request."""

    HELD = "held"
    RELEASED = "released"
    REJECTED = "rejected"


class HeldReason(StrEnum):
    """Why a request was held instead of filed."""

    NOT_SIGNED = "not_signed"
    WRONG_SIGNATURE = "wrong_signature"
    STALE_SIGNATURE = "stale_signature"
    NO_SIGNING_KEY = "no_signing_key"
    REVOKED_SIGNING_KEY = "revoked_signing_key"
    REPLAYED_MESSAGE = "replayed_message"  # the message id was used before
    REPLAYED_NUMBER = "replayed_number"  # another letter or other accounts under a used number
    CHANGED_LETTER = "changed_letter"  # the letter does not match the named hash
    WRONG_AGENCY = "wrong_agency"  # the legal basis belongs to another authority
    NOT_IN_STANDING = "not_in_standing"  # the officer is expired, suspended or not called back
    UNKNOWN_SENDER = "unknown_sender"  # the API key is unknown


class PeriodKind(StrEnum):
    """The period of public figures, in Jakarta days."""

    DAY = "day"
    MONTH = "month"


class MeasuredBy(StrEnum):
    """The grouping over which agreement is measured."""

    ALL = "all"
    CATEGORY = "category"
    LANGUAGE = "language"
    REVIEWER = "reviewer"


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


class AnswerKind(StrEnum):
    """An operator's answer to a notice, from a contact person or software."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"  # with a reason
    INVALID_LOCATOR = "invalid_locator"  # clarification needed: the account cannot be found
    WRONG_SCREENSHOT = "wrong_screenshot"  # clarification needed: the picture shows another account

    @property
    def asks_back(self) -> bool:
        """Whether we must clarify before the operator can act (SAMAN's clarification step)."""
        return self in (AnswerKind.INVALID_LOCATOR, AnswerKind.WRONG_SCREENSHOT)


class NoticeState(StrEnum):
    """State of a notice to an operator."""

    SENT = "sent"  # in the portal or handed to software; receipt not proven
    RECEIVED = "received"  # opened by a contact person or signed for by software; the clock runs
    ASKED_BACK = "asked_back"  # the operator needs a correction from us; the clock is paused
    ANSWERED = "answered"  # done, already so, or refused
    WITHDRAWN = "withdrawn"  # no longer asked for


class EscalationStage(StrEnum):
    """The escalation steps to an operator that does not act. Only people escalate; it ends with the third warning."""

    CLARIFICATION = "clarification"
    ORDER = "order"
    WARNING_1 = "warning_1"
    WARNING_2 = "warning_2"
    WARNING_3 = "warning_3"


class ObjectionState(StrEnum):
    """State of an operator's objection (sanggah) to a notice."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class AdoptionKind(StrEnum):
    """How a policy release comes into force."""

    BOOTSTRAP = "bootstrap"  # the first of an installation, by its first start
    ADOPTION = "adoption"  # two people
    RETURN = "return"  # one supervisor goes back to a release that was in force; a second confirms within a day
    EMERGENCY = "emergency"  # one person, because the one in force cannot be loaded; a second confirms within a day


class AdoptionState(StrEnum):
    """Where the adoption of a policy release stands."""

    PROPOSED = "proposed"  # waits for the second person; nothing uses it
    IN_FORCE = "in_force"  # exactly one in an installation
    REPLACED = "replaced"
    REFUSED = "refused"
    LAPSED = "lapsed"  # nobody confirmed it within a day


class HookEvent(StrEnum):
    """Events sent to a sender's webhook. They contain neither content nor names."""

    REPORT_FILED = "report.filed"
    REPORT_DECIDED = "report.decided"
    REPORT_VERIFIED = "report.verified"
    REQUEST_FILED = "request.filed"
    REQUEST_DECIDED = "request.decided"
    REQUEST_VERIFIED = "request.verified"
    CLARIFICATION_ASKED = "clarification.asked"
    ENDPOINT_TEST = "endpoint.test"  # a test requested by the endpoint's holder


class DeliveryState(StrEnum):
    """State of a webhook message."""

    WAITING = "waiting"
    DELIVERED = "delivered"  # the receiver answered 2xx
    DEAD = "dead"  # attempts exhausted, or the receiver wants no more; visible, and can be resent
