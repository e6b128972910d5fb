"""The terms of the glossary as enums. Their values are stored and published: never rename one, add instead.

`docs/glossary.md` explains each class; a test holds the two together.
"""

from enum import IntEnum, StrEnum


class HostKind(StrEnum):
    """Whose installation this is. Only an operator's holds platform credentials."""

    OPERATOR = "operator"
    AUTHORITY = "authority"


class OrganisationKind(StrEnum):
    """What an organisation is to this installation."""

    OPERATOR = "operator"
    MINISTRY = "ministry"
    POLICE = "police"
    AGENCY = "agency"

    @property
    def is_authority(self) -> bool:
        """Whether it may send requests (MR5 art. 14: ministry, agency, law enforcement)."""
        return self is not OrganisationKind.OPERATOR


class Role(StrEnum):
    """What a person may do. A person may hold several, but each verb asks for one."""

    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    CONTACT = "contact"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Channel(StrEnum):
    """The door through which a report came in."""

    PUBLIC = "public"
    MINISTRY = "ministry"
    POLICE = "police"
    AGENCY = "agency"
    WATCH = "watch"


class ReportForm(StrEnum):
    """What a report is in law."""

    REPORT = "report"  # anonymous or incomplete: handled all the same
    NOTICE = "notice"  # meets MR5 art. 15(2): identity, screenshot, locator, reason
    REQUEST = "request"  # an authority's, MR5 art. 16(4)
    ORDER = "order"  # the ministry's request, MR5 art. 15(4), 16(5)
    OBSERVATION = "observation"  # public content seen by a source


class SubjectKind(StrEnum):
    """What is complained of. Actions exist for accounts; messages and rooms lead to one."""

    ACCOUNT = "account"
    MESSAGE = "message"
    ROOM = "room"


class EvidenceKind(StrEnum):
    """What a sealed original is."""

    SCREENSHOT = "screenshot"
    LINK = "link"
    LETTER = "letter"
    TEXT = "text"
    PROFILE = "profile"
    MESSAGES = "messages"


class Severity(IntEnum):
    """How bad the harm is if the report is true; a factor of the queue's order."""

    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4


class DecisionKind(StrEnum):
    """A judgement on a case. DISMISS is the "no action" of the law and as easy as any other."""

    DISMISS = "dismiss"
    PRESERVE = "preserve"
    RESTRICT = "restrict"
    REDACT = "redact"
    CLOSE = "close"
    REFER = "refer"
    RESTORE = "restore"  # made only by an overturned appeal


class ActionKind(StrEnum):
    """A desired effect on a platform."""

    PRESERVE = "preserve"
    RESTRICT = "restrict"
    REDACT = "redact"
    CLOSE = "close"
    RESTORE = "restore"


class ActionState(StrEnum):
    """How far a promised action has come."""

    PENDING = "pending"
    DONE = "done"
    STUCK = "stuck"  # retries exhausted, or the platform refused: a person must look (docs/runbooks/stuck-action.md)
    ENDED = "ended"  # a supervisor ended it without its effect and said why, e.g. the account no longer exists

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done, by the worker or by a person."""
        return self in (ActionState.PENDING, ActionState.STUCK)


class Step(StrEnum):
    """One step of carrying out an action; each leaves an outcome of its own."""

    OBSERVE = "observe"
    PRESERVE = "preserve"
    RESTRICT = "restrict"
    DELIVER = "deliver"
    REDACT = "redact"
    CLOSE = "close"
    RESTORE = "restore"


class OutcomeKind(StrEnum):
    """What a platform was seen to do; repeats and odd answers are normalised to these five."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    IMPOSSIBLE = "impossible"


class AccountState(StrEnum):
    """An account as observed on its platform, whatever any earlier answer claimed."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    CLOSED = "closed"
    MISSING = "missing"
    UNKNOWN = "unknown"  # the platform could not be asked, or its routes contradict each other


class VerificationResult(StrEnum):
    """An independent observation, compared with what the decision wanted."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    UNREACHABLE = "unreachable"


class AppealState(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Ground(StrEnum):
    """Why: against the law, or against the platform's terms (DSA art. 17(3)(d), (e))."""

    ILLEGAL_CONTENT = "illegal_content"
    INCOMPATIBLE_CONTENT = "incompatible_content"


class Language(StrEnum):
    """The product's languages, the default first."""

    INDONESIAN = "id"
    ENGLISH = "en"
