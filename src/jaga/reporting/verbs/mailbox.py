"""The mailbox of a report: the team asks its reporter, who answers, adds evidence, or withdraws the report.

Each report has its own, so that reporters of one case never see each other's messages. A caller acting as
`core.actors.PUBLIC` has checked the receipt, which is the permission.

Access to a reporter's identity; each access is recorded in the ledger with its reason.

Consent of a reporter to quote a sentence, asked in the mailbox, one sentence at a time.

Whoever wrote the sentence recognises it, and with it the reporter. So the reporter is told this and must agree. Consent
can be withdrawn until the sentence is used in an outgoing text. A refusal or silence has no effect on the report.
"""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext, override

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.verbs.evidence import Upload, check_uploads, media_type, seal
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.cases import EvidenceKind, PendingEnd
from jaga.core.terms.outside import HookEvent
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IdentityReason, MessageKind
from jaga.decisions.verbs.interim_restrictions import halt_pending_decision, stop_for_word
from jaga.queue.verbs.assignment import lift_for_news
from jaga.reporting.models import QuoteConsent, ReportMessage
from jaga.reporting.reads.followed_reports import OFFICERS, takes_pictures
from jaga.reporting.reads.reporter_identity import ReporterIdentityView, access_identity
from jaga.reporting.verbs.merging import count_reports
from jaga.reporting.verbs.quotable_text import occurs_in_report, require_no_quotes
from jaga.reporting.verbs.validation import MAX_LINKS
from jaga.store.kernel.jobs import defer_triage
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_text, required_text
from jaga.webhooks.verbs import queue_event

MOST_TO_US = 40
"""Messages that a reporter or officer may send about one report; each is read by a person."""
MOST_PICTURES = 20


class MailboxClosed(Conflict):
    """The case is decided; nobody would read the message in time."""

    code = "mailbox_closed"
    sentence = N_("The case is decided and takes no more messages. This one was not stored.")
    remedy = N_("If something new happens, send a new report.")


class ReportWithdrawn(Conflict):
    """The reporter withdrew the report."""

    code = "report_withdrawn"
    sentence = N_("This report was withdrawn, so nothing more is written here.")
    remedy = N_("If you want to report it again, send a new report.")


class NobodyThere(Conflict):
    """Nobody can be asked about the watcher's observation, or a report without a receipt."""

    code = "nobody_there"
    sentence = N_("Nobody can be asked about this report: it came without a receipt.")
    remedy = N_("Decide by what it says, or wait for other reports.")


class NotFiledYet(Conflict):
    """Pictures are sealed into a case, and the report has none yet."""

    code = "not_filed_yet"
    sentence = N_("Your report is still being put in order, so pictures cannot be added yet. Nothing was stored.")
    remedy = N_("Try again in a minute, or send the text and the links alone.")


class TooManyMessages(Conflict):
    """The limit of messages is reached."""

    code = "too_many_messages"
    status = 429
    sentence = N_("You have sent very many messages about this report. This one was not stored.")
    remedy = N_("Wait until the team has answered. If somebody is in danger, call the police.")


class UnreadByVoter(Conflict):
    """A reporter wrote something that is not on the voter's page."""

    code = "unread_by_voter"
    sentence = N_("A reporter has written something since you opened this page, so nothing was decided.")
    remedy = N_("Read it beside the report, then send your decision again. Your text is kept on the page.")


@dataclass(frozen=True)
class NewEvidence:
    """What a reporter adds to a report."""

    text: str = ""
    links: tuple[str, ...] = ()
    pictures: tuple[Upload, ...] = field(default=(), repr=False)


