"""The terms of the glossary as enums.

Their values are stored and published.

`docs/glossary.md` explains each class; a test compares the two.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType


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
    FLAGGER = "flagger"  # a trusted flagger (DSA art. 22): reports with priority, sends no requests

    @property
    def is_authority(self) -> bool:
        """Whether it may send requests (MR5 art. 14: ministry, agency, law enforcement)."""
        return self not in (OrganisationKind.OPERATOR, OrganisationKind.FLAGGER)


class Role(StrEnum):
    """What a person may do. A person may hold several roles; each verb requires one."""

    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    CONTACT = "contact"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    FLAGGER = "flagger"  # a member of a trusted flagger


class RegistrationStatus(StrEnum):
    """Registration status of an officer or flagger. Only ACTIVE may send requests."""

    ACTIVE = "active"
    INVITED = "invited"  # the one-time link is unused
    NOT_CALLED_BACK = "not_called_back"  # has signed in, but our call-back is missing
    EXPIRED = "expired"  # not renewed in time
    SUSPENDED = "suspended"
    UNREGISTERED = "unregistered"  # never registered, removed, or no officer any more


class Theme(StrEnum):
    """Colour theme of the console."""

    AUTO = "auto"  # follows the device
    LIGHT = "light"
    DARK = "dark"


class FactorKind(StrEnum):
    """Kinds of second factor."""

    TOTP = "totp"  # six-digit code of an app, valid for half a minute
    PASSKEY = "passkey"
    RECOVERY = "recovery"  # recovery code, valid once


class GuessLimit(StrEnum):
    """What wrong passwords and codes are counted by."""

    ADDRESS = "address"
    NETWORK = "network"
    NAME = "name"  # attempts from devices that never signed in under the name
    DEVICE = "device"  # attempts from a device that has
    TURN = "turn"  # by name and address, while the name is under attack


class Channel(StrEnum):
    """The channel through which a report came in."""

    PUBLIC = "public"
    MINISTRY = "ministry"
    POLICE = "police"
    AGENCY = "agency"
    WATCH = "watch"
    FLAGGER = "flagger"  # a trusted flagger (DSA art. 22)
    APP = "app"  # the report button of a chat app, passed on by its platform


class TextKind(StrEnum):
    """Whose words a text contains. Only PUBLISHED text scores, clusters or links accounts."""

    WORDS = "words"  # the sender's own, about the account
    EXCERPT = "excerpt"  # what the sender says the account published: a claim
    PUBLISHED = "published"  # what the account published, as seen by a watch, its platform or our staff


class ReporterCapacity(StrEnum):
    """The capacity of a reporter where only certain people may report (`policy.limits.WHO_MAY_REPORT`)."""

    PICTURED = "pictured"  # the person in the picture
    GUARDIAN = "guardian"  # has the care of that person, or of the child who holds the account
    PARENT = "parent"  # of the child who holds the account
    PLATFORM = "platform"  # the operator of the same platform
    AUTHORITY = "authority"  # a ministry, the police or another agency, by its own channel


class ReportRoute(StrEnum):
    """The route through the public report form."""

    ORDINARY = "ordinary"
    VICTIM = "victim"  # about the reporter or somebody at risk: no demands, no delay


class FilingPriority(IntEnum):
    """Priority for filing accepted reports into cases. It does not affect the judgement."""

    URGENT = 0
    ORDINARY = 1
    SLOW = 2  # from a file of our own; all others go first


class ReportForm(StrEnum):
    """The legal form of a report."""

    REPORT = "report"  # anonymous or incomplete; handled as well
    NOTICE = "notice"  # meets MR5 art. 15(2): identity, screenshot, locator, reason
    REQUEST = "request"  # an authority's, MR5 art. 16(4)
    ORDER = "order"  # a ministry's request, MR5 art. 15(4), 16(5)
    OBSERVATION = "observation"  # public content seen by a watch or our staff


class SubjectKind(StrEnum):
    """What is reported. Actions exist for accounts only; messages and rooms lead to one."""

    ACCOUNT = "account"
    MESSAGE = "message"
    ROOM = "room"


class EvidenceKind(StrEnum):
    """The kind of a sealed original."""

    SCREENSHOT = "screenshot"
    LINK = "link"
    LETTER = "letter"
    TEXT = "text"
    PROFILE = "profile"
    MESSAGES = "messages"
    MEDIA = "media"  # a list of hashes of public media, never the media


class IdentityReason(StrEnum):
    """Why somebody accessed a reporter's identity; recorded in the ledger."""

    DANGER = "danger"  # somebody needs help at once
    LEGAL_DUTY = "legal_duty"  # required by a law or a court
    AGREED = "agreed"  # the reporter agreed that agencies learn it
    ASKED_FOR = "asked_for"  # the reporter asked to be contacted


