"""Batches of reports: upload, review, start, follow, and download rejected rows."""

from collections.abc import Callable, Iterator
from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.batches.reads import PAGE, BatchView, access_batch, list_bad_rows, list_batches
from jaga.batches.verbs.batches import BatchMovedOn, NewBatch, cancel_batch, start_batch, submit_batch
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.core.terms.reports import BatchFormat, BatchState
from jaga.exchange.rows import COLUMNS, FileNotUsable
from jaga.people.reads.api_keys import DayUsedUp
from jaga.policy.release import load_release
from jaga.store.reads import listed_platforms
from jaga.web.batch_files import BATCH_FORMATS, BATCH_STATES, column_word, refused_csv, results_csv
from jaga.web.errors import fill, language, say, say_field, say_fields
from jaga.web.frame.forms import ConsoleForm, Text, whole_number
from jaga.web.frame.pages import page, refusal, signed_in
from jaga.web.frame.step_up import needs_step_up_if_any


class BatchForm(ConsoleForm):
    """The default values of columns that the file does not have."""

    platform = Text()
    category = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def batches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The sender's files, and the upload form. Uploading files nothing yet."""
    if request.method != "POST":
        return _list(request, actor)
    list_batches(actor=actor, limit=1)  # Anyone who may not send batches is refused before the form is validated.
    kept = BatchForm.sent(request).kept()
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _list(request, actor, kept=kept, status=422, errors={"file": [gettext("Choose a file.")]})
    try:
        sent = submit_batch(NewBatch(file.name or "", kept["platform"], kept["category"]), file.chunks(), actor=actor)
    except InvalidInput as refused:
        return _list(request, actor, kept=kept, status=refused.status, errors=say_fields(refused))
    except FileNotUsable as refused:
        return _list(request, actor, kept=kept, status=refused.status, errors={"file": [" ".join(say(refused))]})
    answer = redirect("console:batch", sent.batch_id)
    if sent.repeated:
        answer["Location"] += "?repeated=1"
    return answer


def _list(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    before = _number(request, "before")
    rows = list_batches(actor=actor, limit=PAGE + 1, before=before)
    return page(
        request,
        actor,
        "batches/batches.html",
        {
            "rows": [_batch_context(row) for row in rows[:PAGE]],
            "next": rows[PAGE - 1].batch_id if len(rows) > PAGE else None,
            "platforms": listed_platforms(),
            "columns": [column_word(column) for column in COLUMNS],
            "categories": [(one.key, one.label.say(language())) for one in load_release().categories],
            **more,
        },
        open_link="batches",
        status=status,
    )


def _number(request: HttpRequest, name: str) -> int | None:
    return whole_number(request.GET.get(name, ""))


def _batch_context(batch: BatchView) -> dict[str, object]:
    tone = {BatchState.DONE: "ok", BatchState.FAILED: "danger", BatchState.CANCELLED: "warn"}.get(batch.state, "info")
    return {
        "batch": batch,
        "state": gettext(BATCH_STATES[batch.state]),
        "tone": tone,
        "format": gettext(BATCH_FORMATS[BatchFormat(batch.format)]) if batch.format else "",
    }


@require_safe
@signed_in
def batch(request: HttpRequest, actor: Actor, batch_id: int) -> HttpResponse:
    """One file: progress, findings, first rows, and rejected rows with reasons."""
    return _page(request, actor, batch_id)


def _page(request: HttpRequest, actor: Actor, batch_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    found = access_batch(batch_id, actor=actor)
    bad = list_bad_rows(batch_id, actor=actor, after=_number(request, "after") or 0, limit=PAGE + 1)
    used = [column for column in COLUMNS if any(column in _cells(row) for row in found.sample)]
    return page(
        request,
        actor,
        "batches/batch.html",
        {
            **_batch_context(found),
            "working": found.state.is_open,
            "why": say(found.why) if found.why else None,
            "notes": [fill(*note) for note in found.notes],
            "heads": [column_word(column) for column in used],
            "sample": [(row["number"], [_cells(row).get(column, "") for column in used]) for row in found.sample],
            "bad": [
                (row, [(column_word(error.field), say_field(error)) for error in row.errors]) for row in bad[:PAGE]
            ],
            "next": bad[PAGE - 1].number if len(bad) > PAGE else None,
            "later": bool(_number(request, "after")),
            "repeated": "repeated" in request.GET,
            **more,
        },
        open_link="batches",
        status=status,
    )


def _cells(row: object) -> dict[str, str]:
    assert isinstance(row, dict)
    cells = row["cells"]
    assert isinstance(cells, dict)
    return cells


@require_POST
@signed_in
@needs_step_up_if_any
def start(request: HttpRequest, actor: Actor, batch_id: int) -> HttpResponse:
    """File its valid rows."""
    return _moved(request, actor, batch_id, lambda: start_batch(batch_id, actor=actor))


@require_POST
@signed_in
def cancel(request: HttpRequest, actor: Actor, batch_id: int) -> HttpResponse:
    """Cancel it; reports already filed stay."""
    return _moved(request, actor, batch_id, lambda: cancel_batch(batch_id, actor=actor))


def _moved(request: HttpRequest, actor: Actor, batch_id: int, verb: Callable[[], None]) -> HttpResponse:
    try:
        verb()
    except (BatchMovedOn, DayUsedUp) as no:
        return _page(request, actor, batch_id, status=no.status, refused=refusal(no))
    return redirect("console:batch", batch_id)


@require_safe
@signed_in
def refused(request: HttpRequest, actor: Actor, batch_id: int) -> HttpResponse:
    """The rejected rows as a CSV that can be corrected and uploaded again."""
    return _download(refused_csv(batch_id, actor=actor, spoken=language()), f"jaga-batch-{batch_id}-refused.csv")


@require_safe
@signed_in
def filed(request: HttpRequest, actor: Actor, batch_id: int) -> HttpResponse:
    """The filed rows with their report numbers."""
    return _download(results_csv(batch_id, actor=actor, spoken=language()), f"jaga-batch-{batch_id}-reports.csv")


def _download(lines: Iterator[bytes], name: str) -> HttpResponse:
    streamed = StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    return cast(HttpResponse, streamed)  # The frame only sets headers, which both have.
