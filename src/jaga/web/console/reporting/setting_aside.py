"""All reports of one sender: what setting them aside would do, doing it, the list of it, and undoing it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.reporting.setting_aside import UNDO, CannotSetAside, UndoOver, set_reports_aside, undo_set_aside
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, JagaError
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import access_case
from jaga.records.access.reporting.set_aside import (
    MARKS_NEEDED,
    access_senders_reports,
    access_set_aside,
    list_set_aside,
)
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say, say_fields


class SetAsideForm(ConsoleForm):
    """Why the reports are set aside."""

    reasons = Text()


@require_safe
@signed_in
def sender(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """The reports of this report's sender. Supervisors only."""
    return _preview(request, actor, access_case(case_id, actor=actor), report_id)


@require_POST
@signed_in
def put_aside(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Set them aside; the input is kept on errors."""
    case = access_case(case_id, actor=actor)
    found = access_senders_reports(report_id, case_id=case.pk, actor=actor)
    reasons = SetAsideForm.sent(request).text_of("reasons")
    try:
        set_reports_aside(found.report_id, reasons, actor=actor)
    except (InvalidInput, CannotSetAside) as refused:
        return _preview(request, actor, case, report_id, reasons=reasons, refused=refused)
    return redirect("console:reports-set-aside")


@require_safe
@signed_in
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was set aside, with the way back. Supervisors only."""
    return _list(request, actor)


@require_POST
@signed_in
def undo(request: HttpRequest, actor: Actor, set_aside_id: int) -> HttpResponse:
    """Undo it."""
    try:
        undo_set_aside(access_set_aside(set_aside_id, actor=actor), actor=actor)
    except UndoOver as refused:
        return _list(request, actor, refused=refused)
    return redirect(f"{resolve_url('console:reports-set-aside')}#set-aside-{set_aside_id}")


def _preview(
    request: HttpRequest,
    actor: Actor,
    case: CaseView,
    report_id: int,
    *,
    reasons: str = "",
    refused: JagaError | None = None,
) -> HttpResponse:
    found = access_senders_reports(report_id, case_id=case.pk, actor=actor)
    return page(
        request,
        actor,
        "reporting/senders_reports.html",
        {
            "case": case,
            "found": found,
            "reasons": reasons,
            "needed": MARKS_NEEDED,
            "days": UNDO.days,
            "sentences": _sentences(refused),
        },
        status=refused.status if refused else 200,
        open_link="queue",
    )


def _list(request: HttpRequest, actor: Actor, *, refused: JagaError | None = None) -> HttpResponse:
    return page(
        request,
        actor,
        "reporting/reports_set_aside.html",
        {
            "rows": list_set_aside(actor=actor),
            "sentences": _sentences(refused),
            "days": UNDO.days,
        },
        status=refused.status if refused else 200,
        open_link="reports-set-aside",
    )


def _sentences(refused: JagaError | None) -> list[str]:
    if isinstance(refused, InvalidInput):
        return [one for several in say_fields(refused).values() for one in several]
    return list(say(refused)) if refused else []
