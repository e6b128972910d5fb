"""Terms of decisions: what is decided, and how a pending decision ends."""

from enum import StrEnum


class DecisionKind(StrEnum):
    """A judgement on a case. DISMISS is the law's "no action" and as easy as any other."""

    DISMISS = "dismiss"
    PRESERVE = "preserve"
    RESTRICT = "restrict"
    REDACT = "redact"
    CLOSE = "close"
    REFER = "refer"
    RESTORE = "restore"  # only by an overturned appeal


FELT_DECISIONS = frozenset({DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE})
"""Decisions that the account holder feels on the platform."""


class Ground(StrEnum):
    """Ground of a decision: the law, or the platform's terms (DSA art. 17(3)(d), (e))."""

    ILLEGAL_CONTENT = "illegal_content"
    INCOMPATIBLE_CONTENT = "incompatible_content"


class PendingEnd(StrEnum):
    """How a pending decision ended."""

    COMMITTED = "committed"  # committed when its window ended
    UNDONE = "undone"  # undone by a voter or supervisor
    HEARD = "heard"  # a reporter wrote something that the voters had not read
    VICTIM = "victim"  # a sign that the holder or somebody shown may be a victim
    NOT_ALLOWED = "not_allowed"  # no longer permitted by policy, platform or case
    LAPSED = "lapsed"  # one of its votes no longer counts
    APPEALED = "appealed"  # the holder's appeal succeeded before the commit


class Lapse(StrEnum):
    """Why an earlier act of a person no longer counts."""

    INACTIVE = "inactive"  # the account is deactivated or suspended
    ROLE = "role"  # the person lost the required role
    CLEARANCE = "clearance"  # the person lost the required clearance
    CONFLICT = "conflict"  # the person requested it on behalf of an authority
    RELEASE = "release"  # another policy release came into force
    OTHER_VOTE = "other_vote"  # for a vote: another vote of the case no longer counts
    TAKEN_BACK = "taken_back"  # for a sealed vote: its voter took it back within seconds


class UndoReason(StrEnum):
    """Why people undid a pending decision."""

    MISTAKE = "mistake"  # a wrong key or account
    SECOND_THOUGHT = "second_thought"  # the same facts, judged otherwise
    NEW_FACT = "new_fact"  # new information
    OTHER = "other"  # explained in the note
