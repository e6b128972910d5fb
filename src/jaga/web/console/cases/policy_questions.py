"""Asking about the policy from a case."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST

from jaga.casework.queue.policy_questions import TooManyQuestions, ask_policy_question
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.records.access.cases.gate import access_case
from jaga.web.console.cases.page import case_page
from jaga.web.console.cases.placement import PolicyQuestionFormData
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


class PolicyQuestionForm(ConsoleForm):
    """A question about the policy."""

    question = Text()


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Ask a policy officer; the input is kept on errors."""
    row, text = access_case(case_id, actor=actor), PolicyQuestionForm.sent(request).text_of("question")
    try:
        ask_policy_question(row.pk, text, actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, PolicyQuestionFormData(text, say_fields(refused)), status=refused.status)
    except TooManyQuestions as refused:
        return case_page(
            request, actor, row, PolicyQuestionFormData(text), refused=refusal(refused), status=refused.status
        )
    return redirect(f"{resolve_url('console:case', case_id)}#policy-questions")
