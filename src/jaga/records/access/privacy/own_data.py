"""One's own report by its receipt, or one's own statement and appeal by the code: at once, and nothing more.

Both come from what the code's own page shows (`followed_reports`, `statement`), field by field, so this cannot show
what that page hides: a victim-first case looks like any other restriction.
"""

from dataclasses import dataclass
from datetime import date, datetime

from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Language
from jaga.records.access.appeals.statement import FiledAppeal, HeldStatement
from jaga.records.access.reporting.followed_reports import FollowedReport
from jaga.records.models import CorrectionNote, ReporterIdentity

REPORT_FORMAT = "jaga.person-data.report.v1"
LETTER_FORMAT = "jaga.person-data.letter.v1"


@dataclass(frozen=True)
class OwnMessage:
    """A message of the mailbox."""

    from_us: bool
    text: str
    at: datetime


@dataclass(frozen=True)
class OwnReport:
    """What its sender gets of a report. Name and contact are not shown, only whether they were given: whoever finds
    the number on a phone must not learn who reported."""

    format: str
    reference: str
    platform: str
    account: str
    category: str
    received_at: datetime
    conduct_on: date
    words: str
    excerpt: str
    places: str
    pictures: int
    withdrawn_at: datetime | None
    gave_a_contact: bool
    messages: tuple[OwnMessage, ...]
    letters: tuple[str, ...]
    corrections: tuple[str, ...]


@dataclass(frozen=True)
class LetterAppeal:
    """The appeal as the code's page shows it; texts are empty where the page shows none."""

    filed_at: datetime
    text: str
    state: str
    overturned: bool  # By the first or the second answer.
    answered_at: datetime | None
    answer: str
    second_message: str
    second_answer: str


@dataclass(frozen=True)
class OwnLetter:
    """What the holder of a code gets: what its page shows. `statement` is empty where that shows no reasons.

    With `closes_at` the account is restricted ahead of a closure; `taken_back` closures never happened.
    """

    format: str
    reference: str
    platform: str
    account: str
    decision: DecisionKind
    decided_at: datetime
    ends_at: datetime | None
    closes_at: datetime | None
    taken_back: bool
    appeal_until: datetime
    statement: str
    appeal: LetterAppeal | None


def own_report(report: FollowedReport) -> OwnReport:
    """The report that its receipt opened (`access_report`)."""
    wrote = report.wrote
    assert wrote is not None  # access_report always reads it
    return OwnReport(
        REPORT_FORMAT,
        report.reference,
        report.platform,
        report.account,
        report.category,
        report.received_at,
        wrote.conduct_on,
        wrote.text,
        wrote.excerpt,
        wrote.places,
        wrote.pictures,
        report.withdrawn_at,
        ReporterIdentity.objects.filter(report=report.report_id).exists(),
        tuple(OwnMessage(one.from_us, one.text, one.at) for one in report.messages),
        tuple(one.body for one in report.letters),
        tuple(CorrectionNote.objects.filter(report=report.report_id).order_by("pk").values_list("text", flat=True)),
    )


def own_letter(statement: HeldStatement, language: Language) -> OwnLetter:
    """The statement that its code opened (`access_statement`)."""
    return OwnLetter(
        LETTER_FORMAT,
        statement.reference,
        statement.platform,
        statement.account,
        statement.kind,
        statement.decided_at,
        statement.ends_at,
        statement.closes_at,
        statement.taken_back,
        statement.appeal_until,
        statement.body(language),
        _appeal(statement.appeal),
    )


def _appeal(filed: FiledAppeal | None) -> LetterAppeal | None:
    if filed is None:
        return None
    reply = filed.reply
    return LetterAppeal(
        filed.filed_at,
        filed.text,
        filed.state.value,
        filed.overturned,
        filed.decided_at,
        filed.reasons,
        reply.text if reply else "",
        reply.reasons if reply else "",
    )
