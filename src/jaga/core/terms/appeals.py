"""Terms of appeals, and of reasons given in person."""

from enum import StrEnum


class AppealState(StrEnum):
    """State of an appeal."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class AppealWay(StrEnum):
    """How an appeal was received."""

    CODE = "code"  # on the code's page
    LETTER = "letter"
    IN_PERSON = "in_person"
    HELPER = "helper"  # legal aid, a helpline, or another named body


class IdentityCheck(StrEnum):
    """How it was checked that a paper appeal is the holder's. A claim alone is not enough."""

    HAS_LETTER = "has_letter"  # they brought the letter with the code
    KNOWN_CONTACT = "known_contact"  # reached at a contact known before the report
    IDENTITY_PAPER = "identity_paper"  # a document that matches the operator's data on the holder
    HELPER_VOUCHES = "helper_vouches"  # a named body checked it and signed


class HolderCheckKind(StrEnum):
    """How the identity of somebody who asks for the reasons of a victim-first case was checked.

    The code proves nothing there.
    """

    IN_PERSON = "in_person"
    POST = "post"  # to an address known before the report
    BODY = "body"  # through a helpline or legal aid body named in the release
