"""Terms of cases: severity, evidence, possible victims, notes, and who read what."""

from enum import IntEnum, StrEnum


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


class HandedWhy(StrEnum):
    """Why a case is on a shift hand-over card."""

    LEASE = "lease"  # the person held its lease, which the hand-over ended
    ASSIGNED = "assigned"
    HELD = "held"
