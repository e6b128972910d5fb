"""Recording an account's public text, so that letters may quote it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jaga.casework.reporting.quotable_text import record_public_words
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.records.access.cases.gate import access_case
from jaga.web.console.cases.page import case_page
from jaga.web.console.cases.placement import Moving
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in
from jaga.web.errors import say_fields


class PublicWordsForm(ConsoleForm):
    """Public text of the account, and where it was found."""

    public_words = Text()
    public_where = Text()


FORM = "public_words"


@require_POST
@signed_in
def record(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Seal the text and return to the case; the input is kept on errors."""
    row = access_case(case_id, actor=actor)
    entered = PublicWordsForm.sent(request).kept()
    try:
        record_public_words(row.pk, entered["public_words"], entered["public_where"], actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, Moving(FORM, entered, say_fields(refused)), status=refused.status)
    return redirect("console:case", case_id)
