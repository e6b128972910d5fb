"""Mailbox actions on the case page: ask a reporter, mark messages as read."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from jaga.casework.reporting import mailbox
from jaga.casework.reporting.quote_consents import ask_consent
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput
from jaga.records.access.cases.gate import access_case
from jaga.records.access.reporting.mailbox import access_report_in
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.forms import ConsoleForm, Text, WholeNumber
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.reporting.case_sections import QuestionFormData
from jaga.web.errors import say_fields


class ReporterQuestionForm(ConsoleForm):
    """A question to a reporter."""

    question = Text()


class ConsentForm(ConsoleForm):
    """A sentence to ask consent for quoting."""

    sentence = Text()


class ReadForm(ConsoleForm):
    """The number of the newest message on the page."""

    up_to = WholeNumber()


@sensitive_post_parameters("question")
@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Ask the reporter of this report."""
    row, form = access_report_in(case_id, report_id, actor=actor), ReporterQuestionForm.sent(request)
    text = form.text_of("question")
    try:
        mailbox.write_to_reporter(report_id, text, actor=actor)
    except InvalidInput as refused:
        asked = QuestionFormData(report_id, text, say_fields(refused).get("question", []))
        return case_page(request, actor, row, asked, status=refused.status)
    except Conflict as refused:
        return case_page(
            request, actor, row, QuestionFormData(report_id, text), refused=refusal(refused), status=refused.status
        )
    return redirect(f"{reverse('console:case', args=[case_id])}#mailbox-{report_id}")


@sensitive_post_parameters("sentence")
@require_POST
@signed_in
def consent(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Ask the reporter for consent to quote one of their sentences."""
    row, sentence = access_report_in(case_id, report_id, actor=actor), ConsentForm.sent(request).text_of("sentence")
    try:
        ask_consent(report_id, sentence, actor=actor)
    except InvalidInput as refused:
        asked = QuestionFormData(0, sentence, say_fields(refused).get("sentence", []), consent_of=report_id)
        return case_page(request, actor, row, asked, status=refused.status)
    except Conflict as refused:
        return case_page(
            request,
            actor,
            row,
            QuestionFormData(0, sentence, consent_of=report_id),
            refused=refusal(refused),
            status=refused.status,
        )
    return redirect(f"{reverse('console:case', args=[case_id])}#consents-{report_id}")


@require_POST
@signed_in
def read(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Mark reporters' messages as read, up to the newest on the page."""
    access_case(case_id, actor=actor)
    mailbox.mark_read(case_id, ReadForm.sent(request).number_of("up_to") or 0, actor=actor)
    return redirect("console:case", case_id)
