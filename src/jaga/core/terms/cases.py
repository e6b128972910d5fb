"""Terms of cases: severity, evidence, possible victims, notes, and who read what.

Terms of actions on platforms: steps, outcomes, what was observed, and unusable answers.

Terms of alarms for supervisors.

Terms of appeals, and of reasons given in person.

Terms of decisions: what is decided, and how a pending decision ends.
"""

from enum import IntEnum, StrEnum


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


class CaseAlarmKind(StrEnum):
    """Kinds of alarms for supervisors: a person lost the right to work on a case, or time runs out."""

    RETURNED = "returned"  # the case returned to the queue
    UNDER_WAY = "under_way"  # a decision of this person is being carried out and continues
    HALF_TIME = "half_time"  # half of an urgent case's time has passed without a decision
    LAST_QUARTER = "last_quarter"  # a quarter of its time or less is left
    APPEAL_OVERDUE = "appeal_overdue"  # an appeal is overdue
    REFERRAL_WAITS = "referral_waits"  # half of a referral's time has passed without confirmation
    REFERRAL_OVERDUE = "referral_overdue"  # a referral is overdue without confirmation
    REFERRAL_UNREVIEWED = "referral_unreviewed"  # a referral by one person was not reviewed in time
    RESTRICTION_REVIEW = "restriction_review"  # half of a victim-first restriction's time has passed


LAPSE_ALARMS = (CaseAlarmKind.RETURNED, CaseAlarmKind.UNDER_WAY)
CASE_CLOCK_ALARMS = (CaseAlarmKind.HALF_TIME, CaseAlarmKind.LAST_QUARTER)
REFERRAL_ALARMS = (CaseAlarmKind.REFERRAL_WAITS, CaseAlarmKind.REFERRAL_OVERDUE, CaseAlarmKind.REFERRAL_UNREVIEWED)
OUTSIDE_ALARMS = (*CASE_CLOCK_ALARMS, CaseAlarmKind.APPEAL_OVERDUE, *REFERRAL_ALARMS)
"""Alarms that are also sent outside the console."""
CLOCK_ALARMS = (*OUTSIDE_ALARMS, CaseAlarmKind.RESTRICTION_REVIEW)
"""Deadline alarms. A restriction review would reveal a victim-first case, so outside it is only said that something
waits."""


class AlarmWay(StrEnum):
    """How an alarm is sent outside the console."""

    MAIL = "mail"
    WEBHOOK = "webhook"


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


class EvidenceKind(StrEnum):
    """The kind of a sealed original."""

    SCREENSHOT = "screenshot"
    LINK = "link"
    LETTER = "letter"
    TEXT = "text"
    PROFILE = "profile"
    MESSAGES = "messages"
    MEDIA = "media"  # a list of hashes of public media, never the media
    PAGE = "page"  # the answer of a public page as a web archive, without media


class Severity(IntEnum):
    """How severe the harm is if the report is true; a factor of the queue's order."""

    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4


class VictimState(StrEnum):
    """Whether a case is victim-first, since its holder may be the victim.

    Machines and reporters propose it; only the two votes that decide the case confirm or lift it.
    """

    NONE = "none"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"  # people found no victim; only new content proposes it again

    @property
    def protects(self) -> bool:
        """Whether the case is victim-first now."""
        return self in (VictimState.PROPOSED, VictimState.CONFIRMED)


class VictimSay(StrEnum):
    """What a vote says about a possible victim."""

    CONFIRM = "confirm"
    LIFT = "lift"


class VictimCause(StrEnum):
    """Why a case has its victim state."""

    WORDS = "words"  # text of a report, or its category
    PICTURE = "picture"  # matches a list of known pictures
    YOUTH = "youth"  # a person saw a sign of a minor
    MOVED = "moved"  # with reports from another case
    ACCOUNT = "account"  # people confirmed it in another case of the account
    VOTES = "votes"


class AccessKind(StrEnum):
    """What personal data somebody accessed; every access is logged."""

    CASE = "case"  # a case page or a part of it
    HISTORY = "history"
    IDENTITY = "identity"  # who reported
    PICTURE = "picture"
    LETTER = "letter"  # a sealed or written letter
    APPEAL = "appeal"
    SEARCH = "search"  # a list of search results, not a single case
    GRAPH = "graph"  # linked accounts
    EXPORT = "export"  # an export for an authority
    NOTICE = "notice"  # a notice to an operator
    ORDER = "order"  # by the officer's organisation
    REPORT = "report"  # by its sender
    BATCH = "batch"  # a file of reports
    REQUEST = "request"  # a held request or a data request
    PRIVACY = "privacy"  # a request about one's own data, or who is concerned by a breach
    EARLIER = "earlier"  # earlier decisions about the account, before one's own vote
    WATCH = "watch"  # a look-up of an account without a case
    SAMPLE = "sample"  # a text of the sample that people judge, without account and platform
    QUERY = "query"  # a query over what watches flagged
    CAMPAIGN = "campaign"  # accounts that share a text or a contact


class NoteKind(StrEnum):
    """The step with which a note on a case was written."""

    NOTE = "note"  # a note alone
    ASSIGN = "assign"
    HOLD = "hold"
    ESCALATE = "escalate"
    HAND_BACK = "hand_back"
    REROUTE = "reroute"


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
