"""Following a report with its receipt only, and writing to the team."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.cases.evidence import MAX_UPLOAD_BYTES, MAX_UPLOADS, Upload
from jaga.casework.cases.row_refusals import note_refusal
from jaga.casework.kernel.row_verification import RowsDiffer, require_unchanged
from jaga.casework.kernel.validation import MAX_TEXT
from jaga.casework.ledger.proofs import NotPublishedYet
from jaga.casework.reporting import mailbox
from jaga.casework.reporting.quote_consents import answer_consent, withdraw_consent
from jaga.casework.reporting.receipts import proof_is_ready, receipt_file, receipt_proof
from jaga.casework.reporting.validation import MAX_LINKS
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.ledger import RefusedAct
from jaga.policy import load_release
from jaga.records.access.reporting.followed_reports import FollowedReport, access_report, access_visited
from jaga.web.console.frame.form_values import whole_number
from jaga.web.errors import say, say_fields, say_when
from jaga.web.once import forget_answers
from jaga.web.public.base.guess_limits import TooManyTries, throttled
from jaga.web.public.base.lost_reports import (
    ReportLost,
    WrongReceipt,
    no_longer_here,
    no_report,
    require_length,
)
from jaga.web.public.base.words import OUTCOMES
from jaga.web.public.reporting.follow_words import (
    OUTCOME_ENDED,
    OUTCOME_PASSED_ON,
    OUTCOME_REFERRING,
    SENT,
    meaning_of,
    steps_of,
)
from jaga.web.public.reporting.proofs import as_file, as_proof
from jaga.web.public.reporting.visit import VisitOver, end, go_on, visited

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
