"""Following a report with its receipt only, and writing to the team.

Selecting messages from a chat export; the file is kept only in memory and dropped with the request.

Reading one costs more than a report, so each counts as a report in its network's limit (`limits`).

The state of a report as a sentence for its reporter.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.cases.verbs.evidence import MAX_UPLOAD_BYTES, MAX_UPLOADS, Upload
from jaga.cases.verbs.held_letters import note_refusal
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import RefusedAct
from jaga.exchange.chat_export import MOST_BYTES, MOST_MESSAGES, read_export
from jaga.policy.release import load_release
from jaga.proofs.verbs.publishing import NotPublishedYet
from jaga.reporting.public.form import as_file, as_proof
from jaga.reporting.public.visit import VisitOver, end, go_on, visited
from jaga.reporting.reads.followed_reports import FollowedReport, access_report, access_visited
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs.intake import proof_is_ready, receipt_file, receipt_proof
from jaga.reporting.verbs.mailbox import answer_consent, withdraw_consent
from jaga.reporting.verbs.validation import MAX_LINKS
from jaga.store.kernel.row_verification import RowsDiffer, require_unchanged
from jaga.store.kernel.validation import MAX_TEXT
from jaga.web.errors import say, say_fields, say_when
from jaga.web.frame.forms import whole_number
from jaga.web.once import forget_answers
from jaga.web.strangers import (
    OUTCOMES,
    ReportLost,
    TooManyTries,
    WrongReceipt,
    no_longer_here,
    no_report,
    require_length,
    throttled,
)

FIELD = "chat"
MOST_SHOWN = 60


class ChatInMemory(MemoryFileUploadHandler):
    """Keeps a chat export in memory whatever the request's size, so that no chat reaches the disk.

    Bytes beyond the limit are dropped. Other files are handled as usual.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """The request's size does not matter here."""
        self.activated = False

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Handle only the chat export."""
        self.activated = field_name == FIELD
        super().new_file(field_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep one chunk beyond the limit, which suffices to reject it."""
        beyond = self.activated and start > MOST_BYTES
        return None if beyond else super().receive_data_chunk(raw_data, start)


def read_lines(request: HttpRequest, words: str) -> tuple[str, ...]:
    """The newest messages of the uploaded export that match the words, each on one line.

    Raises InvalidInput (`chat`).
    """
    sent = request.FILES.get(FIELD)
    if sent is None:
        raise InvalidInput(FieldError(FIELD, "missing", N_("Choose the exported file first.")))
    lines = read_export(sent.read(MOST_BYTES + 1), words, MOST_SHOWN)
    if not lines:
        raise InvalidInput(
            FieldError(
                "words",
                "nothing_found",
                N_("None of the newest %(most)s messages in this file holds these words."),
                {"most": MOST_MESSAGES},
            )
        )
    return tuple(line.line() for line in lines)


STATES = {
    CaseState.RECEIVED: (N_("Received"), N_("Your report is here. It is being put in order.")),
    CaseState.IN_REVIEW: (N_("People are looking at it"), N_("A person reads your report and checks the account.")),
    CaseState.ACTING: (N_("Decided"), N_("The decision is being carried out and checked. A letter follows.")),
    CaseState.RESTORING: (N_("Being undone"), N_("The account holder appealed and won. The decision is being undone.")),
    CaseState.RESOLVED: (N_("Finished"), N_("Read the letter below.")),
}
BY_NOTICE = {
    CaseState.ACTING: N_(
        "The chat app's operator was asked to carry out the decision. We check whether it does so. A letter follows."
    ),
    CaseState.RESTORING: N_("The account holder appealed and won. The chat app's operator was asked to undo it."),
}
"""Wording where the operator's staff acts instead of Jaga."""

RECEIVED, READ, DECIDED = N_("Received"), N_("Read by a person"), N_("Decided")
CARRIED_OUT, CONFIRMED = N_("Carried out"), N_("Confirmed by our own check")
PASSED_ON, TAKEN_ON = N_("Passed on"), N_("Taken on by those who can help")
SAME_AS_DECIDED = N_("Answered: people had decided on the same report before")
NOT_CARRIED_OUT, TAKEN_BACK = N_("Could not be carried out"), N_("Withdrawn")
WITHDRAWN = (
    N_("You have withdrawn this report"),
    N_("It no longer counts. People may still decide about the account, for instance because others reported it, too."),
)
HELD = (
    N_("Restricted"),
    N_(
        "People decided that the account will be closed. It is restricted now. Before the closure its holder can "
        "read why and object. A letter follows."
    ),
)
CLOSING = (
    N_("Will be closed"),
    N_(
        "People decided that the account will be closed. Before that its holder can read why and object. A "
        "letter follows."
    ),
)
OUTCOME_ENDED = N_("Ended without effect")
OUTCOME_PASSED_ON = N_("Passed on to those who can help")
OUTCOME_REFERRING = N_("To be passed on to those who can help. They have not confirmed it yet.")
SENT = {
    "answer": N_("Your answer has arrived. Whoever works on the case sees it."),
    "evidence": N_("It has arrived. Whoever works on the case sees it."),
    "withdraw": N_("Your report is withdrawn."),
    "consent": N_("We have noted what you said about the sentence."),
}
"""Messages after a step; a URL can request only these."""


