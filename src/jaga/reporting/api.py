"""Send reports, singly or up to a hundred at a time, and follow them. Each sender sees only their own reports."""

import json
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from jaga.authorities.api.requests import OutcomeOut, StateOut, outcome_out
from jaga.cases.verbs.accounts import AcceptedReport, NewReport
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.people import Language
from jaga.core.terms.reports import ReporterCapacity, ReportRoute
from jaga.people.reads.api_keys import KeyHolder
from jaga.policy.release import default_language
from jaga.reporting.reads.followed_reports import SentReport, access_sent, list_sent
from jaga.reporting.verbs.intake import accept_report, accept_reports, receipt_proof
from jaga.reporting.verbs.validation import MAX_HASHES, MAX_LINKS
from jaga.store.kernel.validation import MAX_TEXT
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import Day, Text, at_most, read_json, understood, up_to
from jaga.web.api.guard import spend
from jaga.web.api.problems import Cursor, Limit, Page, Problem, UpdatedSince, cut, language_of, state_words
from jaga.web.errors import problem_details
from jaga.web.later import later_of

router = Router(tags=["reports"])
Link = Annotated[Text, Field(json_schema_extra=at_most(500))]
Digest = Annotated[Text, Field(json_schema_extra={"maxLength": 64, "pattern": SHA256_WHOLE})]
MOST_TOGETHER = 100
MOST_BYTES = 256 * 1024
MOST_BYTES_TOGETHER = 4 * 1024 * 1024


class ReportIn(BaseModel):
    """A report about one account."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"required": ["platform", "account", "category"]}
    )

    platform: Text = Field("", description="A name of GET /platforms.", json_schema_extra=at_most(60))
    account: Text = Field(
        "", description="The account's id, handle or link on that platform.", json_schema_extra=at_most(MAX_TEXT)
    )
    category: Text = Field("", description="A key of GET /categories.", json_schema_extra=at_most(60))
    text: Text = Field(
        "",
        description="What the account does, in your own words; at most 5,000 characters.",
        json_schema_extra=at_most(MAX_TEXT),
    )
    excerpt: Text = Field(
        "",
        description="What the account published, copied. Reviewers check it on the platform.",
        json_schema_extra=at_most(MAX_TEXT),
    )
    links: list[Link] = Field([], description="Up to five links to the content.", json_schema_extra=up_to(MAX_LINKS))
    conduct_on: Day | None = Field(None, description="The day of the conduct. Default: today.")
    language: Annotated[Language, Field(strict=False)] = Field(
        default_language(), description="The language of the text and of letters about the report."
    )
    route: Annotated[ReportRoute, Field(strict=False)] = Field(
        ReportRoute.ORDINARY,
        description="“victim” if the account shows somebody's intimate pictures or forces "
        "somebody; such reports are handled with priority.",
    )
    reference: Text = Field(
        "", description="Your own reference, at most 120 characters; answers repeat it.", json_schema_extra=at_most(120)
    )
    device_hashes: list[Digest] = Field(
        [], description="SHA-256 (hex) of up to twenty pictures that you keep.", json_schema_extra=up_to(MAX_HASHES)
    )
    capacity: Annotated[ReporterCapacity | None, Field(strict=False)] = Field(
        None,
        description="In what capacity you report. Needed in categories for which GET /categories lists "
        "`reporters`; authorities can omit it.",
    )


class ReportsIn(BaseModel):
    """Up to a hundred reports. Each is accepted or refused independently of the others."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"required": ["reports"]})

    reports: list[ReportIn] = Field(
        [], min_length=1, max_length=MOST_TOGETHER, description="The reports, one to a hundred."
    )


class Accepted(Schema):
    """The acknowledgement of a stored report.

    `receipt` is shown only once. `ledger_promise` is a signed promise that the ledger will contain the report.
    """

    report_id: int = Field(description="The number of the report, e.g. 1042.")
    form: str = Field(description="The legal form of the report, e.g. report or notice.")
    due_at: datetime = Field(description="The deadline for a decision.")
    receipt: str = Field(description="The code of 16 digits that follows the report without a key. Shown only once.")
    ledger_promise: str = Field(description="A signed note that the ledger will contain the report.")


class ItemOut(Schema):
    """The result for one report: either `accepted` with the acknowledgement, or `refused` with the reasons."""

    accepted: Accepted | None = Field(None, description="The acknowledgement; null if the report was refused.")
    refused: Problem | None = Field(None, description="Why the report was refused; null if it was accepted.")


