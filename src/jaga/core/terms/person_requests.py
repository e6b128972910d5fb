"""Terms of requests about one's own data: access, correction, erasure, objection."""

from enum import StrEnum


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
