"""The estimate of a case's independent sources, and marking a report as made in bad faith."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.reporting.abusive_reports import mark_bad_faith, withdraw_bad_faith
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.errors import Conflict, InvalidInput, JagaError
from jaga.core.terms.people import Role
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import access_case
from jaga.records.access.reporting.independent_sources import access_mark, access_reported, sources_in
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say, say_fields


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
