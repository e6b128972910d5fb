"""Terms of keys and erasures.

Terms of personal data breaches.

Terms of requests about one's own data: access, correction, erasure, objection.

Terms of retention: what is deleted, when a case counts as closed, and what still needs its data.
"""

from enum import StrEnum


class BreachScopeKind(StrEnum):
    """What a breach concerns."""

    PERSON = "person"  # an account of a staff member: what it opened in the period
    PAGE = "page"  # a kind of page: whatever anybody opened there in the period
    CASE = "case"
    KEY = "key"  # a key outside the database, or a copy of the database: every case


class BreachGroup(StrEnum):
    """Who is told, by the way in which they can be told."""

    AUTHORITY = "authority"  # the data protection authority
    REPORTERS_NAMED = "reporters_named"  # gave a name or contact, which only a supervisor can open
    REPORTERS = "reporters"  # only by the mailbox behind their receipt
    HOLDERS = "holders"  # the letter reached them on the platform
    HOLDERS_UNREACHED = "holders_unreached"  # no letter ever reached them: the operator, or a public notice


PEOPLE_CONCERNED = tuple(group for group in BreachGroup if group is not BreachGroup.AUTHORITY)
"""The groups that are computed from the access log."""


class PersonRequestKind(StrEnum):
    """What a person asks for. The values are keys of the release's rights (data-protection.yaml)."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    OBJECTION = "objection"


class PersonProof(StrEnum):
    """What the person came with. Only a receipt proves anything by itself, and only about its own report."""

    NONE = "none"
    RECEIPT = "receipt"
    APPEAL_CODE = "appeal_code"  # whoever has the phone has it, so identity is checked all the same


class PersonRequestState(StrEnum):
    """State of a request. `core.lifecycles.PERSON_REQUEST` has the arrows."""

    TO_CHECK = "to_check"
    IN_WORK = "in_work"
    TO_RELEASE = "to_release"
    ANSWERED = "answered"
    REFUSED = "refused"


ENDED_REQUESTS = frozenset({PersonRequestState.ANSWERED, PersonRequestState.REFUSED})
"""States in which nothing more is done."""


class AnswerWay(StrEnum):
    """How an answer reaches the person."""

    PAPER = "paper"  # handed over or posted by whoever checked the identity
    PAGE = "page"  # on the page of the request's code; never where a case is victim-first


class RefusalGround(StrEnum):
    """Why a request is refused, wholly or in part. Each has its citation in the release (data-protection.yaml)."""

    OPEN_CASE = "open_case"
    APPEAL_WINDOW = "appeal_window"
    STRIKE = "strike"
    LEGAL_HOLD = "legal_hold"
    AUTHORITY_REQUEST = "authority_request"
    NOT_PROVEN = "not_proven"  # nobody could check who asks
    RIGHTS_OF_OTHERS = "rights_of_others"
    UNFOUNDED = "unfounded"


BINDING_GROUNDS = frozenset(
    {
        RefusalGround.OPEN_CASE,
        RefusalGround.APPEAL_WINDOW,
        RefusalGround.STRIKE,
        RefusalGround.LEGAL_HOLD,
        RefusalGround.AUTHORITY_REQUEST,
    }
)
"""Grounds that the program finds in the records. While one is found, nothing can be erased."""


class KeyOwner(StrEnum):
    """Whose key encrypts a text: what goes together, at its own time, has a key of its own."""

    CASE = "case"  # What belongs to a case: votes, decisions, statements, notices, notes.
    REPORT = "report"  # What came from one reporter, and what was written to them.
    APPEAL = "appeal"  # What the holders of a case wrote, how they were checked, and what was answered.
    TRAINING = "training"  # Reasons of blind reviews and exercises on a case.


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
