"""The ledger for auditors, and the history of one case. Read only."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.records.access.cases.gate import access_case_history
from jaga.records.access.cases.history import PAGE, history_of, list_entries, see_ledger_status
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.ledger.sentences import rendered


@require_safe
@signed_in
def history(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A case's history, without content or accounts."""
    row = access_case_history(case_id, actor=actor)
    return page(request, actor, "ledger/history.html", {
        "case": row, "stage": row.stage, "entries": rendered(history_of(row, actor=actor)),
    }, open_link="ledger")


@require_safe
@signed_in
def ledger(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The ledger's status, and its entries, newest first."""
    entries = list_entries(before=whole_number(request.GET.get("before", "")), actor=actor)
    return page(request, actor, "ledger/ledger.html", {
        "status": see_ledger_status(actor=actor), "entries": rendered(entries),
        "before": entries[-1].number if len(entries) == PAGE else None,
    }, open_link="ledger")
