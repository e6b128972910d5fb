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
    FLAGGER = "flagger"  # a trusted flagger (DSA art. 22): reports with priority, and requests nothing

    @property
    def is_authority(self) -> bool:
        """Whether it may send requests (MR5 art. 14: ministry, agency, law enforcement)."""
        return self not in (OrganisationKind.OPERATOR, OrganisationKind.FLAGGER)


class Role(StrEnum):
    """What a person may do. A person may hold several, but each verb asks for one."""

    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    CONTACT = "contact"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    FLAGGER = "flagger"  # a person of a trusted flagger


class RegistrationStatus(StrEnum):
    """Where the registration of an officer (or of a trusted flagger's person) stands. Only ACTIVE may ask."""

    ACTIVE = "active"
    INVITED = "invited"  # the one-time link was sent and not used yet
    NOT_CALLED_BACK = "not_called_back"  # signed in; nobody of ours has telephoned yet
    EXPIRED = "expired"  # not renewed in time
    SUSPENDED = "suspended"
    UNREGISTERED = "unregistered"  # never was, was removed, or is no officer any more


class Theme(StrEnum):
    """The colours in which a person reads the console."""

    AUTO = "auto"  # as the device is set
    LIGHT = "light"
    DARK = "dark"


class FactorKind(StrEnum):
    """What somebody shows beside the password."""

    TOTP = "totp"  # six digits of an app, new every half minute
    PASSKEY = "passkey"
    RECOVERY = "recovery"  # a code from the list on paper, good once


class GuessLimit(StrEnum):
    """By what wrong passwords and codes are counted."""

    ADDRESS = "address"
    NETWORK = "network"
    NAME = "name"  # tries of devices on which nobody has signed in under it
    DEVICE = "device"  # tries of one on which somebody has
    TURN = "turn"  # name and address, while the name is being guessed at


class Channel(StrEnum):
    """The door through which a report came in."""

    PUBLIC = "public"
    MINISTRY = "ministry"
    POLICE = "police"
    AGENCY = "agency"
    WATCH = "watch"
    FLAGGER = "flagger"  # a trusted flagger (DSA art. 22)
    APP = "app"  # the report button inside a chat app, passed on by its platform


class TextKind(StrEnum):
    """Whose words a text holds. Only what an account was seen to publish scores, groups or ties accounts."""

    WORDS = "words"  # the sender's own, about the account
    EXCERPT = "excerpt"  # what the sender says the account published: a claim
    PUBLISHED = "published"  # what the account published, as a source, its platform or one of our people saw it


class ReporterCapacity(StrEnum):
    """As whom somebody reports, where only certain people may (`policy.limits.WHO_MAY_REPORT`)."""

    PICTURED = "pictured"  # the person in the picture
    GUARDIAN = "guardian"  # who has the care of that person, or of the child who holds the account
    PARENT = "parent"  # of the child who holds the account
    PLATFORM = "platform"  # the operator of the very platform
    AUTHORITY = "authority"  # a ministry, the police or another agency, by its own door


class ReportRoute(StrEnum):
    """Which way through the form a public report took."""

    ORDINARY = "ordinary"
    VICTIM = "victim"  # about the reporter, or somebody who may be harmed: nothing is asked in return, nothing is slow


class Lane(IntEnum):
    """In which order accepted reports are put into their cases. It hastens or delays the filing, never the judgement.
    """

    URGENT = 0
    ORDINARY = 1
    SLOW = 2  # of a file that we bring in ourselves: others pass it


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


class IdentityReason(StrEnum):
    """Why somebody looked at who reported; it stands in the ledger."""

    DANGER = "danger"  # somebody must be helped at once
    LEGAL_DUTY = "legal_duty"  # a law or a court obliges us
    AGREED = "agreed"  # the reporter agreed that agencies learn it
    ASKED_FOR = "asked_for"  # the reporter asked to be called or written to


class YouthAnswer(StrEnum):
    """What a person answers, from text and context alone, before any picture of a case is opened."""

    NO_SIGN = "no_sign"  # nothing suggests that a minor could be in the pictures
    MAY_BE_MINOR = "may_be_minor"  # the pictures stay closed to everyone, for ever