@transaction.atomic
def write_to_reporter(report_id: int, text: str, *, kind: MessageKind = MessageKind.QUESTION, actor: Actor) -> int:
    """Send a message to the sender of this report; they read it with the receipt, officers by API and console.

    The text must not contain what only other reporters of the case know. Repeating the same words before an answer has
    no effect. Irreversible. Returns the message's id. Raises NotPermitted, NotFound, NobodyThere, ReportWithdrawn,
    MailboxClosed, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    report = open_report(report_id, actor=actor)
    if report.case is None:
        raise NotFound
    if report.receipt_hash is None and report.officer_id is None:
        raise NobodyThere
    required_text("question", text, least=1, needed=N_("Write what you want to know."))
    require_no_quotes("question", text, report.case, known_to=report)
    last = report.messages.order_by("-pk").first()
    if last and last.from_us and (last.kind, last.text) == (kind, text.strip()):
        return last.pk
    row = _write(report, kind, text, from_us=True, by=person)
    queue_event(HookEvent.CLARIFICATION_ASKED, report=report)
    append("ask_reporter", {"report": report.pk, "message": row.pk, "kind": kind}, actor=actor, case_id=report.case.pk)
    return row.pk


@transaction.atomic
def write_back(report_id: int, text: str, *, kind: MessageKind = MessageKind.ANSWER, actor: Actor) -> int:
    """Store a reporter's or officer's answer; the queue marks the case until it is read.

    Returns the message's id.

    Repeating the same words has no effect. Raises NotFound (also for an officer of another organisation),
    ReportWithdrawn, MailboxClosed, TooManyMessages, InvalidInput; then nothing is stored.
    """
    report = _own_of_mailbox(report_id, actor)
    required_text("answer", text, least=1, needed=N_("Write your answer."))
    repeated = _repeated(report, kind, text)
    if repeated:
        return repeated
    row = _write(report, kind, text, from_us=False, by=actor.person_id)
    append("answer_question", {"report": report.pk, "message": row.pk}, actor=actor, case_id=report.case_id)
    _stop_what_waits(report, actor)
    return row.pk


@transaction.atomic
def add_evidence(report_id: int, new: NewEvidence, *, actor: Actor) -> int:
    """Add text, links and pictures to a report, by the rules of the report form; returns the message's id.

    No pictures are taken where victims may be shown. Links and pictures are sealed. Raises as `write_back`, and
    NotFiledYet for pictures of a report without a case.
    """
    report = _own_of_mailbox(report_id, actor)
    _check_evidence(report, new)
    text = "\n".join(part for part in (new.text.strip(), *new.links) if part)
    repeated = None if new.pictures else _repeated(report, MessageKind.EVIDENCE, text)
    if repeated:
        return repeated
    row = _write(report, MessageKind.EVIDENCE, text, from_us=False, by=actor.person_id)
    if report.case is not None:
        _seal(report.case, report, row, new, actor)
    append(
        "add_evidence",
        {"report": report.pk, "message": row.pk, "links": len(new.links), "pictures": len(new.pictures)},
        actor=actor,
        case_id=report.case_id,
    )
    _stop_what_waits(report, actor)
    return row.pk


@transaction.atomic
def withdraw_report(report_id: int, text: str = "", *, actor: Actor) -> None:
    """Withdraw a report: it no longer counts as a source.

    Its case continues; only people end one. Irreversible; idempotent.

    What was sent is kept as long as the case. Raises NotFound, MailboxClosed once the case is decided, InvalidInput.
    """
    report = _own_of_mailbox(report_id, actor, withdrawn=True)
    if report.withdrawn_at is not None:
        return
    required_text("withdrawal", text, least=0)
    row = _write(report, MessageKind.WITHDRAWAL, text, from_us=False, by=actor.person_id)
    report.withdrawn_at = row.at
    report.save(update_fields=["withdrawn_at"])
    if report.case is not None:
        count_reports(report.case)
        if report.case.state in JOINABLE_STATES:
            defer_triage(report.case.pk)
    append("withdraw_report", {"report": report.pk}, actor=actor, case_id=report.case_id)
    _stop_what_waits(report, actor)


def open_mailbox(report_id: int) -> None:
    """Mark the team's messages as read, once. No ledger entry is made, since when a reporter reads is private."""
    ReportMessage.objects.filter(report_id=report_id, from_us=True, read_at__isnull=True).update(read_at=now())


@transaction.atomic
def mark_read(case_id: int, up_to: int, *, actor: Actor) -> int:
    """Mark reporters' messages of a case as read, up to this message; returns how many.

    The queue's mark ends with the last of them. Raises NotPermitted, NotFound.
    """
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    new = ReportMessage.objects.filter(report__case=case, from_us=False, read_at__isnull=True, pk__lte=up_to)
    read = new.update(read_at=now())
    if read:
        append("read_messages", {"messages": read, "up_to": up_to}, actor=actor, case_id=case.pk)
    return read


def require_messages_read(case: Case, last_message: int) -> None:
    """Refuse a vote on a locked case if a reporter wrote after message `last_message`. Raises UnreadByVoter."""
    if ReportMessage.objects.filter(report__case=case, from_us=False, pk__gt=last_message).exists():
        raise UnreadByVoter


def _stop_what_waits(report: Report, actor: Actor) -> None:
    """Stop a pending decision because of a message that no voter has read, or hold it for a supervisor.

    A message from an authority's officer always returns the case to review.
    """
    if report.case is not None and report.organisation_id is not None:
        halt_pending_decision(report.case, PendingEnd.HEARD, actor=actor)
    elif report.case is not None:
        stop_for_word(report.case, report, PendingEnd.HEARD, actor=actor)


