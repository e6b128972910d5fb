"""Upload files of many reports, start and follow them. Each sender sees only their own files."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse, UnreadablePostError
from django.utils import translation
from ninja import Router, Schema, Status
from pydantic import Field

from jaga.batches.reads import BatchView, access_batch, list_bad_rows, list_batches
from jaga.batches.verbs.batches import NewBatch, cancel_batch, start_batch, submit_batch
from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.reports import BatchState
from jaga.exchange.rows import DAMAGED, FileNotUsable, not_usable
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import Text
from jaga.web.api.problems import Cursor, FieldProblem, Limit, Page, Problem, cut, language_of
from jaga.web.batch_files import refused_csv, results_csv
from jaga.web.errors import fill, problem_details, say_field
from jaga.web.middleware import LARGEST_BODY

router = Router(tags=["batches"])
_KEY_AND_LARGE_FILE = FileNotUsable(
    N_("A file as large as this cannot be sent with an Idempotency-Key."),
    N_("Send it without: the file itself is its key."),
    code="key_and_large_file",
)
_PIECE = 256 * 1024
_FILE = {"schema": {"type": "string", "format": "binary"}}
_FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                **_FILE,
                "example": "platform,account,category,text\nobrolan,@contoh:localhost,fraud,Menipu\n",
            },
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _FILE,
            "application/x-ndjson": _FILE,
            "application/octet-stream": _FILE,
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "The file: CSV, XLSX, JSON lines or XARF v4, at most 64 MB.",
                        }
                    },
                }
            },
        },
    }
}
_CSV: dict[str, Any] = {"responses": {200: {"description": "OK", "content": {"text/csv": _FILE}}}}
_REFUSALS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 429: Problem}


class BatchOut(Schema):
    """A file of reports.

    After the check, `good`, `double` and `refused` count its valid, repeated and refused rows; `filed` counts the rows
    that have become reports. `failed` says why the file failed, or, while it is `ready`, that the daily quota of your
    key is too small for its valid rows. `notes` explain how the file was read: for example which sheet was used, in
    which line the column names are, and which default category was filled in.
    """

    batch_id: int = Field(description="The number of the file, e.g. 8.")
    name: str = Field(description="Your name for the file, or the name under which it was uploaded.")
    sha256: str = Field(description="The SHA-256 of the uploaded bytes, in hex. The same bytes are the same file.")
    size: int = Field(description="The size of the uploaded file in bytes.")
    state: BatchState = Field(description="Where the file is: received, ready, running, done, cancelled or failed.")
    format: str | None = Field(description="The format, recognised from the content; null before the check.")
    encoding: str | None = Field(
        description="The character encoding that was recognised, e.g. utf-8; null before the check."
    )
    platform: str | None = Field(description="The platform of the rows that name none; null if you gave none.")
    category: str | None = Field(description="The category of the rows that name none; null if you gave none.")
    rows: int = Field(description="The number of rows that were read, without the header.")
    good: int = Field(description="The number of valid rows.")
    double: int = Field(description="The number of rows that repeat an earlier row of the file.")
    refused: int = Field(description="The number of rows with an error.")
    filed: int = Field(description="The number of rows that have become reports.")
    ignored_columns: list[str] = Field(description="The names of columns that are not used.")
    notes: list[str] = Field(description="Sentences about how the file was read, in the language of Accept-Language.")
    failed: Problem | None = Field(
        description="Why the file failed or cannot be started now; null if nothing is wrong."
    )
    created_at: datetime = Field(description="When the file was uploaded.")
    validated_at: datetime | None = Field(description="When the check ended; null before.")
    started_at: datetime | None = Field(description="When the filing began; null before.")
    ended_at: datetime | None = Field(description="When the filing ended or was cancelled; null before.")


class BatchesOut(Page):
    """A page of files."""

    items: list[BatchOut] = Field(description="The files of this page, newest first.")


class RowOut(Schema):
    """A row that does not become a report: it has `errors`, or it repeats the row whose number is `repeats`."""

    row: int = Field(description="The row's number in the file, as a spreadsheet counts it.")
    repeats: int | None = Field(description="The number of the row that this one repeats; null if it has errors.")
    errors: list[FieldProblem] = Field(description="What is wrong with the row; empty if it repeats another.")


class RowsOut(Page):
    """A page of such rows, in the order of the file."""

    items: list[RowOut] = Field(description="The rows of this page, in the order of the file.")


@router.post(
    "/batches",
    openapi_extra=_FILE_BODY,
    summary="Upload a file of many reports",
    response={200: BatchOut, 201: BatchOut, **_REFUSALS, 413: Problem},
)
def send(
    request: HttpRequest,
    response: HttpResponse,
    name: Annotated[Text, Field(max_length=120, description=N_("Your name for the file."))] = "",
    platform: Annotated[Text, Field(max_length=60, description=N_("The platform of rows without one."))] = "",
    category: Annotated[Text, Field(max_length=60, description=N_("The category of rows without one."))] = "",
    start: Annotated[bool, Field(description=N_("File the valid rows as soon as the check is done."))] = False,
) -> Status[BatchOut]:
    """Send CSV, XLSX, JSON lines or XARF v4 as the body, or as the field `file` of a multipart form.

    The format is recognised from the content. Sending the same file again returns the existing batch (200) and files
    nothing twice, so no Idempotency-Key is needed.
    """
    officer = officer_of(request)
    actor = officer.actor
    if "Idempotency-Key" in request.headers and int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        raise _KEY_AND_LARGE_FILE  # the guard of such keys keeps no body as large as that; nothing of it may be cut off
    upload = request.FILES.get("file") if request.content_type == "multipart/form-data" else None
    if request.content_type == "multipart/form-data" and not isinstance(upload, UploadedFile):
        raise InvalidInput(FieldError("file", "missing", N_("Choose a file.")))
    given = upload.chunks() if isinstance(upload, UploadedFile) else _body(request)
    called = name or (upload.name if isinstance(upload, UploadedFile) else "") or ""
    sent = submit_batch(NewBatch(called, platform, category, start, officer.key_id), given, actor=actor)
    response["Location"] = f"{request.path}/{sent.batch_id}"
    status = HTTPStatus.OK if sent.repeated else HTTPStatus.CREATED
    return Status(status.value, _view(request, access_batch(sent.batch_id, actor=actor)))


def _body(request: HttpRequest) -> Iterator[bytes]:
    """The body in pieces. Raises FileNotUsable if it is shorter than its Content-Length."""
    stated, size = request.META.get("CONTENT_LENGTH") or "", 0
    try:
        while piece := request.read(_PIECE):
            size += len(piece)
            yield piece
    except UnreadablePostError:
        raise not_usable(DAMAGED) from None
    if stated.isdecimal() and int(stated) != size:
        raise not_usable(DAMAGED)


@router.get("/batches", response={200: BatchesOut, **_REFUSALS}, summary="List your files")
def index(request: HttpRequest, cursor: Cursor = None, limit: Limit = 50) -> BatchesOut:
    """The newest file comes first."""
    rows = list_batches(actor=_actor(request), before=cursor, limit=limit + 1)
    page, following = cut(rows, limit, lambda batch: batch.batch_id)
    return BatchesOut(items=[_view(request, one) for one in page], next=following)


@router.get("/batches/{int:batch_id}", response={200: BatchOut, **_REFUSALS}, summary="Get one of your files")
def show(request: HttpRequest, batch_id: int) -> BatchOut:
    """Shows its state and counts. Ask every few seconds while the state is `received` or `running`."""
    return _view(request, access_batch(batch_id, actor=_actor(request)))


@router.post("/batches/{int:batch_id}/start", response={200: BatchOut, **_REFUSALS}, summary="File the valid rows")
def start(request: HttpRequest, batch_id: int) -> BatchOut:
    """The file must be `ready`, or `cancelled` to continue it. Refused rows are not filed.

    The valid rows count towards the daily quota of your key. If the quota is too small for them (429), nothing is
    filed.
    """
    officer = officer_of(request)
    start_batch(batch_id, actor=officer.actor, key_id=officer.key_id)
    return show(request, batch_id)


@router.post("/batches/{int:batch_id}/cancel", response={200: BatchOut, **_REFUSALS}, summary="Stop filing the rows")
def cancel(request: HttpRequest, batch_id: int) -> BatchOut:
    """Reports that were already filed are kept. Start the file again to continue."""
    cancel_batch(batch_id, actor=_actor(request))
    return show(request, batch_id)


@router.get(
    "/batches/{int:batch_id}/rows", response={200: RowsOut, **_REFUSALS}, summary="List the refused and repeated rows"
)
def rows(request: HttpRequest, batch_id: int, cursor: Cursor = None, limit: Limit = 50) -> RowsOut:
    """In the order of the file, with the reasons. `cursor` is a row number."""
    found = list_bad_rows(batch_id, actor=_actor(request), after=cursor or 0, limit=limit + 1)
    page, following = cut(found, limit, lambda row: row.number)
    with translation.override(language_of(request)):
        items = [
            RowOut(
                row=one.number,
                repeats=one.repeats,
                errors=[
                    FieldProblem(field=error.field, code=error.code, sentence=say_field(error)) for error in one.errors
                ],
            )
            for one in page
        ]
    return RowsOut(items=items, next=following)


@router.get(
    "/batches/{int:batch_id}/refused.csv",
    openapi_extra=_CSV,
    response={**_REFUSALS},
    summary="Download the refused rows as CSV",
)
def refused(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    """Correct the rows and upload this file as a new one.

    The first columns give the reasons, in the language of Accept-Language; the original cells follow.
    """
    return _csv(refused_csv(batch_id, actor=_actor(request), spoken=language_of(request)))


@router.get(
    "/batches/{int:batch_id}/reports.csv",
    openapi_extra=_CSV,
    response={**_REFUSALS},
    summary="Download the filed reports as CSV",
)
def reports(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    """One line for each report: row number, report number, your reference and state.

    Follow a report with GET /reports/{report_id}.
    """
    return _csv(results_csv(batch_id, actor=_actor(request), spoken=language_of(request)))


def _csv(lines: Iterator[bytes]) -> StreamingHttpResponse:
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


def _actor(request: HttpRequest) -> Actor:
    return officer_of(request).actor


def _view(request: HttpRequest, batch: BatchView) -> BatchOut:
    with translation.override(language_of(request)):
        failed = Problem.model_validate(problem_details(batch.why)) if batch.why else None
        notes = [fill(*note) for note in batch.notes]
    return BatchOut(
        batch_id=batch.batch_id,
        name=batch.name,
        sha256=batch.sha256,
        size=batch.size,
        state=batch.state,
        format=batch.format or None,
        encoding=batch.encoding or None,
        platform=batch.platform or None,
        category=batch.category or None,
        rows=batch.rows,
        good=batch.good,
        double=batch.double,
        refused=batch.refused,
        filed=batch.filed,
        ignored_columns=list(batch.ignored),
        failed=failed,
        notes=notes,
        created_at=batch.created_at,
        validated_at=batch.validated_at,
        started_at=batch.started_at,
        ended_at=batch.ended_at,
    )
