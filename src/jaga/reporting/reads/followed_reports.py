"""A reporter's view of their own report, by receipt or within the visit the receipt opened.

When a report changed from its sender's point of view.

Votes, access and notes do not count, so a program that polls every minute learns nothing about the review.

Reports sent with an API key, as their sender sees them: state and outcome.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.cases.models.decisions import Action, Decision, Letter, Verification
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import RequestOutcomeView, is_overdue, outcome_of
from jaga.cases.reads.letters import HeldAccount, closes_at, held_before_closing
from jaga.core.cases import CaseState, seen_from_outside
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, ActionState, DecisionKind, EvidenceKind
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, MessageKind, ReportForm, ReportRoute
from jaga.people.reads.api_keys import KeyHolder
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.release import load_release
from jaga.reporting.models import ReportMessage
from jaga.reporting.reads.mailbox import ConsentView, consents_of
from jaga.store.codes import RECEIPT_DIGITS, digits_of, receipt_hash
from jaga.store.reads import erased_at, log_access

OFFICERS = (ReportForm.REQUEST, ReportForm.ORDER)
"""Officers follow their reports through the API and the console, never by receipt."""
_LETTER = "reporter_"
ENDED, SETTLED, REFERRING = f"{_LETTER}ended", f"{_LETTER}settled", f"{_LETTER}referring"


@dataclass(frozen=True)
class SentLetter:
    """A letter to this reporter."""

    letter_id: int
    body: str
    language: Language
    sent_at: datetime


@dataclass(frozen=True)
class MailboxMessage:
    """One mailbox message of this report. It never names the team member who wrote it."""

    number: int
    from_us: bool
    kind: MessageKind
    text: str
    at: datetime
    waits: bool  # A question of the team not answered yet.


@dataclass(frozen=True)
class OwnWords:
    """What the reporter sent with the report, for their own eyes."""

    text: str
    excerpt: str
    places: str
    conduct_on: date
    pictures: int


@dataclass(frozen=True)
class FollowedReport:
    """What a reporter sees of their report.

    `state` hides a sealed vote, and other reporters' text is left out.

    `reference` is empty until the report is in a case. `outcome` is what the latest letter says: the decision, or None
    if there is a letter saying it could not be carried out.
    """

    report_id: int
    reference: str
    platform: str
    by_notice: bool  # The app's operator is asked, and its staff act.
    account: str
    category: str
    state: CaseState
    received_at: datetime
    due_at: datetime
    overdue: bool
    decided_at: datetime | None
    resolved_at: datetime | None
    withdrawn_at: datetime | None
    letters: tuple[SentLetter, ...]
    letter_ids: tuple[int, ...]  # Also of letters whose words were erased.
    case_id: int | None  # Never shown.
    outcome: DecisionKind | None
    ended: bool  # Decided, but ended without effect.
    referring: bool  # Decided to refer, and no receiver has confirmed yet.
    messages: tuple[MailboxMessage, ...]
    takes_pictures: bool
    consents: tuple[ConsentView, ...]  # Sentences of the reporter that the team asked to quote.
    discreet: bool  # Filed by the victim's route: the page title reveals nothing.
    read: bool = False  # A person has opened the case for work since the report was filed.
    carried_out: bool = False  # Whoever acts says that everything decided is done; our own check may still be due.
    wrote: OwnWords | None = None
    settled: bool = False  # A copy of a report that people had decided, answered by the program.
    held: HeldAccount | None = None
    erased_at: datetime | None = None  # What was written, both ways.

    @property
    def open(self) -> bool:
        """Whether a message from the reporter still reaches the people who decide."""
        return self.decided_at is None and self.withdrawn_at is None

    @property
    def waiting(self) -> tuple[MailboxMessage, ...]:
        """Questions of the team that wait for an answer."""
        return tuple(message for message in self.messages if message.waits)


def wrong_length(receipt: str) -> int | None:
    """How many digits were typed, if no receipt has as many; otherwise None."""
    count = len(digits_of(receipt))
    return None if count == RECEIPT_DIGITS else count


def access_report(receipt: str) -> FollowedReport:
    """The report with this receipt. Raises NotFound, whether the receipt is wrong, missing or an officer's."""
    return _followed(receipt_hash=receipt_hash(receipt))