def _own_of_mailbox(report_id: int, actor: Actor, *, withdrawn: bool = False) -> Report:
    """The sender's own report, locked and open for their messages. Raises as `write_back`."""
    report = open_report(report_id, actor=actor, withdrawn=withdrawn)
    if actor.person_id is not None:
        actor.require(Role.OFFICER)
        if report.officer_id is None or report.organisation_id != actor.organisation_id:
            raise NotFound
    elif report.form in OFFICERS or report.receipt_hash is None:
        raise NotFound
    if report.messages.filter(from_us=False).count() >= MOST_TO_US and report.withdrawn_at is None and not withdrawn:
        raise TooManyMessages
    return report


def open_report(report_id: int, *, actor: Actor, withdrawn: bool = False) -> Report:
    """The report with its case, both locked, the case first. Raises NotFound, ReportWithdrawn, MailboxClosed."""
    while True:
        case_id = Report.objects.filter(pk=report_id).values_list("case_id", flat=True).first()
        case = locked_case(case_id, actor=actor) if case_id is not None else None
        report = Report.objects.select_for_update(of=("self",)).filter(pk=report_id).first()
        if report is None:
            raise NotFound
        if report.case_id == case_id:  # otherwise it was filed or moved meanwhile: lock the new case
            break
    report.case = case
    if report.withdrawn_at is not None and not withdrawn:
        raise ReportWithdrawn
    if case is not None and case.decided_at is not None and report.withdrawn_at is None:
        raise MailboxClosed
    return report


def write_message(report: Report, kind: MessageKind, text: str, *, by: int) -> ReportMessage:
    """Add a message of the team to the mailbox of a locked report."""
    return _write(report, kind, text, from_us=True, by=by)


def _write(report: Report, kind: MessageKind, text: str, *, from_us: bool, by: int | None) -> ReportMessage:
    if not from_us and report.case is not None:
        lift_for_news(report.case)
    return ReportMessage.objects.create(
        report=report, from_us=from_us, kind=kind, text=text.strip(), by_id=by, at=now()
    )


def _repeated(report: Report, kind: MessageKind, text: str) -> int | None:
    last = report.messages.order_by("-pk").first()
    same = last is not None and not last.from_us and (last.kind, last.text) == (kind, text.strip())
    return last.pk if last is not None and same else None


def _check_evidence(report: Report, new: NewEvidence) -> None:
    errors = [*check_text("text", new.text), *check_uploads("pictures", new.pictures)]
    if len(new.links) > MAX_LINKS:
        errors.append(FieldError("links", "too_many", N_("At most %(most)s links."), {"most": MAX_LINKS}))
    for link in new.links:
        errors.extend(check_text("links", link, 500))
    if not (new.text.strip() or new.links or new.pictures):
        errors.append(FieldError("text", "missing", N_("Write something, or add a link or a picture.")))
    if new.pictures and not takes_pictures(report):
        errors.append(
            FieldError(
                "pictures",
                "not_here",
                N_(
                    "For this kind of report pictures are not taken, to protect the person in them. Describe it in "
                    "words."
                ),
            )
        )
    elif new.pictures:
        sealed = Evidence.objects.filter(report=report, kind=EvidenceKind.SCREENSHOT).count()
        if sealed + len(new.pictures) > MOST_PICTURES:
            errors.append(
                FieldError(
                    "pictures", "too_many", N_("At most %(most)s pictures for one report."), {"most": MOST_PICTURES}
                )
            )
    if errors:
        raise InvalidInput(*errors)
    if new.pictures and report.case is None:
        raise NotFiledYet


def _seal(case: Case, report: Report, message: ReportMessage, new: NewEvidence, actor: Actor) -> None:
    name = f"report-{report.pk}-message-{message.pk}"
    for number, upload in enumerate(new.pictures, 1):
        media = media_type(upload.content) or "application/octet-stream"
        seal(
            case,
            report,
            EvidenceKind.SCREENSHOT,
            f"{name}-screenshot-{number}",
            upload.content,
            media=media,
            actor=actor,
        )
    if new.links:
        seal(
            case,
            report,
            EvidenceKind.LINK,
            f"{name}-links.txt",
            "\n".join(new.links).encode(),
            media="text/plain",
            actor=actor,
        )