@dataclass(frozen=True)
class FollowStep:
    """One step of a report's way: its name (msgid), when it was done, and where it stands.

    `state`: done, current or later. `at` is None where the time is not told.
    """

    name: str
    state: str
    at: datetime | None = None


def steps_of(report: FollowedReport) -> tuple[FollowStep, ...]:
    """Received, read, decided, carried out, confirmed; without the last two where nothing is to be carried out.

    A step is done only once it happened. A copy that the program answered was not read again by a person. That a case
    was opened by a person says nothing about a sealed vote.
    """
    if report.withdrawn_at is not None:
        return (FollowStep(RECEIVED, "done", report.received_at), FollowStep(TAKEN_BACK, "done", report.withdrawn_at))
    if report.settled:
        return (
            FollowStep(RECEIVED, "done", report.received_at),
            FollowStep(SAME_AS_DECIDED, "done", report.letters[-1].sent_at),
        )
    names: list[tuple[str, bool, datetime | None]] = [
        (RECEIVED, True, report.received_at),
        (READ, report.read, None),
        (DECIDED, report.decided_at is not None or report.held is not None, report.decided_at),
    ]
    if report.ended:
        names.append((NOT_CARRIED_OUT, True, report.resolved_at))
    elif report.outcome is not DecisionKind.DISMISS:
        carried_out, confirmed = (
            (PASSED_ON, TAKEN_ON) if report.outcome is DecisionKind.REFER else (CARRIED_OUT, CONFIRMED)
        )
        over = report.resolved_at is not None
        names += [
            (carried_out, report.carried_out or over, None),
            (confirmed, over and not report.referring, report.resolved_at),
        ]
    done = 0
    while done < len(names) and names[done][1]:
        done += 1
    return tuple(
        FollowStep(
            name, "done" if place < done else "current" if place == done else "later", at if place < done else None
        )
        for place, (name, _, at) in enumerate(names)
    )


def meaning_of(report: FollowedReport) -> tuple[str, str]:
    """The heading and the sentence below it (msgids)."""
    if report.withdrawn_at is not None:
        return WITHDRAWN
    name, meaning = STATES[report.state]
    if report.held is not None:
        return HELD if report.held.restricted else CLOSING
    if report.resolved_at is not None and not report.letters:
        return name, N_("This case is closed.")
    return name, BY_NOTICE.get(report.state, meaning) if report.by_notice else meaning


LONGEST_INPUT = 60
STEPS = ("answer", "evidence", "withdraw", "consent")


@dataclass(frozen=True)
class Written:
    """The input on the report's page, for showing it again."""

    step: str = ""
    text: str = ""
    links: str = ""
    sure: bool = False
    consent: int = 0
    says: str = ""
    pictures: tuple[Upload, ...] = field(default=(), repr=False)


@sensitive_post_parameters("receipt", "text", "links")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """The form for the receipt; a valid one opens the visit.

    The receipt is never in a URL.

    Text written while the visit expired is carried along and shown again, not yet sent.
    """
    if request.method != "POST":
        return render(request, "public/follow.html")
    receipt, written = request.POST.get("receipt", "")[:LONGEST_INPUT], _written(request)
    try:
        require_length(receipt)
        with throttled(request):
            report = access_report(receipt)
    except (WrongReceipt, TooManyTries) as refused:
        return _refused(request, refused, receipt, written)
    except NotFound:
        return _refused(request, no_report(receipt), receipt, written)
    mailbox.open_mailbox(report.report_id)
    if written.step:
        return go_on(_page(request, report, written), report.report_id)
    return go_on(HttpResponseRedirect(reverse("public:followed")), report.report_id)


@sensitive_post_parameters("text", "links")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def followed(request: HttpRequest) -> HttpResponse:
    """The report within its visit; POST takes one step: answer, add evidence, or withdraw."""
    written = _written(request) if request.method == "POST" else Written()
    try:
        report = _visited(request)
    except (VisitOver, NotFound) as refused:
        if refused.code == ReportLost.code:
            return _refused(request, refused, "", written)
        if request.method != "POST":
            return redirect("public:follow")
        return _refused(request, VisitOver(), "", written)
    if request.method != "POST":
        return go_on(_page(request, report, sent=request.GET.get("sent", "")), report.report_id)
    try:
        _take(report, written)
    except InvalidInput as refused:
        return go_on(_page(request, report, written, say_fields(refused), status=refused.status), report.report_id)
    except JagaError as refused:
        fresh = access_visited(report.report_id)
        return go_on(_page(request, fresh, written, refused=refused, status=refused.status), report.report_id)
    return go_on(HttpResponseRedirect(f"{reverse('public:followed')}?sent={written.step}"), report.report_id)