class ItemsOut(Schema):
    """The results in the order of the reports, and how many were accepted and refused."""

    accepted: int = Field(description="How many reports were accepted.")
    refused: int = Field(description="How many reports were refused.")
    items: list[ItemOut] = Field(description="The result for each report, in the order in which you sent them.")


class ProofOut(Schema):
    """A proof that the published log has the report's entry (c2sp.org/tlog-proof)."""

    proof: str = Field(description="The proof as the text of a file, for `jaga receipt verify` or any other verifier.")


class ReportOut(Schema):
    """One of your reports.

    `case_reference` is null until the report has been assigned to a case, some seconds after it was sent. `due_at` is
    the deadline for a decision. `closes_at` is when a pending closure is carried out; until then it can be undone.
    """

    report_id: int = Field(description="The number of the report, e.g. 1042.")
    reference: str = Field(description="Your own reference; empty if you gave none.")
    form: str = Field(description="The legal form of the report, e.g. report or notice.")
    channel: str = Field(description="The channel through which it came, e.g. flagger.")
    platform: str = Field(description="The platform's name, as in GET /platforms.")
    account: str = Field(description="The account as you named it.")
    category: str = Field(description="The category's key, as in GET /categories.")
    received_at: datetime = Field(description="When the report was received.")
    due_at: datetime = Field(description="The deadline for a decision.")
    overdue: bool = Field(description="True if the deadline has passed without a decision.")
    urgent: bool = Field(description="True if the report is handled as urgent.")
    case_reference: str | None = Field(
        description="The case that handles it, e.g. K000017; null for some seconds after sending."
    )
    state: StateOut = Field(description="The state of the case.")
    closes_at: datetime | None = Field(description="When a pending closure is carried out; null if none is pending.")
    outcome: OutcomeOut | None = Field(description="What was decided; null before the decision.")


class ReportsOut(Page):
    """A page of reports."""

    items: list[ReportOut] = Field(description="The reports of this page, newest first.")


def _body(kind: type[BaseModel]) -> dict[str, Any]:
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": kind.model_json_schema(ref_template="#/components/schemas/{model}")}
            },
        }
    }


_REFUSALS = {400: Problem, 401: Problem, 403: Problem, 413: Problem, 415: Problem, 422: Problem, 429: Problem}


@router.post(
    "/reports",
    openapi_extra=_body(ReportIn),
    summary="Send a report on one account",
    response={201: Accepted, **_REFUSALS},
)
def send(request: HttpRequest) -> HttpResponse:
    """A report with errors is refused (422); the answer names every missing or invalid field.

    The report is stored when the answer arrives. Reviewers decide on it later.
    """
    officer, later = officer_of(request), later_of(request)
    if later is not None and later.failure is not None:
        raise later.failure
    new = as_new_report(read_json(request, MOST_BYTES), officer)
    if isinstance(new, InvalidInput):
        raise new
    spend(officer, 1)
    response = HttpResponse(status=HTTPStatus.CREATED, content_type="application/json")
    if later is not None:
        later.report = new, officer.actor
    else:
        acknowledge(request.path, response, accept_report(new, actor=officer.actor))
    return response


def acknowledge(path: str, response: HttpResponse, accepted: AcceptedReport) -> None:
    """Write the acknowledgement of a stored report into its answer."""
    response.content = json.dumps(_response(accepted), ensure_ascii=False)
    response["Location"] = f"{path}/{accepted.report_id}"
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))


@router.post(
    "/reports/batch",
    openapi_extra=_body(ReportsIn),
    summary="Send up to a hundred reports",
    response={200: ItemsOut, **_REFUSALS},
)
def send_batch(request: HttpRequest) -> HttpResponse:
    """Valid reports are stored together. Invalid ones are refused one by one and do not affect the others."""
    officer = officer_of(request)
    given = _list_of(read_json(request, MOST_BYTES_TOGETHER))
    judged = [as_new_report(one, officer) if isinstance(one, dict) else _NOT_AN_OBJECT for one in given]
    good = [one for one in judged if isinstance(one, NewReport)]
    spend(officer, len(good))
    answers = iter(accept_reports(good, actor=officer.actor) if good else ())
    results = [next(answers) if isinstance(one, NewReport) else one for one in judged]
    with translation.override(language_of(request)):
        items = [
            {"accepted": _response(one)} if isinstance(one, AcceptedReport) else {"refused": problem_details(one)}
            for one in results
        ]
    accepted = sum(isinstance(one, AcceptedReport) for one in results)
    return _json(HTTPStatus.OK, {"accepted": accepted, "refused": len(results) - accepted, "items": items})


