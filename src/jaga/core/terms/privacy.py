"""Terms of keys and erasures."""

from enum import StrEnum


class KeyOwner(StrEnum):
    """Whose key encrypts a text: what goes together, at its own time, has a key of its own."""

    CASE = "case"  # What belongs to a case: votes, decisions, statements, notices, notes.
    REPORT = "report"  # What came from one reporter, and what was written to them.
    APPEAL = "appeal"  # What the holders of a case wrote, how they were checked, and what was answered.
    TRAINING = "training"  # Reasons of blind reviews and exercises on a case.