def _visited(request: HttpRequest) -> FollowedReport:
    """The report of this visit. Raises VisitOver; ReportLost, NotFound if it no longer exists."""
    number = visited(request)
    try:
        return access_visited(number)
    except NotFound:
        raise no_longer_here(number) or NotFound from None


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """End the visit, so the next person at this device finds an empty form."""
    forget_answers(request)
    return end(redirect("public:follow"))


@never_cache
@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """The receipt's proof as a file, within the visit."""
    try:
        found = receipt_file(access_visited(visited(request)).report_id)
    except VisitOver:
        return redirect("public:follow")
    return as_file(found.content)


@never_cache
@require_safe
def published_proof(request: HttpRequest) -> HttpResponse:
    """The proof from the published log as a file, within the visit; its page again while it is not ready."""
    try:
        return as_proof(receipt_proof(access_visited(visited(request)).report_id))
    except VisitOver:
        return redirect("public:follow")
    except NotPublishedYet:
        return redirect("public:followed")


def _written(request: HttpRequest) -> Written:
    form = request.POST
    step = form.get("step", "")
    # One byte above the limit suffices to reject a file.
    files = request.FILES.getlist("pictures")[: MAX_UPLOADS + 1]
    return Written(
        step if step in STEPS else "",
        form.get("text", "").replace("\r\n", "\n"),
        form.get("links", "").replace("\r\n", "\n"),
        form.get("sure") == "yes",
        whole_number(form.get("consent", "")) or 0,
        form.get("says", ""),
        tuple(Upload(file.read(MAX_UPLOAD_BYTES + 1)) for file in files),
    )


def _take(report: FollowedReport, written: Written) -> None:
    """Run the requested step. Raises what its action raises, InvalidInput for none."""
    if written.step == "answer":
        mailbox.write_back(report.report_id, written.text, actor=PUBLIC)
    elif written.step == "evidence":
        links = tuple(link.strip() for link in written.links.splitlines() if link.strip())
        mailbox.add_evidence(report.report_id, mailbox.NewEvidence(written.text, links, written.pictures), actor=PUBLIC)
    elif written.step == "withdraw":
        if not written.sure:
            raise InvalidInput(FieldError("sure", "missing", N_("Tick this if you really want to withdraw it.")))
        mailbox.withdraw_report(report.report_id, written.text, actor=PUBLIC)
    elif written.step == "consent":
        _take_consent(report, written)
    else:
        raise NotFound


def _take_consent(report: FollowedReport, written: Written) -> None:
    if written.says == "withdraw":
        withdraw_consent(report.report_id, written.consent, actor=PUBLIC)
    elif written.says in ("yes", "no"):
        answer_consent(report.report_id, written.consent, agreed=written.says == "yes", actor=PUBLIC)
    else:
        raise NotFound


def _is_changed(report: FollowedReport) -> bool:
    """Whether a letter is not what the ledger recorded, was emptied, or was inserted past Jaga: then an alarm says
    so.
    """
    try:
        require_unchanged(("letter", number) for number in report.letter_ids)
    except RowsDiffer as differs:
        if report.case_id is not None:
            note_refusal(RefusedAct.RECEIPT, report.case_id, differs, actor=SYSTEM)
        return True
    return False


def _page(
    request: HttpRequest,
    report: FollowedReport,
    written: Written | None = None,
    errors: dict[str, list[str]] | None = None,
    *,
    refused: JagaError | None = None,
    sent: str = "",
    status: int = 200,
) -> HttpResponse:
    name, meaning = meaning_of(report)
    outcome = OUTCOME_ENDED if report.ended else OUTCOMES[report.outcome] if report.outcome else ""
    if report.outcome is DecisionKind.REFER:
        outcome = OUTCOME_REFERRING if report.referring else OUTCOME_PASSED_ON
    letters_changed = _is_changed(report)
    return render(
        request,
        "public/followed.html",
        {
            "report": report,
            "state": name,
            "meaning": meaning,
            "category": load_release().category(report.category),
            "steps": steps_of(report),
            "outcome": "" if letters_changed else outcome,
            "letters_changed": letters_changed,
            "letters": () if letters_changed else report.letters,
            "written": written or Written(),
            "errors": errors or {},
            "refused": " ".join(say(refused)) if refused else "",
            "sent": SENT.get(sent, ""),
            "proof_is_ready": proof_is_ready(report.report_id),
            "most_links": MAX_LINKS,
            "most_files": MAX_UPLOADS,
            "most": MAX_TEXT,
        },
        status=status,
    )


def _refused(request: HttpRequest, refused: JagaError, receipt: str, written: Written) -> HttpResponse:
    errors = {"receipt": [" ".join(say(refused))]}
    response = render(
        request,
        "public/follow.html",
        {
            "errors": errors,
            "receipt": receipt,
            "written": written,
            "lost_pictures": bool(written.pictures),
            "lost": isinstance(refused, ReportLost),
        },
        status=refused.status,
    )
    say_when(response, refused)
    return response
