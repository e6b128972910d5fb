"""Questions about the policy: the queue of policy officers, and their answers."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.policy_questions import answer_policy_question
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput, NotPermitted
from jaga.core.terms.people import Role
from jaga.records.access.queue.policy_questions import access_policy_question, list_policy_questions
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say, say_fields


class AnswerForm(ConsoleForm):
    """The answer to a question."""

    answer = Text()


@dataclass(frozen=True)
class AnswerRefused:
    """An answer that was not taken: its question, the text and why."""

    question_id: int
    text: str
    sentences: list[str] = field(default_factory=list)
    status: int = 422


@require_safe
@signed_in
def policy_questions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Waiting questions and the latest answers."""
    return _page(request, actor)


@require_POST
@signed_in
def answer(request: HttpRequest, actor: Actor, question_id: int) -> HttpResponse:
    """Answer a question; the input is kept on errors."""
    found = access_policy_question(question_id, actor=actor)
    text = AnswerForm.sent(request).text_of("answer")
    try:
        answer_policy_question(found.question_id, text, actor=actor)
    except InvalidInput as refused:
        sentences = [one for several in say_fields(refused).values() for one in several]
        return _page(request, actor, AnswerRefused(question_id, text, sentences, refused.status))
    except (Conflict, NotPermitted) as refused:
        return _page(request, actor, AnswerRefused(question_id, text, list(say(refused)), refused.status))
    return redirect("console:policy-questions")


def _page(request: HttpRequest, actor: Actor, refused: AnswerRefused | None = None) -> HttpResponse:
    found = list_policy_questions(actor=actor)
    return page(
        request,
        actor,
        "queue/policy_questions.html",
        {
            "questions": found,
            "refused": refused,
            "answers": Role.POLICY in actor.roles,
        },
        open_link="policy-questions",
        status=refused.status if refused else 200,
    )
