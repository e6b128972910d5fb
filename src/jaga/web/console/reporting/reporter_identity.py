"""Reporters' identities, for `READERS` with a reason; every access is recorded."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jaga.casework.reporting.reporter_identity import open_identity
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.terms.reports import IdentityReason
from jaga.records.access.cases.gate import access_case
from jaga.records.access.reporting.reporter_identity import READERS, named_reports
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.step_up import needs_step_up_if_any
from jaga.web.console.reporting.case_sections import IdentityRefused
from jaga.web.errors import say_fields


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