class CopyState(StrEnum):
    """Where the working copy of a sealed picture stands."""

    MADE = "made"
    NOT_DRAWN = "not_drawn"  # the picture is broken, too large, or no picture; the original stays sealed


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


OPEN_ACTION_STATES = tuple(state for state in ActionState if state.is_open)


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


class PlatformTask(StrEnum):
    """What the worker asks a platform for. Each is left alone by itself when the answers cannot be used."""

    ROOMS = "rooms"  # new messages in public rooms
    REPORTS = "reports"  # what people reported by their app
    NAMES = "names"  # whose a handle is
    CHECKS = "checks"  # whether an account is still as decided
    ACTIONS = "actions"  # the steps of an action


class SetAsideKind(StrEnum):
    """What a platform sent that could not be kept as it is."""

    MESSAGE = "message"
    REPORT = "report"
    ROOM = "room"
    CURSOR = "cursor"


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


class ProofKind(StrEnum):
    """How it was seen that an order is its officer's own."""

    SIGNATURE = "signature"  # the officer's key signed the exact bytes that came in
    STEP_UP = "step_up"  # a second factor was confirmed in the console just before
    CALL_BACK = "call_back"  # held at first; a supervisor telephoned the authority and released it
    EARLIER = "earlier"  # filed before orders were signed: a bearer key alone


class HeldState(StrEnum):
    """What became of a request that was held."""

    HELD = "held"
    RELEASED = "released"
    REJECTED = "rejected"


class LedgerFaultReason(StrEnum):
    """What the sequencer found in the ledger and did not sign unseen."""

    UNREADABLE = "unreadable"  # the row holds no entry that could ever have been hashed
    NUMBER = "number"  # its number was never drawn from the ledger's sequence
    VERB = "verb"  # no version of Jaga enters that
    HASH = "hash"  # its content is not what its hash says
    UNSIGNED_HEAD = "unsigned_head"  # the linked entries and the newest checkpoint do not end at the same place


class HeldReason(StrEnum):
    """Why a request was held instead of filed."""

    NOT_SIGNED = "not_signed"
    WRONG_SIGNATURE = "wrong_signature"
    STALE_SIGNATURE = "stale_signature"
    NO_SIGNING_KEY = "no_signing_key"
    REVOKED_SIGNING_KEY = "revoked_signing_key"
    REPLAYED_MESSAGE = "replayed_message"  # the id of the signed message was used before
    REPLAYED_NUMBER = "replayed_number"  # another letter or other accounts under a number that was used
    CHANGED_LETTER = "changed_letter"  # the letter's hash is not the one that was named
    WRONG_AGENCY = "wrong_agency"  # the legal basis is not this authority's to invoke
    NOT_IN_STANDING = "not_in_standing"  # the officer is expired, suspended or not called back
    UNKNOWN_SENDER = "unknown_sender"  # the bearer key opens nothing


class VoiceReason(StrEnum):
    """Why a report counts as a voice of its own in its case, or as less."""

    NEW = "new"
    SAME_SENDER = "same_sender"  # the same contact or organisation was heard in this case
    SAME_NETWORK = "same_network"
    SAME_WORDS = "same_words"  # nearly the same text
    BURST = "burst"  # one of many new voices within an hour
    BAD_FAITH = "bad_faith"  # people judged earlier reports of the same sender to be made in bad faith
    WITHDRAWN = "withdrawn"


class Likelihood(StrEnum):
    """How strongly traces tie two accounts together. For people to judge; nothing follows by itself."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class KeyScope(StrEnum):
    """What a key to the API opens."""

    REPORTS_WRITE = "reports:write"
    REPORTS_READ = "reports:read"
    REQUESTS_WRITE = "requests:write"
    REQUESTS_READ = "requests:read"
    BATCHES_WRITE = "batches:write"
    WEBHOOKS_MANAGE = "webhooks:manage"


class HookEvent(StrEnum):
    """What a sender's own software is told of (webhooks out). Never what was said, nor by whom."""

    REPORT_FILED = "report.filed"
    REPORT_DECIDED = "report.decided"
    REPORT_VERIFIED = "report.verified"
    REQUEST_FILED = "request.filed"
    REQUEST_DECIDED = "request.decided"
    REQUEST_VERIFIED = "request.verified"
    CLARIFICATION_ASKED = "clarification.asked"
    ENDPOINT_TEST = "endpoint.test"  # asked for by whoever keeps the endpoint, to see whether messages arrive


