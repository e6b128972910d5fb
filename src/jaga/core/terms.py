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
    MEDIA = "media"  # a list of hashes of public media, never the media themselves


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
    WAITING = "waiting"  # the operator's people were asked (or one of ours must look); nothing is tried again by itself
    DONE = "done"
    STUCK = "stuck"  # retries exhausted, or the platform refused: a person must look (docs/runbooks/stuck-action.md)
    ENDED = "ended"  # a supervisor ended it without its effect and said why, e.g. the account no longer exists

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done, by the worker or by a person."""
        return self in (ActionState.PENDING, ActionState.WAITING, ActionState.STUCK)


class Step(StrEnum):
    """One step of carrying out an action; each leaves an outcome of its own."""

    OBSERVE = "observe"
    PRESERVE = "preserve"
    RESTRICT = "restrict"
    DELIVER = "deliver"
    REDACT = "redact"
    CLOSE = "close"
    RESTORE = "restore"
    ASK = "ask"  # a notice to the operator's people, on platforms where Jaga has no hands


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


class AnswerKind(StrEnum):
    """What an operator's contact person (or its own software) answers to a notice."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"  # with a reason
    INVALID_LOCATOR = "invalid_locator"  # clarification: the account cannot be found from what was sent
    WRONG_SCREENSHOT = "wrong_screenshot"  # clarification: the picture shows another account

    @property
    def asks_back(self) -> bool:
        """Whether we must clarify before the operator can act (SAMAN's clarification step)."""
        return self in (AnswerKind.INVALID_LOCATOR, AnswerKind.WRONG_SCREENSHOT)


class NoticeState(StrEnum):
    """Where a notice to an operator stands."""

    SENT = "sent"  # waits in the portal, or was handed to the operator's software; no proof yet that anybody has it
    RECEIVED = "received"  # provably: a contact person opened it, or the software signed for it; the clock runs
    ASKED_BACK = "asked_back"  # the operator needs a correction from us; the clock rests
    ANSWERED = "answered"  # done, already so, or refused
    WITHDRAWN = "withdrawn"  # we no longer ask for it


class Rung(StrEnum):
    """The ladder towards an operator that does not act. It ends at the third warning, and no machine climbs it."""

    CLARIFICATION = "clarification"
    ORDER = "order"
    WARNING_1 = "warning_1"
    WARNING_2 = "warning_2"
    WARNING_3 = "warning_3"


class ObjectionState(StrEnum):
    """An operator's objection (sanggah) to what it was asked."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class TraceKind(StrEnum):
    """What may tie two accounts together."""

    CONTACT = "contact"  # the same telephone number, link or handle elsewhere
    TEXT = "text"  # nearly the same words
    IMAGE = "image"  # the same or nearly the same picture, by its hash
    HANDLE = "handle"  # a name made after the same pattern


class Likelihood(StrEnum):
    """How strongly traces tie two accounts together. For people to judge; nothing follows by itself."""

    LIKELY = "likely"
    POSSIBLE = "possible"


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
