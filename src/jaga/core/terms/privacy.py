"""Terms of keys and erasures."""

from enum import StrEnum


class KeyOwner(StrEnum):
    """Whose key encrypts a text."""

    CASE = "case"  # What belongs to a case: votes, decisions, statements, appeals, notices.
    REPORT = "report"  # What came from one reporter, and what was written to them.
