"""Terms of reports: where they come from, whose words they hold, and messages about them.

Terms of files of many reports.

Terms of referrals to authorities and helpers. `core.referrals` has their states.

Terms of what programs find: account-linking indicators, pictures and trained models.

Terms of the watch: what reads public content, and where a watch stands.
"""

from enum import IntEnum, StrEnum


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


class IdentityReason(StrEnum):
    """Why somebody accessed a reporter's identity; recorded in the ledger."""

    DANGER = "danger"  # somebody needs help at once
    LEGAL_DUTY = "legal_duty"  # required by a law or a court
    AGREED = "agreed"  # the reporter agreed that agencies learn it
    ASKED_FOR = "asked_for"  # the reporter asked to be contacted


class SourceReason(StrEnum):
    """Why a report counts as an independent source, or as less."""

    NEW = "new"
    SAME_SENDER = "same_sender"  # the same contact or organisation as an earlier report of the case
    SAME_NETWORK = "same_network"
    SAME_WORDS = "same_words"  # nearly the same text
    BURST = "burst"  # one of many new sources within an hour
    BAD_FAITH = "bad_faith"  # earlier reports of the sender were found to be in bad faith
    WITHDRAWN = "withdrawn"
    SET_ASIDE = "set_aside"  # with all reports of an abusive sender


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
        return self in (
            MessageKind.QUESTION,
            MessageKind.INVALID_LOCATOR,
            MessageKind.WRONG_SCREENSHOT,
            MessageKind.OTHER,
        )


class YouthAnswer(StrEnum):
    """The answer to the youth check, from text and context alone, before any picture is opened."""

    NO_SIGN = "no_sign"  # nothing suggests that a minor could be shown
    MAY_BE_MINOR = "may_be_minor"  # the pictures stay closed to everyone permanently


class CopyState(StrEnum):
    """State of a picture's working copy."""

    MADE = "made"
    NOT_DRAWN = "not_drawn"  # broken, too large, or no picture; the original stays sealed


class IndicatorKind(StrEnum):
    """Account-linking indicators: what may tie two accounts together."""

    CONTACT = "contact"  # the same telephone number, link or handle elsewhere
    TEXT = "text"  # nearly the same text
    IMAGE = "image"  # the same or nearly the same picture, by hash
    HANDLE = "handle"  # a name of the same pattern


class Likelihood(StrEnum):
    """How strongly indicators link two accounts. For people to judge; nothing follows automatically."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class ModelState(StrEnum):
    """State of a trained model. Only an approved one is used; nobody approves a model that they had learnt."""

    PROPOSED = "proposed"  # learnt and measured, not used
    APPROVED = "approved"  # in use; at most one for a category
    REJECTED = "rejected"
    RETIRED = "retired"  # replaced or taken out of use; can be reinstated


class SourceKind(StrEnum):
    """What reads. The module `jaga.sources.<value>` opens it; `core.observations.settings.FORMS` has its settings."""

    PUBLIC_ROOMS = "public_rooms"  # the public rooms of a platform that an adapter reads as a member (Matrix)
    MASTODON = "mastodon"  # a server with Mastodon's API
    ATPROTO = "atproto"  # the repositories of an AT Protocol server
    WEB = "web"  # web pages and feeds
    FILE = "file"  # a file of observations in a folder of this installation
    STREAM = "stream"  # signed batches that a platform sends by itself
    BACKLOG = "backlog"  # files that `jaga take-in` reads; no module, since no worker opens them


class PushFormat(StrEnum):
    """How the rows of a batch that a platform sends are written."""

    LINES = "lines"  # JSON lines
    ARROW = "arrow"  # an Arrow IPC stream


class ObservationKind(StrEnum):
    """Whether a text appeared or replaced an earlier one of the same id."""

    NEW = "new"
    EDIT = "edit"


class CaptureState(StrEnum):
    """What was kept of a flagged page beside its text (`watch.verbs.media`)."""

    WAITING = "waiting"  # → the others
    RENDERED = "rendered"  # its answer as an archive, and a rendering with grey boxes for pictures
    PAGE_ONLY = "page_only"  # its answer, and no rendering
    TEXT_ONLY = "text_only"  # neither: the text alone


class MediaState(StrEnum):
    """Where the bytes of a picture are that a flagged observation names (`watch.verbs.media`)."""

    NAMED = "named"  # its address is known, and nobody asked for it → asked, unavailable
    ASKED = "asked"  # by a person who holds the case → kept, unavailable
    KEPT = "kept"  # among the pictures of the case
    UNAVAILABLE = "unavailable"  # it cannot be had, or may not be any more


class WatchState(StrEnum):
    """Where a watch stands (`watch.verbs`)."""

    PROPOSED = "proposed"  # by one person → running, withdrawn
    RUNNING = "running"  # started by a second person → stopped, ended
    WITHDRAWN = "withdrawn"  # never started: taken back, refused, or nobody started it in time
    STOPPED = "stopped"  # by a person, at once
    ENDED = "ended"  # by itself: its last day is over


class SourceState(StrEnum):
    """How the last reading of a running watch went. Everything but READING is shown to the team with what to do."""

    WAITING = "waiting"  # not read yet
    READING = "reading"  # the last reading succeeded
    UNREACHABLE = "unreachable"  # no usable answer; tried again by itself
    REFUSED = "refused"  # the source does not let us read: a person must act
    FAULTY = "faulty"  # it answers what cannot be used
    WENT_BACK = "went_back"  # it no longer knows what was read: a person decides where to go on
    REPEATING = "repeating"  # it sends again what was read before
    STALLED = "stalled"  # it does not return
    BUDGET_USED = "budget_used"  # the day's budget is used up; it goes on tomorrow