@transaction.atomic
def open_identity(report_id: int, why: IdentityReason, *, actor: Actor) -> ReporterIdentityView:
    """Reveal who sent this report, once; the access is recorded in the same commit. Raises as `access_identity`."""
    identity = access_identity(report_id, why, actor=actor)
    append("open_identity", {"report": report_id, "why": why}, actor=actor, case_id=identity.case_id)
    return identity


LONGEST_SENTENCE = 500
MOST_ASKED = 10
ASKED = N_(
    "May we quote this sentence of yours in our letters to the account's holder or the app's operator?\n\n"
    "“%(sentence)s”\n\nWhoever wrote it to you may recognise you by it. You need not allow it: your report "
    "counts the same. Answer with “Yes” or “No” below."
)


class ConsentAskedBefore(Conflict):
    """The reporter was asked about this sentence before."""

    code = "consent_asked_already"
    sentence = N_("The reporter was asked about this sentence before.")
    remedy = N_("Go by the answer; without one, say only the kind of conduct.")


class ConsentSettled(Conflict):
    """The consent was answered or withdrawn before, or the sentence was used."""

    code = "consent_settled"
    sentence = N_("This was settled before: the sentence was answered about, taken back, or used already.")
    remedy = N_("Look at the page again.")


@transaction.atomic
def ask_consent(report_id: int, sentence: str, *, actor: Actor) -> int:
    """Ask the sender of this report whether a sentence may be quoted; returns the consent's id.

    Not in victim-first cases, whose contents stay closed. Raises NotPermitted, NotFound, NobodyThere,
    ConsentAskedBefore, ReportWithdrawn, MailboxClosed, InvalidInput (field `sentence`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    report = open_report(report_id, actor=actor)
    if report.case is None:
        raise NotFound
    if report.receipt_hash is None or report.officer_id is not None or report.case.victim_first:
        raise NobodyThere
    text = sentence.strip()
    errors = check_text("sentence", text, LONGEST_SENTENCE)
    if not text or not occurs_in_report(text, report):
        errors.append(FieldError("sentence", "not_theirs", N_("Copy a sentence as the reporter wrote it to us.")))
    if errors:
        raise InvalidInput(*errors)
    asked = list(report.consents.values_list("sentence", flat=True))
    if text in asked:
        raise ConsentAskedBefore
    if len(asked) >= MOST_ASKED:
        raise InvalidInput(
            FieldError("sentence", "too_many", N_("At most %(most)s sentences of one report."), {"most": MOST_ASKED})
        )
    row = QuoteConsent.objects.create(report=report, sentence=text, asked_by_id=person, asked_at=now())
    with override(report.language):
        write_message(report, MessageKind.NOTE, gettext(ASKED) % {"sentence": text}, by=person)
    append("ask_consent", {"report": report.pk, "consent": row.pk}, actor=actor, case_id=report.case.pk)
    return row.pk


@transaction.atomic
def answer_consent(report_id: int, consent_id: int, *, agreed: bool, actor: Actor) -> None:
    """Store the reporter's answer, once. Raises NotFound, ConsentSettled."""
    row = _own_of_quote_consents(report_id, consent_id)
    if row.agreed is not None or row.report.withdrawn_at is not None:
        raise ConsentSettled
    row.agreed, row.answered_at = agreed, now()
    row.save(update_fields=["agreed", "answered_at"])
    append("answer_consent", {"consent": row.pk, "agreed": agreed}, actor=actor, case_id=row.report.case_id)


@transaction.atomic
def withdraw_consent(report_id: int, consent_id: int, *, actor: Actor) -> None:
    """Withdraw a consent, even after the decision, unless the sentence was used.

    Irreversible.

    Raises NotFound, ConsentSettled.
    """
    row = _own_of_quote_consents(report_id, consent_id)
    if not row.may_be_quoted or row.used_at is not None:
        raise ConsentSettled
    row.withdrawn_at = now()
    row.save(update_fields=["withdrawn_at"])
    append("withdraw_consent", {"consent": row.pk}, actor=actor, case_id=row.report.case_id)


def _own_of_quote_consents(report_id: int, consent_id: int) -> QuoteConsent:
    """The consent, locked, of a report whose receipt the caller has checked.

    Raises NotFound; officers are not asked.
    """
    Report.objects.select_for_update(of=("self",)).filter(pk=report_id).first()
    row = (
        QuoteConsent.objects.select_for_update(of=("self",))
        .select_related("report")
        .filter(pk=consent_id, report_id=report_id, report__receipt_hash__isnull=False)
        .first()
    )
    if row is None:
        raise NotFound
    return row
