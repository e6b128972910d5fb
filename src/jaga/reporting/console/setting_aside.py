"""All reports of one sender: what setting them aside would do, doing it, the list of it, and undoing it.

The estimate of a case's independent sources, and marking a report as made in bad faith.

Reporters' identities, for `READERS` with a reason; every access is recorded.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from jaga.cases.reads.case_view import CaseView
from jaga.cases.reads.gate import access_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.errors import Conflict, InvalidInput, JagaError, NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IdentityReason
from jaga.desk.cases.page import case_page
from jaga.reporting.reads.reporter_identity import READERS, named_reports
from jaga.reporting.reads.set_aside import (
    MARKS_NEEDED,
    access_mark,
    access_reported,
    access_senders_reports,
    access_set_aside,
    list_set_aside,
    sources_in,
)
from jaga.reporting.sections import IdentityRefused
from jaga.reporting.verbs.independent_sources import mark_bad_faith, withdraw_bad_faith
from jaga.reporting.verbs.mailbox import open_identity
from jaga.reporting.verbs.setting_aside import UNDO, CannotSetAside, UndoOver, set_reports_aside, undo_set_aside
from jaga.web.errors import say, say_fields
from jaga.web.frame.forms import ConsoleForm, Text
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.step_up import needs_step_up_if_any


class BadFaithForm(ConsoleForm):
    """Why a report was made in bad faith."""

    reasons = Text()


@require_safe
@signed_in
def sources(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The estimate with its reasons, report by report."""
    return _page(request, actor, access_case(case_id, actor=actor))


@require_POST
@signed_in
def mark(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Mark a report of a dismissed case as made in bad faith; the input is kept on errors."""
    case = access_case(case_id, actor=actor)
    found = access_reported(report_id, case_id=case.pk, actor=actor)
    reasons = BadFaithForm.sent(request).text_of("reasons")
    try:
        mark_bad_faith(found, reasons, actor=actor)
    except (Conflict, InvalidInput) as refused:
        return _page(request, actor, case, refused=refused, about=found, reasons=reasons)
    return redirect(f"{resolve_url('console:sources', case_id)}#report-{found}")


@require_POST
@signed_in
def withdraw(request: HttpRequest, actor: Actor, case_id: int, mark_id: int) -> HttpResponse:
    """Withdraw a mark. Supervisors only."""
    case = access_case(case_id, actor=actor)
    withdraw_bad_faith(access_mark(mark_id, case_id=case.pk, actor=actor), actor=actor)
    return redirect("console:sources", case_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    case: CaseView,
    *,
    refused: JagaError | None = None,
    about: int | None = None,
    reasons: str = "",
) -> HttpResponse:
    listed = None
    if isinstance(refused, InvalidInput):
        listed = [sentence for sentences in say_fields(refused).values() for sentence in sentences]
    elif refused is not None:
        listed = list(say(refused))
    return page(
        request,
        actor,
        "reporting/independent_sources.html",
        {
            "case": case,
            "sources": sources_in(case, actor=actor),
            "sentences": listed,
            "about": about,
            "reasons": reasons,
            "may_mark": case.state == CaseState.RESOLVED and not case.victim_first,
            "may_withdraw": Role.SUPERVISOR in actor.roles,
        },
        status=refused.status if refused else 200,
        open_link="queue",
    )


class OpenIdentityForm(ConsoleForm):
    """Why the identity is shown."""

    why = Text()


@never_cache
@require_POST
@signed_in
@needs_step_up_if_any
def show_identity(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Show name and contact once. Raises NotPermitted for anyone but `READERS`, NotFound."""
    actor.require(*READERS)  # First, so that a refusal does not say which reports have an identity.
    row = access_case(case_id, actor=actor)
    why = OpenIdentityForm.sent(request).term_of("why", IdentityReason)
    if why is None or report_id not in named_reports(row.pk):
        raise NotFound
    try:
        identity = open_identity(report_id, why, actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, IdentityRefused(say_fields(refused)), status=refused.status)
    return page(
        request, actor, "reporting/identity_opened.html", {"case": row, "identity": identity}, open_link="queue"
    )


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