def access_visited(report_id: int) -> FollowedReport:
    """The report of a visit opened earlier by its receipt (`store.codes.open_visit`). Raises NotFound."""
    return _followed(pk=report_id, receipt_hash__isnull=False)


def takes_pictures(report: Report) -> bool:
    """Whether the report may have pictures; never where they may show a victim."""
    hidden = report.route == ReportRoute.VICTIM or (report.case is not None and report.case.victim_first)
    hidden = hidden or report.category in WHO_MAY_REPORT
    return not hidden and not load_release().category(report.category).victim_first


def _followed(**key: Any) -> FollowedReport:
    report = Report.objects.filter(**key).exclude(form__in=OFFICERS).select_related("case", "subject__platform").first()
    if report is None:
        raise NotFound
    case, platform = report.case, report.subject.platform
    decided_at = case.decided_at if case else None
    letters = list(Letter.objects.filter(report=report).order_by("sent_at", "pk"))
    return FollowedReport(
        report_id=report.pk,
        reference=case.reference if case else "",
        platform=platform.display_name,
        by_notice=platform.by_notice,
        account=report.subject.account_id,
        category=report.category,
        state=seen_from_outside(CaseState(case.state)) if case else CaseState.RECEIVED,
        received_at=report.received_at,
        due_at=report.due_at,
        overdue=report.withdrawn_at is None and is_overdue(report.due_at, case),
        decided_at=decided_at,
        resolved_at=case.resolved_at if case else None,
        withdrawn_at=report.withdrawn_at,
        letters=tuple(
            SentLetter(letter.pk, letter.body, Language(letter.language), letter.sent_at)
            for letter in letters
            if letter.body
        ),
        letter_ids=tuple(letter.pk for letter in letters),
        case_id=report.case_id,
        outcome=_outcome(letters[-1].key) if letters else None,
        ended=bool(letters) and letters[-1].key == ENDED,
        referring=bool(letters) and letters[-1].key == REFERRING,
        messages=_messages(report),
        takes_pictures=takes_pictures(report),
        consents=consents_of([report.pk]).get(report.pk, ()),
        discreet=report.route == ReportRoute.VICTIM,
        read=_is_read(report),
        carried_out=case is not None and _is_carried_out(case.pk),
        wrote=_own_words(report),
        settled=bool(letters) and letters[-1].key == SETTLED,
        held=held_before_closing(case, report.subject_id) if case else None,
        erased_at=erased_at(report.key_owner()),
    )


def _is_read(report: Report) -> bool:
    """Whether a person held the case after the report came into it. Says nothing about votes, which are sealed."""
    case = report.case
    if case is None or report.filed_at is None:
        return False
    held = case.leases.filter(
        Q(released_at__isnull=True) | Q(released_at__gte=report.filed_at), expires_at__gte=report.filed_at
    )
    return case.decided_at is not None or held.exists()


def _is_carried_out(case_id: int) -> bool:
    """Whether each action of the case is done, or said to be done by the operator that was asked."""
    actions = Action.objects.filter(decision__case=case_id)
    answered = Q(
        state=ActionState.WAITING,
        notice__state=NoticeState.ANSWERED,
        notice__answer__in=(AnswerKind.DONE, AnswerKind.ALREADY),
    )
    return actions.exists() and not actions.exclude(Q(state=ActionState.DONE) | answered).exists()


def _own_words(report: Report) -> OwnWords:
    return OwnWords(
        report.text,
        report.excerpt,
        report.place,
        report.conduct_on,
        report.evidence.filter(kind=EvidenceKind.SCREENSHOT).count(),
    )


def _outcome(key: str) -> DecisionKind | None:
    """The outcome a letter states, or None if it states no effect."""
    if key == ENDED:
        return None
    if key == REFERRING:
        return DecisionKind.REFER
    return DecisionKind.DISMISS if key == SETTLED else DecisionKind(key.removeprefix(_LETTER))


