"""Terms of reports: where they come from, whose words they hold, and messages about them."""

from enum import IntEnum, StrEnum


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
