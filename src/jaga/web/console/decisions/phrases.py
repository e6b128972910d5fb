"""The team's phrases for the facts: supervisors keep and remove them; everybody who judges is offered them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.decisions.phrases import LONGEST_PHRASE, add_phrase, remove_phrase
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.decisions.phrases import list_phrases
from jaga.web.console.frame.forms import ConsoleForm, Line
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say_fields


class PhraseForm(ConsoleForm):
    """A new sentence, and where it is offered."""

    text = Line()
    category = Line()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def phrases(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The sentences of the team, and a form for another one."""
    actor.require(Role.SUPERVISOR)
    if request.method != "POST":
        return _list(request, actor)
    form = PhraseForm.sent(request)
    try:
        add_phrase(form.text_of("text"), form.text_of("category"), actor=actor)
    except InvalidInput as refused:
        return _list(
            request,
            actor,
            errors=say_fields(refused),
            text=form.text_of("text"),
            chosen=form.text_of("category"),
            status=refused.status,
        )
    return redirect("console:phrases")


@require_POST
@signed_in
def remove(request: HttpRequest, actor: Actor, phrase_id: int) -> HttpResponse:
    """Remove a sentence."""
    remove_phrase(phrase_id, actor=actor)
    return redirect("console:phrases")


def _list(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    categories = [one.key for one in load_release().categories if load_release().may_act(one.key)]
    return page(
        request,
        actor,
        "decisions/phrases.html",
        {
            "phrases": list_phrases(actor=actor),
            "categories": categories,
            "longest": LONGEST_PHRASE,
            **more,
        },
        open_link="quality",
        status=status,
    )
