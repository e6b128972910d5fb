"""Terms of personal data breaches."""

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