class DeliveryState(StrEnum):
    """Where a webhook's message stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"  # the receiver answered 2xx
    DEAD = "dead"  # days of attempts are over, or the receiver wants no more; kept in sight, and can be sent again


class MessageKind(StrEnum):
    """What a message between the team and whoever reported is."""

    QUESTION = "question"  # of the team
    ANSWER = "answer"
    EVIDENCE = "evidence"  # the reporter adds something by themselves
    WITHDRAWAL = "withdrawal"  # the reporter takes the report back
    NOTE = "note"  # of the team; asks for no answer
    INVALID_LOCATOR = "invalid_locator"  # the account cannot be found from what was sent
    WRONG_SCREENSHOT = "wrong_screenshot"  # the picture shows another account
    OTHER = "other"  # another correction that is asked for

    @property
    def asks(self) -> bool:
        """Whether an answer is waited for."""
        return self in (MessageKind.QUESTION, MessageKind.INVALID_LOCATOR, MessageKind.WRONG_SCREENSHOT,
                        MessageKind.OTHER)


class PeriodKind(StrEnum):
    """What public figures are counted for, in Jakarta's days."""

    DAY = "day"
    MONTH = "month"


class AppealState(StrEnum):
    """Where an appeal stands."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class AppealWay(StrEnum):
    """How an appeal came."""

    CODE = "code"  # on the code's page
    LETTER = "letter"
    IN_PERSON = "in_person"
    HELPER = "helper"  # by legal aid, a helpline, or another body that is named


class IdentityCheck(StrEnum):
    """By what it was checked that an appeal on paper is the holder's. That somebody says so is none of them."""

    HAS_LETTER = "has_letter"  # they brought the letter with the code
    KNOWN_CONTACT = "known_contact"  # called or written back at a contact that was known before the report
    IDENTITY_PAPER = "identity_paper"  # a paper that fits what the operator knows of the account's holder
    HELPER_VOUCHES = "helper_vouches"  # a named body checked it and signed for it


class Ground(StrEnum):
    """Why: against the law, or against the platform's terms (DSA art. 17(3)(d), (e))."""

    ILLEGAL_CONTENT = "illegal_content"
    INCOMPATIBLE_CONTENT = "incompatible_content"


class BatchState(StrEnum):
    """Where a batch of rows stands."""

    RECEIVED = "received"  # sealed; the worker will look at it
    READY = "ready"  # looked at: what its rows are is known, and nothing of it was filed
    RUNNING = "running"  # started: its good rows are being filed, some thousands in a commit
    DONE = "done"  # every good row is a report
    CANCELLED = "cancelled"  # stopped by a person; what was filed before stays. It can be started again
    FAILED = "failed"  # cannot be read, with the reason; sent again, it is looked at again

    @property
    def is_open(self) -> bool:
        """Whether the worker has something to do with it."""
        return self in (BatchState.RECEIVED, BatchState.RUNNING)


