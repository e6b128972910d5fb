"""Asking a request's officer from the case page, e.g. about a locator that leads nowhere or to another account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from jaga.casework.authorities.clarifications import ask_officer
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput
from jaga.core.terms.reports import MessageKind
from jaga.records.access.reporting.mailbox import access_report_in
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.reporting.case_sections import QuestionFormData
from jaga.web.errors import say_fields


class OfficerQuestionForm(ConsoleForm):
    """A question to a request's officer, and its subject."""

    kind = Text()
    question = Text()


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Ask the officer about this request."""
    row, form = access_report_in(case_id, report_id, actor=actor), OfficerQuestionForm.sent(request)
    text, kind = form.text_of("question"), form.term_of("kind", MessageKind) or MessageKind.OTHER
    try:
        ask_officer(report_id, kind, text, actor=actor)
    except InvalidInput as refused:
        listed = [sentence for sentences in say_fields(refused).values() for sentence in sentences]
        return case_page(request, actor, row, QuestionFormData(report_id, text, listed), status=refused.status)
    except Conflict as refused:
        return case_page(
            request, actor, row, QuestionFormData(report_id, text), refused=refusal(refused), status=refused.status
        )
    return redirect(f"{reverse('console:case', args=[case_id])}#mailbox-{report_id}")