def _messages(report: Report) -> tuple[MailboxMessage, ...]:
    rows = list(report.messages.order_by("pk"))
    last_answer = max((row.pk for row in rows if not row.from_us and row.kind == MessageKind.ANSWER), default=0)
    return tuple(
        MailboxMessage(
            row.pk,
            row.from_us,
            MessageKind(row.kind),
            row.text,
            row.at,
            row.from_us and MessageKind(row.kind).asks and row.pk > last_answer,
        )
        for row in rows
    )


def changed_since(moment: datetime) -> Q:
    """A filter for reports that at or after `moment` were received, joined a case, or were withdrawn, decided,
    verified, finished, asked about or written to.
    """
    own = {"case": OuterRef("case_id"), "subject": OuterRef("subject_id")}
    decided = Decision.objects.filter(**own, provisional=False, decided_at__gte=moment)
    verified = Verification.objects.filter(
        action__decision__case=OuterRef("case_id"), action__decision__subject=OuterRef("subject_id"), at__gte=moment
    )
    return (
        Q(received_at__gte=moment)
        | Q(filed_at__gte=moment)
        | Q(withdrawn_at__gte=moment)
        | Q(case__decided_at__gte=moment)
        | Q(case__resolved_at__gte=moment)
        | Exists(decided)
        | Exists(verified)
        | Exists(ReportMessage.objects.filter(report=OuterRef("pk"), at__gte=moment))
        | Exists(Letter.objects.filter(report=OuterRef("pk"), sent_at__gte=moment))
    )


_FORMS = (ReportForm.REPORT, ReportForm.NOTICE)


@dataclass(frozen=True)
class SentReport:
    """One report as its sender sees it. Its state is received until it is in a case."""

    report_id: int
    reference: str
    form: ReportForm
    channel: Channel
    platform: str
    account: str
    category: str
    received_at: datetime
    due_at: datetime
    overdue: bool
    urgent: bool
    case_reference: str | None
    state: CaseState
    outcome: RequestOutcomeView | None
    closes_at: datetime | None = None  # Restricted, where the platform can, until the closure at this moment.


def list_sent(
    officer: KeyHolder, *, before: int | None, most: int, reference: str | None = None, since: datetime | None = None
) -> tuple[SentReport, ...]:
    """The sender's own reports, newest first: at most `most`, with numbers below `before`.

    `since` limits them to reports with news for their sender from that moment on (`reporting.reads.followed_reports`).
    """
    rows = _own(officer).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if reference is not None:
        rows = rows.filter(reference=reference)
    if since is not None:
        rows = rows.filter(changed_since(since))
    log_access(None, AccessKind.REPORT, actor=officer.actor)
    return tuple(_view(report) for report in rows[:most])


def access_sent(report_id: int, officer: KeyHolder) -> SentReport:
    """One of the sender's own reports. Raises NotFound for anyone else's, so numbers reveal nothing."""
    report = _own(officer).filter(pk=report_id).first()
    if report is None:
        raise NotFound
    log_access(report.case_id, AccessKind.REPORT, actor=officer.actor)
    return _view(report)


def _own(officer: KeyHolder) -> QuerySet[Report]:
    return Report.objects.filter(
        form__in=_FORMS,
        officer_id=officer.person_id,
        organisation_id=officer.organisation_id,
    ).select_related("case", "subject__platform")


def _view(report: Report) -> SentReport:
    case = report.case
    decided = case is not None and case.decided_at is not None
    return SentReport(
        report_id=report.pk,
        reference=report.reference,
        form=ReportForm(report.form),
        channel=Channel(report.channel),
        platform=report.subject.platform.name,
        account=report.subject.account_id,
        category=report.category,
        received_at=report.received_at,
        due_at=report.due_at,
        overdue=is_overdue(report.due_at, case),
        urgent=report.urgent,
        case_reference=case.reference if case is not None else None,
        state=seen_from_outside(CaseState(case.state)) if case is not None else CaseState.RECEIVED,
        outcome=outcome_of(report) if decided else None,
        closes_at=closes_at(case, report.subject_id) if case else None,
    )