class BatchFormat(StrEnum):
    """What a batch is written in. Told by its content, never by its name."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    XARF = "xarf"


class VictimState(StrEnum):
    """Whether a case takes the victim-first way, in which its holder may be the victim. Machines and reporters propose
    it; people confirm or lift it with the two votes that decide the case, and nothing else does."""

    NONE = "none"
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    LIFTED = "lifted"  # people found that nobody here is a victim; only new content proposes it again

    @property
    def protects(self) -> bool:
        """Whether the case takes the victim-first way now."""
        return self in (VictimState.PROPOSED, VictimState.CONFIRMED)


class VictimSay(StrEnum):
    """What a vote says of it, as a part of the vote."""

    CONFIRM = "confirm"
    LIFT = "lift"


class HolderCheckKind(StrEnum):
    """How somebody who asks for the reasons of a victim-first case was checked. The code proves nothing there."""

    IN_PERSON = "in_person"
    POST = "post"  # to an address that was known before the report
    BODY = "body"  # through a helpline or legal aid body that the release names


class HelpReach(StrEnum):
    """Whether an account can still reach help on its platform while it is restricted."""

    WRITES = "writes"
    READS = "reads"  # messages reach it, and it cannot answer
    NOTHING = "nothing"
    UNKNOWN = "unknown"  # the operator's people do it


class VictimCause(StrEnum):
    """What brought a case where it stands."""

    WORDS = "words"  # of a report, or its category
    PICTURE = "picture"  # on a list of known pictures
    YOUTH = "youth"  # a person saw a sign of a minor
    MOVED = "moved"  # with the reports of another case
    ACCOUNT = "account"  # people confirmed it once in another case of the account
    VOTES = "votes"


class LookedAt(StrEnum):
    """What of people's data somebody saw; each look is kept."""

    CASE = "case"  # the page of a case, or a part of it
    HISTORY = "history"
    IDENTITY = "identity"  # who reported
    PICTURE = "picture"
    LETTER = "letter"  # a sealed or written letter
    APPEAL = "appeal"
    SEARCH = "search"  # a list that was searched; of no single case
    GRAPH = "graph"  # linked accounts
    EXPORT = "export"  # a package for an authority
    NOTICE = "notice"  # what is asked of an operator
    ORDER = "order"  # by the officer's organisation
    REPORT = "report"  # by whoever sent it
    BATCH = "batch"  # a file of reports
    REQUEST = "request"  # one that is held, or asks for data


class Clearance(StrEnum):
    """What a person must have been let into by a supervisor before such cases are shown at all."""

    CHILD_SAFETY = "child_safety"


class NoteKind(StrEnum):
    """With which step somebody of the team wrote a note on a case."""

    NOTE = "note"  # by itself
    ASSIGN = "assign"
    HOLD = "hold"
    ESCALATE = "escalate"
    HAND_BACK = "hand_back"
    REROUTE = "reroute"


class HandedWhy(StrEnum):
    """Why a case stands on the card of a shift hand-over."""

    LEASE = "lease"  # the person was at it; handing over has ended that
    ASSIGNED = "assigned"
    HELD = "held"


class CommitEnd(StrEnum):
    """How the waiting of an irreversible decision ended."""

    COMMITTED = "committed"  # its moment came, and it was made
    UNDONE = "undone"  # a voter or a supervisor took it back
    HEARD = "heard"  # a reporter wrote something that nobody had read when voting
    VICTIM = "victim"  # a sign that the holder or somebody shown may be a victim
    NOT_ALLOWED = "not_allowed"  # policy, platform or the case itself no longer admit it
    LAPSED = "lapsed"  # a vote that it rests on counts no longer
    APPEALED = "appealed"  # the holder's appeal succeeded before it was made


class Lapse(StrEnum):
    """Why an earlier act of a person counts no longer."""

    INACTIVE = "inactive"  # the person's access was ended, or is suspended
    ROLE = "role"  # the person no longer holds the role that the act takes
    CLEARANCE = "clearance"  # the person no longer has the clearance that the case needs
    CONFLICT = "conflict"  # the person asked for it on behalf of an authority
    RELEASE = "release"  # another policy release has come into force since
    OTHER_VOTE = "other_vote"  # of a vote: another vote of its case counts no longer, and people judge anew


class CaseAlarmKind(StrEnum):
    """What a supervisor is alarmed about: somebody who worked on a case no longer may, or time runs out."""

    RETURNED = "returned"  # the case is back in the queue
    UNDER_WAY = "under_way"  # a decision that rests on the person is being carried out, and is not stopped
    HALF_TIME = "half_time"  # half of an urgent case's time is over, and nobody has decided it
    LAST_QUARTER = "last_quarter"  # a quarter of its time, or less, is left
    APPEAL_OVERDUE = "appeal_overdue"  # an appeal should have been answered by now
    REFERRAL_WAITS = "referral_waits"  # half of a referral's time is over, and nobody has confirmed it
    REFERRAL_OVERDUE = "referral_overdue"  # its time is over, and nobody has confirmed it
    REFERRAL_UNREVIEWED = "referral_unreviewed"  # one person referred at once, and no second has reviewed it in time
    RESTRICTION_REVIEW = "restriction_review"  # half of a victim-first restriction's time is over


