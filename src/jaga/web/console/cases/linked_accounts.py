"""Other accounts of the same holder: added to a case manually with a reason, and removed again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST

from jaga.casework.cases.errors import AlreadyVoted
from jaga.casework.queue.leases import LeaseTaken
from jaga.casework.queue.linked_accounts import link_account, unlink_account
from jaga.core.actors import Actor
from jaga.core.errors import IllegalTransition, InvalidInput
from jaga.records.access.cases.gate import access_case
from jaga.web.console.cases.forms import LinkFormData
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


class LinkForm(ConsoleForm):
    """Another account of the same holder, and the reason."""

    platform = Text()
    account = Text()
    why = Text()


@require_POST
@signed_in
def link(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Add the account and return to its place on the case page; on errors the input is kept."""
    row = access_case(case_id, actor=actor)
    form = LinkForm.sent(request)
    sent = LinkFormData(form.text_of("platform"), form.text_of("account"), form.text_of("why"))
    try:
        link_account(row.pk, sent.platform, sent.account, sent.why, actor=actor)
    except InvalidInput as refused:
        wrong = LinkFormData(sent.platform, sent.account, sent.why, say_fields(refused))
        return case_page(request, actor, row, wrong, status=refused.status)
    except (AlreadyVoted, LeaseTaken, IllegalTransition) as refused:
        return case_page(request, actor, row, sent, refused=refusal(refused), status=refused.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#linked")


@require_POST
@signed_in
def unlink(request: HttpRequest, actor: Actor, case_id: int, link_id: int) -> HttpResponse:
    """Remove the account. Raises NotFound if it is not part of the case."""
    row = access_case(case_id, actor=actor)
    try:
        unlink_account(row.pk, link_id, actor=actor)
    except (AlreadyVoted, LeaseTaken, IllegalTransition) as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#linked")
