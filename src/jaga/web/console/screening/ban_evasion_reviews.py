"""A person's judgement of a ban evasion match. It changes only the label."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.views.decorators.http import require_POST

from jaga.casework.screening.ban_evasion_reviews import judge_resemblance
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.records.access.screening.ban_evasion import access_resemblance
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import signed_in

_ANSWERS = {"same": True, "different": False}


class MatchAnswerForm(ConsoleForm):
    """Whether both accounts have one holder: `same` or `different`."""

    answer = Text()


@require_POST
@signed_in
def judge(request: HttpRequest, actor: Actor, case_id: int, resemblance_id: int) -> HttpResponse:
    """Record the judgement and return to its place on the case page. Raises NotFound for an invalid value."""
    found = access_resemblance(resemblance_id, case_id=case_id, actor=actor)
    answer = _ANSWERS.get(MatchAnswerForm.sent(request).text_of("answer"))
    if answer is None:
        raise NotFound
    judge_resemblance(found, same_holder=answer, actor=actor)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#resemblance-{found}")