LAPSE_ALARMS = (CaseAlarmKind.RETURNED, CaseAlarmKind.UNDER_WAY)
CASE_CLOCK_ALARMS = (CaseAlarmKind.HALF_TIME, CaseAlarmKind.LAST_QUARTER)
REFERRAL_ALARMS = (CaseAlarmKind.REFERRAL_WAITS, CaseAlarmKind.REFERRAL_OVERDUE, CaseAlarmKind.REFERRAL_UNREVIEWED)
OUTSIDE_ALARMS = (*CASE_CLOCK_ALARMS, CaseAlarmKind.APPEAL_OVERDUE, *REFERRAL_ALARMS)
"""Those that also go to somebody outside the console."""
CLOCK_ALARMS = (*OUTSIDE_ALARMS, CaseAlarmKind.RESTRICTION_REVIEW)
"""Those about time. A review tells that a case is victim-first: outside it is only said that something waits."""


class ReferralWay(StrEnum):
    """How a referral reaches its receiver."""

    OFFICER = "officer"  # registered officers read it on their page
    MAIL = "mail"  # a mail with a number and a link; the code that opens it is told by telephone
    BY_HAND = "by_hand"  # one of ours calls or hands it over, and records who took it


class Danger(StrEnum):
    """What danger a referral names. Only the first two let one person refer at once."""

    LIFE = "life"  # somebody may die or be badly hurt
    CHILD = "child"  # a child is or may be hurt
    FORCED = "forced"  # somebody is held, sold or forced
    HARM = "harm"  # another harm to a person


AT_ONCE_DANGERS = (Danger.LIFE, Danger.CHILD)


class ReferralProof(StrEnum):
    """By what it is known that the receiver has a referral."""

    LINK = "link"  # they opened the mail's link with the code
    OFFICER = "officer"  # an officer confirmed it on their page
    RECORDED = "recorded"  # one of ours recorded a call or a handing over: who, when, their number


class ReferralOutcome(StrEnum):
    """What came of a referral."""

    TAKEN_UP = "taken_up"
    PASSED_ON = "passed_on"  # the receiver gave it to another office
    NOT_THEIRS = "not_theirs"  # it comes back, and people choose another receiver
    NO_ANSWER = "no_answer"  # nobody confirmed it in time: it comes back
    NOT_REACHED = "not_reached"  # it could not be sent, e.g. the receiver left the release: it comes back

    @property
    def comes_back(self) -> bool:
        """Whether people must choose another receiver."""
        return self in (ReferralOutcome.NOT_THEIRS, ReferralOutcome.NO_ANSWER, ReferralOutcome.NOT_REACHED)


class AlarmWay(StrEnum):
    """How an alarm leaves the console."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class UndoReason(StrEnum):
    """Why people took a decision back before its commit."""

    MISTAKE = "mistake"  # a wrong key, a wrong account
    SECOND_THOUGHT = "second_thought"  # the same facts, judged otherwise
    NEW_FACT = "new_fact"  # something came to light
    OTHER = "other"  # said in the note


class Language(StrEnum):
    """The product's languages, the default first."""

    INDONESIAN = "id"
    ENGLISH = "en"


class MeasuredBy(StrEnum):
    """Over what the agreement between people is measured."""

    ALL = "all"
    CATEGORY = "category"
    LANGUAGE = "language"
    REVIEWER = "reviewer"


class ModelState(StrEnum):
    """Where a learnt model stands. Only an approved one is asked, and nobody approves what they had learnt alone."""

    PROPOSED = "proposed"  # learnt and measured; nothing uses it
    APPROVED = "approved"  # in use; at most one for a category
    REJECTED = "rejected"
    RETIRED = "retired"  # replaced, or taken out of use; can be put back
