"""Terms of retention: what is deleted, when a case counts as closed, and what still needs its data."""

from enum import StrEnum


class DataKind(StrEnum):
    """A kind of data of a case with its own period. `retention.yaml` has a rule for each."""

    REPORTER_IDENTITY = "reporter_identity"  # names and contacts of reporters, and hashes of their contacts
    REPORT_TEXTS = "report_texts"  # reports, messages of the mailbox, letters to reporters
    PICTURES = "pictures"  # sealed originals and their working copies
    DECISION = "decision"  # words of votes, decisions, statements of reasons, notes
    APPEAL = "appeal"  # words of appeals, answers and hearings, and the pictures sent with them
    INDICATORS = "indicators"  # hashes and contacts by which cases are compared
    TRAINING = "training"  # labels, golden cases and blind reviews: their words
    EXPORTS = "exports"  # sealed exports for authorities
    ACCESS_LOG = "access_log"  # who opened what; counted from the access, not from the closing


CASE_KINDS = tuple(kind for kind in DataKind if kind is not DataKind.ACCESS_LOG)
"""The kinds that are deleted case by case."""


class CaseEnding(StrEnum):
    """How a case ended. Its period depends on it."""

    DISMISSED = "dismissed"
    MEASURE = "measure"  # a restriction, redaction or closure that stands
    REVERSED = "reversed"  # overturned on appeal
    REFERRED = "referred"  # referred, without a measure
    PRESERVED = "preserved"  # preserved for authorities, without a measure
    MERGED = "merged"  # its reports moved to another case
    WITHDRAWN = "withdrawn"  # dismissed after every reporter withdrew


class BindingReason(StrEnum):
    """Why data of a case is still needed, so that nothing of it is deleted."""

    OPEN_CASE = "open_case"
    OPEN_ACTION = "open_action"  # an action on the platform without an end
    OPEN_APPEAL = "open_appeal"
    APPEAL_WINDOW = "appeal_window"  # the holder can still appeal, or turn to a body or court outside
    OPEN_REQUEST = "open_request"  # a person's request about their data
    AUTHORITY = "authority"  # a request for an export that was not answered, or a notice to an operator
    REFERRAL = "referral"  # a referral under way
    RECHECK = "recheck"  # the account is still to be looked at again, or the decision judged again
    RESTRICTION = "restriction"  # a temporary restriction that has not ended
    STRIKE = "strike"  # a strike that counts
    LEGAL_HOLD = "legal_hold"
    HOLD_ENDED = "hold_ended"  # a legal hold that one person ended or refused a moment ago
    POSTPONED = "postponed"  # by a person


class HoldState(StrEnum):
    """The state of a legal hold or of its extension."""

    ASKED = "asked"  # waits for the second person
    IN_FORCE = "in_force"
    REFUSED = "refused"
    LAPSED = "lapsed"  # nobody confirmed it in time
    ENDED = "ended"  # ended early by a person
    OVER = "over"  # its end has passed
