"""Asking for a file that a flagged text of a case names, and where its files stand."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.leases import LeaseLost
from jaga.casework.watch.media import (
    MediaNotToBeHad,
    MinorMayBeShown,
    WatchOfMediaOver,
    YouthQuestionOpen,
    request_media,
)
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, NotFound
from jaga.records.access.cases.gate import access_case, current_lease
from jaga.web.console.cases.case_sections import media_context
from jaga.web.console.cases.forms import MediaFormData
from jaga.web.console.cases.page import case_page, section_page
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.lease_tokens import fence_of
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


class MediaForm(ConsoleForm):
    """Which file, why, and that nothing suggests a minor."""

    file = Text()
    reason = Text()
    no_sign = Ticked("yes")
    lease = Text()


@require_safe
@signed_in
def media(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The section of the case page with its files, which asks for itself while one is being copied."""
    made = section_page(request, actor, case_id)
    return render(request, "console/watch/media.html", {"case": made.case, **media_context(made)})


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Ask for the bytes of a file; the input is kept on errors. Raises NotFound for one that the case does not name."""
    row, form = access_case(case_id, actor=actor), MediaForm.sent(request)
    chosen = form.text_of("file")
    entered = MediaFormData(chosen, form.text_of("reason"), form.is_ticked("no_sign"))
    number = whole_number(chosen)
    if number is None:
        raise NotFound
    fence = fence_of(form.text_of("lease"), row.pk, current_lease(row, actor=actor), actor)
    try:
        request_media(row.pk, fence, number, entered.reason, no_sign=entered.no_sign, actor=actor)
    except InvalidInput as wrong:
        kept = MediaFormData(entered.media, entered.reason, entered.no_sign, say_fields(wrong))
        return case_page(request, actor, row, kept, status=wrong.status)
    except (LeaseLost, MinorMayBeShown, YouthQuestionOpen, MediaNotToBeHad, WatchOfMediaOver) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), entered, refused=refusal(refused), status=refused.status
        )
    return redirect(f"{resolve_url('console:case', case_id)}#media")
