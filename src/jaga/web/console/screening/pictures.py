"""Pictures and letters of a case: the youth check, opening, and the bytes.

Only redrawn copies and downloadable letters are served; each opening is recorded.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.leases import LeaseLost
from jaga.casework.screening.pictures import (
    NothingToCheck,
    TooLateToUndoAnswer,
    answer_youth_check,
    open_picture,
    open_request_letter,
    undo_youth_check,
)
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.screening import YouthAnswer
from jaga.records.access.cases.gate import access_case, current_lease
from jaga.records.access.screening.pictures import PictureClosed, access_opened_copy
from jaga.web.console.cases.page import case_page, section_page
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.lease_tokens import fence_of
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.screening.case_sections import pictures_context


@require_safe
@signed_in
def pictures(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The section of the case page with its pictures, which asks for itself while copies are being drawn."""
    made = section_page(request, actor, case_id)
    shown = pictures_context(made)
    response = render(request, "console/screening/parts/pictures.html", {"case": made.case, **shown})
    if request.GET.get("answered") and not shown["youth_answer_pending"]:
        response["HX-Refresh"] = "true"  # What takes effect changes the whole page.
    return response


@require_POST
@signed_in
def youth_check(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Answer the youth check. Raises NotFound for an invalid answer."""
    row = access_case(case_id, actor=actor)
    form = YouthCheckForm.sent(request)
    answer = form.term_of("answer", YouthAnswer)
    if answer is None:
        raise NotFound
    fence = fence_of(form.text_of("lease"), row.pk, current_lease(row, actor=actor), actor)
    try:
        answer_youth_check(row.pk, fence, answer, actor=actor)
    except (LeaseLost, NothingToCheck) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), refused=refusal(refused), status=refused.status
        )
    return _back(case_id)


@require_POST
@signed_in
def undo_answer(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Take back one's own answer about minors, while that is possible; from an appeal's page, back to it."""
    row = access_case(case_id, actor=actor)
    try:
        undo_youth_check(row.pk, actor=actor)
    except TooLateToUndoAnswer as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    appeal = whole_number(YouthUndoForm.sent(request).text_of("appeal"))
    return redirect("console:appeal", appeal) if appeal else _back(case_id)


class YouthUndoForm(ConsoleForm):
    """The appeal on whose page the answer was given; empty for the case page."""

    appeal = Text()


class YouthCheckForm(ConsoleForm):
    """The lease holder's answer to the youth check."""

    answer = Text()
    lease = Text()


@require_POST
@signed_in
def open_(request: HttpRequest, actor: Actor, case_id: int, evidence_id: int) -> HttpResponse:
    """Open one picture for some minutes."""
    row = access_case(case_id, actor=actor)
    try:
        open_picture(row.pk, evidence_id, actor=actor)
    except PictureClosed as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return _back(case_id)


@require_safe
@signed_in
def picture(request: HttpRequest, actor: Actor, case_id: int, evidence_id: int) -> HttpResponse:
    """The copy this person has opened. Raises PictureClosed, NotFound."""
    content = access_opened_copy(access_case(case_id, actor=actor), evidence_id, actor=actor)
    return picture_file(content, evidence_id)


@require_POST
@signed_in
def letter(request: HttpRequest, actor: Actor, case_id: int, evidence_id: int) -> HttpResponse:
    """Download a request's letter. Raises NotFound."""
    row = access_case(case_id, actor=actor)
    try:
        content = open_request_letter(row.pk, evidence_id, actor=actor)
    except PictureClosed as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return _file(content, "application/pdf", f"{row.reference}-letter-{evidence_id}.pdf")


def picture_file(content: bytes, name: int | str) -> HttpResponse:
    """The response with a working copy. `name`: how it is numbered where its reader sees it."""
    return _file(content, "image/webp", f"picture-{name}.webp")


def _back(case_id: int) -> HttpResponse:
    return redirect(f"{resolve_url('console:case', case_id)}#pictures")


def _file(content: bytes, media: str, name: str) -> HttpResponse:
    """A file a page can embed as an image but no browser opens as a page."""
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
