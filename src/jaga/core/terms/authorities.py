"""Terms of requests and orders of authorities."""

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