_NOT_AN_OBJECT = InvalidInput(FieldError("reports", "wrong_type", N_("Each report is a JSON object.")))


def _list_of(body: dict[str, Any]) -> list[Any]:
    given = body.get("reports")
    if set(body) - {"reports"} or not isinstance(given, list) or not 1 <= len(given) <= MOST_TOGETHER:
        sentence = N_('Send {"reports": […]} with 1 to %(most)s reports.')
        raise InvalidInput(FieldError("reports", "wrong_type", sentence, {"most": MOST_TOGETHER}))
    return given


def as_new_report(body: dict[str, Any], officer: KeyHolder) -> NewReport | InvalidInput:
    """Parse a report; returns InvalidInput if fields cannot be read."""
    read, unreadable = understood(ReportIn, body)
    if unreadable:
        return InvalidInput(*unreadable)
    return NewReport(
        platform=read.platform,
        account=read.account,
        category=read.category,
        source=f"organisation:{officer.organisation_id}",
        text=read.text,
        excerpt=read.excerpt,
        links=tuple(read.links),
        conduct_on=read.conduct_on,
        language=read.language,
        route=read.route,
        reference=read.reference,
        device_hashes=tuple(read.device_hashes),
        channel=officer.channel,
        organisation_id=officer.organisation_id,
        officer_id=officer.person_id,
        capacity=read.capacity,
    )


def _response(accepted: AcceptedReport) -> dict[str, object]:
    return {
        "report_id": accepted.report_id,
        "form": accepted.form.value,
        "due_at": _moment(accepted.due_at),
        "receipt": accepted.receipt,
        "ledger_promise": accepted.ledger_promise,
    }


def _moment(moment: datetime) -> str:
    """The time in ISO 8601 with milliseconds, as Django Ninja formats it in other answers."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(status: HTTPStatus, content: dict[str, object]) -> HttpResponse:
    return HttpResponse(json.dumps(content, ensure_ascii=False), status=status, content_type="application/json")


@router.get(
    "/reports",
    response={200: ReportsOut, 401: Problem, 403: Problem, 422: Problem, 429: Problem},
    summary="List your reports",
)
def index(
    request: HttpRequest,
    cursor: Cursor = None,
    limit: Limit = 50,
    reference: Annotated[str | None, Field(max_length=120, description=N_("Only reports with your reference."))] = None,
    updated_since: UpdatedSince = None,
) -> ReportsOut:
    """The newest report comes first."""
    rows = list_sent(officer_of(request), before=cursor, most=limit + 1, reference=reference, since=updated_since)
    page, following = cut(rows, limit, lambda report: report.report_id)
    return ReportsOut(items=[_view(sent) for sent in page], next=following)


@router.get(
    "/reports/{int:report_id}",
    response={200: ReportOut, 401: Problem, 403: Problem, 404: Problem, 429: Problem},
    summary="Get one of your reports",
)
def show(request: HttpRequest, report_id: int) -> ReportOut:
    """Shows its state, its deadline, the decision, and whether the outcome was verified."""
    return _view(access_sent(report_id, officer_of(request)))


@router.get(
    "/reports/{int:report_id}/proof",
    response={200: ProofOut, 401: Problem, 403: Problem, 404: Problem, 429: Problem},
    summary="Get the proof that one of your reports is in the ledger",
)
def proof(request: HttpRequest, report_id: int) -> ProofOut:
    """Anybody can verify it offline. It opens the entry of this report and no other.

    It is there a few minutes after the next full hour; before that the answer is 404 (`not_published_yet`).
    """
    return ProofOut(proof=receipt_proof(access_sent(report_id, officer_of(request)).report_id).decode())


def _view(sent: SentReport) -> ReportOut:
    return ReportOut(
        report_id=sent.report_id,
        reference=sent.reference,
        form=sent.form,
        channel=sent.channel,
        platform=sent.platform,
        account=sent.account,
        category=sent.category,
        received_at=sent.received_at,
        due_at=sent.due_at,
        overdue=sent.overdue,
        urgent=sent.urgent,
        case_reference=sent.case_reference,
        state=StateOut(term=sent.state, words=state_words(sent.state)),
        closes_at=sent.closes_at,
        outcome=outcome_out(sent.outcome),
    )
