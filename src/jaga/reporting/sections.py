"""Case page sections of this package: reports, mailboxes, public text, and reporters' identities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaga.authorities.verbs.orders import ASKED
from jaga.cases.reads.gate import REPORTS_SHOWN, Related
from jaga.cases.reads.reports import ReportView, TextView, public_words_of, reports_of
from jaga.core.terms.reports import IdentityReason
from jaga.reporting.console.equal_reports import TextDiff, differences, equal_groups
from jaga.reporting.reads.mailbox import MailboxView, last_new_of, mailboxes_of, newest_message_of
from jaga.reporting.reads.reopened_matters import Difference, repeat_of
from jaga.reporting.reads.reporter_identity import READERS, named_reports
from jaga.web.frame.sections import CasePage, HighlightSpan, Place, Section, cut, marked


@dataclass(frozen=True)
class EqualReport:
    """A report that says what the card's first one says, and where its texts differ."""

    report: ReportView
    texts: tuple[TextDiff, ...]
    mailbox: MailboxView

    @property
    def differs(self) -> bool:
        """Whether any text has other words than the first report's."""
        return any(text.pieces for text in self.texts)


@dataclass(frozen=True)
class HighlightedReport:
    """A report with its texts split at the signals, and the reports on this page that say the same."""

    report: ReportView
    texts: tuple[tuple[TextView, tuple[HighlightSpan, ...]], ...]
    mailbox: MailboxView
    equal: tuple[EqualReport, ...] = ()


@dataclass(frozen=True)
class Differing:
    """A report's text split at the words that are new since the dismissal."""

    new: Difference
    pieces: tuple[HighlightSpan, ...]


@dataclass(frozen=True)
class QuestionFormData:
    """A question to a reporter as typed, with errors."""

    report_id: int = 0
    text: str = ""
    errors: Sequence[str] = ()
    consent_of: int = 0  # A sentence of that report to ask consent for quoting.


@dataclass(frozen=True)
class IdentityRefused:
    """Why a reporter's identity was not shown, by field."""

    errors: Mapping[str, list[str]]


def _repeat(page: CasePage) -> Mapping[str, object]:
    """What is new since the matter was dismissed, with new words marked."""
    repeat = repeat_of(page.case, actor=page.actor) if page.case.repeats else None
    return {
        "repeat": repeat,
        "differences": [Differing(one, marked(one.text, one.places)) for one in (repeat.differences if repeat else ())],
    }


def _new_messages(page: CasePage) -> Mapping[str, object]:
    return {"last_new": last_new_of(page.case) if Related.MESSAGES in page.has else 0}


def _texts(page: CasePage) -> Mapping[str, object]:
    written = Related.MESSAGES in page.has
    reports = reports_of(page.case, [line.report_id for line in page.lines_here])
    mailboxes = mailboxes_of(page.case, page.lines_here, page.lease, written=written)
    return {
        "reports": [
            HighlightedReport(
                first,
                cut(first),
                mailboxes[first.report_id],
                tuple(EqualReport(one, differences(first, one), mailboxes[one.report_id]) for one in others),
            )
            for first, *others in equal_groups(reports)
        ],
        "page_number": page.number,
        "older": page.number + 1 if len(page.lines) > page.number * REPORTS_SHOWN else None,
        "newer": page.number - 1 if page.number > 1 else None,
        "last_message": newest_message_of(page.case) if written else 0,
        "asked": page.kept_of(QuestionFormData) or QuestionFormData(),
        "asked_kinds": ASKED,
    }


def _public_words(page: CasePage) -> Mapping[str, object]:
    return {"public_words": public_words_of(page.case) if Related.ORIGINALS in page.has else ()}


def _reporters(page: CasePage) -> Mapping[str, object]:
    refused = page.kept_of(IdentityRefused)
    return {
        "named": named_reports(page.case.pk) if Related.SENDERS in page.has else {},
        "identity_reasons": tuple(IdentityReason),
        "identity_errors": refused.errors if refused else None,
    }


SECTIONS = (
    Section(Place.EVIDENCE, 10, "reporting/parts/repeat.html", _repeat),
    Section(Place.EVIDENCE, 30, "reporting/parts/answers.html", _new_messages),
    Section(Place.EVIDENCE, 40, "reporting/parts/report_list.html", _texts),
    Section(Place.EVIDENCE, 50, "reporting/parts/public_words.html", _public_words),
    Section(
        Place.REPORTS,
        20,
        "reporting/parts/reporters.html",
        _reporters,
        roles=READERS,
        form=IdentityRefused,
    ),
)
