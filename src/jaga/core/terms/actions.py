"""Terms of actions on platforms: steps, outcomes, what was observed, and unusable answers."""

from enum import StrEnum


class ActionKind(StrEnum):
    """A desired effect on a platform."""

    PRESERVE = "preserve"
    RESTRICT = "restrict"
    REDACT = "redact"
    CLOSE = "close"
    RESTORE = "restore"


class ActionState(StrEnum):
    """State of an action."""

    PENDING = "pending"
    WAITING = "waiting"  # waits for the operator's people or our staff; not retried automatically
    DONE = "done"
    STUCK = "stuck"  # attempts exhausted or refused: a person must look (docs/runbooks/stuck-action.md)
    ENDED = "ended"  # ended without effect by a supervisor, with a reason

    @property
    def is_open(self) -> bool:
        """Whether the worker or a person still has to do something."""
        return self in (ActionState.PENDING, ActionState.WAITING, ActionState.STUCK)


OPEN_ACTION_STATES = tuple(state for state in ActionState if state.is_open)


class Step(StrEnum):
    """A step of an action; each has its own outcome."""

    OBSERVE = "observe"
    PRESERVE = "preserve"
    RESTRICT = "restrict"
    DELIVER = "deliver"
    REDACT = "redact"
    CLOSE = "close"
    RESTORE = "restore"
    ASK = "ask"  # a notice to the operator's people, on platforms without an API adapter


class OutcomeKind(StrEnum):
    """The outcome of a step; platform answers are normalised to these five."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    IMPOSSIBLE = "impossible"


class AccountState(StrEnum):
    """An account's state as observed, whatever earlier answers claimed."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    CLOSED = "closed"
    MISSING = "missing"
    UNKNOWN = "unknown"  # the platform could not be asked, or its routes contradict each other


class PlatformTask(StrEnum):
    """What the worker asks of a platform. Each task pauses separately after unusable answers."""

    ROOMS = "rooms"  # new messages in public rooms
    REPORTS = "reports"  # reports from the app's button
    NAMES = "names"  # who owns a handle
    CHECKS = "checks"  # whether an account is still as decided
    ACTIONS = "actions"  # the steps of an action


class SetAsideKind(StrEnum):
    """The kind of a platform value that could not be kept unchanged."""

    MESSAGE = "message"
    REPORT = "report"
    ROOM = "room"
    CURSOR = "cursor"


class VerificationResult(StrEnum):
    """The result of comparing an independent observation with the decision."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNREACHABLE = "unreachable"


class HelpReach(StrEnum):
    """Whether a restricted account can still reach help on its platform."""

    WRITES = "writes"
    READS = "reads"  # receives messages but cannot answer
    NOTHING = "nothing"
    UNKNOWN = "unknown"  # depends on the operator's people
