"""Labels on a case, added and removed manually."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST

from jaga.casework.cases.labels import LabelledAlready, label_case, unlabel_case
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.records.access.cases.gate import access_case
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import Refusal, refusal
from jaga.web.errors import say_fields


class LabelForm(ConsoleForm):
    """A label to add or remove."""

    label = Text()
    remove = Text()


@require_POST
@signed_in
def change(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Add or remove a label, and return to its place on the case page."""
    row, form = access_case(case_id, actor=actor), LabelForm.sent(request)
    try:
        if "remove" in form.data:
            unlabel_case(row.pk, form.text_of("remove"), actor=actor)
        else:
            label_case(row.pk, form.text_of("label"), actor=actor)
    except InvalidInput as wrong:
        ((sentence, *_),) = say_fields(wrong).values()
        return case_page(request, actor, row, refused=Refusal(sentence, ""), status=wrong.status)
    except LabelledAlready as already:
        return case_page(request, actor, row, refused=refusal(already), status=already.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#labels")