class YouthAnswer(StrEnum):
    """The answer to the youth check, from text and context alone, before any picture is opened."""

    NO_SIGN = "no_sign"  # nothing suggests that a minor could be shown
    MAY_BE_MINOR = "may_be_minor"  # the pictures stay closed to everyone permanently


class CopyState(StrEnum):
    """State of a picture's working copy."""

    MADE = "made"
    NOT_DRAWN = "not_drawn"  # broken, too large, or no picture; the original stays sealed


class Severity(IntEnum):
    """How severe the harm is if the report is true; a factor of the queue's order."""

    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4


class DecisionKind(StrEnum):
    """A judgement on a case. DISMISS is the law's "no action" and as easy as any other."""

    DISMISS = "dismiss"
    PRESERVE = "preserve"
    RESTRICT = "restrict"
    REDACT = "redact"
    CLOSE = "close"
    REFER = "refer"
    RESTORE = "restore"  # only by an overturned appeal


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


class AnswerKind(StrEnum):
    """An operator's answer to a notice, from a contact person or software."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"  # with a reason
    INVALID_LOCATOR = "invalid_locator"  # clarification needed: the account cannot be found
    WRONG_SCREENSHOT = "wrong_screenshot"  # clarification needed: the picture shows another account

    @property
    def asks_back(self) -> bool:
        """Whether we must clarify before the operator can act (SAMAN's clarification step)."""
        return self in (AnswerKind.INVALID_LOCATOR, AnswerKind.WRONG_SCREENSHOT)


class NoticeState(StrEnum):
    """State of a notice to an operator."""

    SENT = "sent"  # in the portal or handed to software; receipt not proven
    RECEIVED = "received"  # opened by a contact person or signed for by software; the clock runs
    ASKED_BACK = "asked_back"  # the operator needs a correction from us; the clock is paused
    ANSWERED = "answered"  # done, already so, or refused
    WITHDRAWN = "withdrawn"  # no longer asked for


class EscalationStage(StrEnum):
    """The escalation steps to an operator that does not act. Only people escalate; it ends with the third warning."""

    CLARIFICATION = "clarification"
    ORDER = "order"
    WARNING_1 = "warning_1"
    WARNING_2 = "warning_2"
    WARNING_3 = "warning_3"


class ObjectionState(StrEnum):
    """State of an operator's objection (sanggah) to a notice."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class IndicatorKind(StrEnum):
    """Account-linking indicators: what may tie two accounts together."""

    CONTACT = "contact"  # the same telephone number, link or handle elsewhere
    TEXT = "text"  # nearly the same text
    IMAGE = "image"  # the same or nearly the same picture, by hash
    HANDLE = "handle"  # a name of the same pattern


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


class LedgerFaultReason(StrEnum):
    """Why the sequencer did not link an entry, or reported the head."""

    UNREADABLE = "unreadable"  # the row is not an entry that could have been hashed
    NUMBER = "number"  # its number was never drawn from the ledger's sequence
    VERB = "verb"  # no version of Jaga has this verb
    HASH = "hash"  # its content does not match its hash
    UNSIGNED_HEAD = "unsigned_head"  # linked entries and newest checkpoint end at different places


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


class SourceReason(StrEnum):
    """Why a report counts as an independent source, or as less."""

    NEW = "new"
    SAME_SENDER = "same_sender"  # the same contact or organisation as an earlier report of the case
    SAME_NETWORK = "same_network"
    SAME_WORDS = "same_words"  # nearly the same text
    BURST = "burst"  # one of many new sources within an hour
    BAD_FAITH = "bad_faith"  # earlier reports of the sender were found to be in bad faith
    WITHDRAWN = "withdrawn"


class Likelihood(StrEnum):
    """How strongly indicators link two accounts. For people to judge; nothing follows automatically."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class KeyScope(StrEnum):
    """Scopes of an API key."""

    REPORTS_WRITE = "reports:write"
    REPORTS_READ = "reports:read"
    REQUESTS_WRITE = "requests:write"
    REQUESTS_READ = "requests:read"
    BATCHES_WRITE = "batches:write"
    WEBHOOKS_MANAGE = "webhooks:manage"


class HookEvent(StrEnum):
    """Events sent to a sender's webhook. They contain neither content nor names."""

    REPORT_FILED = "report.filed"
    REPORT_DECIDED = "report.decided"
    REPORT_VERIFIED = "report.verified"
    REQUEST_FILED = "request.filed"
    REQUEST_DECIDED = "request.decided"
    REQUEST_VERIFIED = "request.verified"
    CLARIFICATION_ASKED = "clarification.asked"
    ENDPOINT_TEST = "endpoint.test"  # a test requested by the endpoint's holder


class DeliveryState(StrEnum):
    """State of a webhook message."""

    WAITING = "waiting"
    DELIVERED = "delivered"  # the receiver answered 2xx
    DEAD = "dead"  # attempts exhausted, or the receiver wants no more; visible, and can be resent


class MessageKind(StrEnum):
    """The kind of a message between the team and the reporter."""

    QUESTION = "question"  # from the team
    ANSWER = "answer"
    EVIDENCE = "evidence"  # added by the reporter unasked
    WITHDRAWAL = "withdrawal"  # the reporter withdraws the report
    NOTE = "note"  # from the team; needs no answer
    INVALID_LOCATOR = "invalid_locator"  # the account cannot be found
    WRONG_SCREENSHOT = "wrong_screenshot"  # the picture shows another account
    OTHER = "other"  # another correction

    @property
    def asks(self) -> bool:
        """Whether an answer is expected."""
        return self in (MessageKind.QUESTION, MessageKind.INVALID_LOCATOR, MessageKind.WRONG_SCREENSHOT,
                        MessageKind.OTHER)


class PeriodKind(StrEnum):
    """The period of public figures, in Jakarta days."""

    DAY = "day"
    MONTH = "month"


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


class Ground(StrEnum):
    """Ground of a decision: the law, or the platform's terms (DSA art. 17(3)(d), (e))."""

    ILLEGAL_CONTENT = "illegal_content"
    INCOMPATIBLE_CONTENT = "incompatible_content"


class BatchState(StrEnum):
    """State of a batch."""

    RECEIVED = "received"  # sealed, waiting for validation
    READY = "ready"  # validated; nothing filed yet
    RUNNING = "running"  # its valid rows are being filed, some thousands per commit
    DONE = "done"  # every valid row is a report
    CANCELLED = "cancelled"  # stopped by a person; filed rows stay, and it can be started again
    FAILED = "failed"  # unreadable, with the reason; validated again if resubmitted

    @property
    def is_open(self) -> bool:
        """Whether the worker has something to do."""
        return self in (BatchState.RECEIVED, BatchState.RUNNING)


class BatchFormat(StrEnum):
    """File format of a batch, detected by content, never by name."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    XARF = "xarf"


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


class HolderCheckKind(StrEnum):
    """How the identity of somebody who asks for the reasons of a victim-first case was checked.

    The code proves nothing there.
    """

    IN_PERSON = "in_person"
    POST = "post"  # to an address known before the report
    BODY = "body"  # through a helpline or legal aid body named in the release


class HelpReach(StrEnum):
    """Whether a restricted account can still reach help on its platform."""

    WRITES = "writes"
    READS = "reads"  # receives messages but cannot answer
    NOTHING = "nothing"
    UNKNOWN = "unknown"  # depends on the operator's people


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


class Clearance(StrEnum):
    """Clearance that a supervisor must give before a person can see such cases at all."""

    CHILD_SAFETY = "child_safety"


class NoteKind(StrEnum):
    """The step with which a note on a case was written."""

    NOTE = "note"  # a note alone
    ASSIGN = "assign"
    HOLD = "hold"
    ESCALATE = "escalate"
    HAND_BACK = "hand_back"
    REROUTE = "reroute"


class HandedWhy(StrEnum):
    """Why a case is on a shift hand-over card."""

    LEASE = "lease"  # the person held its lease, which the hand-over ended
    ASSIGNED = "assigned"
    HELD = "held"


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


class ReferralWay(StrEnum):
    """How a referral reaches its receiver."""

    OFFICER = "officer"  # on the page of registered officers
    MAIL = "mail"  # a mail with number and link; the code is told by telephone
    BY_HAND = "by_hand"  # our staff call or hand it over, and record who took it


class Danger(StrEnum):
    """The danger that a referral names. Only LIFE and CHILD let one person refer at once."""

    LIFE = "life"  # somebody may die or be badly hurt
    CHILD = "child"  # a child is or may be hurt
    FORCED = "forced"  # somebody is held, sold or forced
    HARM = "harm"  # another harm to a person


AT_ONCE_DANGERS = (Danger.LIFE, Danger.CHILD)


class ReferralProof(StrEnum):
    """How receipt of a referral was proven."""

    LINK = "link"  # opened by the mailed link with the code
    OFFICER = "officer"  # confirmed by an officer on their page
    RECORDED = "recorded"  # our staff recorded a call or hand-over


class ReferralOutcome(StrEnum):
    """Outcome of a referral."""

    TAKEN_UP = "taken_up"
    PASSED_ON = "passed_on"  # the receiver passed it to another office
    NOT_THEIRS = "not_theirs"  # returned; people choose another receiver
    NO_ANSWER = "no_answer"  # returned, not confirmed in time
    NOT_REACHED = "not_reached"  # returned, could not be sent, e.g. the receiver left the release

    @property
    def comes_back(self) -> bool:
        """Whether people must choose another receiver."""
        return self in (ReferralOutcome.NOT_THEIRS, ReferralOutcome.NO_ANSWER, ReferralOutcome.NOT_REACHED)


class AlarmWay(StrEnum):
    """How an alarm is sent outside the console."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class UndoReason(StrEnum):
    """Why people undid a pending decision."""

    MISTAKE = "mistake"  # a wrong key or account
    SECOND_THOUGHT = "second_thought"  # the same facts, judged otherwise
    NEW_FACT = "new_fact"  # new information
    OTHER = "other"  # explained in the note


class Language(StrEnum):
    """The product's languages. A release offers some of them (`policy.models.Jurisdiction`)."""

    INDONESIAN = "id"
    ENGLISH = "en"


LANGUAGE_NAMES: Mapping[Language, str] = MappingProxyType({
    Language.INDONESIAN: "Bahasa Indonesia", Language.ENGLISH: "English",
})
"""The languages' own names."""


class MeasuredBy(StrEnum):
    """The grouping over which agreement is measured."""

    ALL = "all"
    CATEGORY = "category"
    LANGUAGE = "language"
    REVIEWER = "reviewer"


class ModelState(StrEnum):
    """State of a learnt model. Only an approved one is used; nobody approves a model that they had learnt."""

    PROPOSED = "proposed"  # learnt and measured, not used
    APPROVED = "approved"  # in use; at most one for a category
    REJECTED = "rejected"
    RETIRED = "retired"  # replaced or taken out of use; can be reinstated


class AdoptionKind(StrEnum):
    """How a policy release comes into force."""

    BOOTSTRAP = "bootstrap"  # the first of an installation, by its first start
    ADOPTION = "adoption"  # two people
    RETURN = "return"  # one supervisor goes back to a release that was in force; a second confirms within a day
    EMERGENCY = "emergency"  # one person, because the one in force cannot be loaded; a second confirms within a day


class AdoptionState(StrEnum):
    """Where the adoption of a policy release stands."""

    PROPOSED = "proposed"  # waits for the second person; nothing uses it
    IN_FORCE = "in_force"  # exactly one in an installation
    REPLACED = "replaced"
    REFUSED = "refused"
    LAPSED = "lapsed"  # nobody confirmed it within a day
