"""Texts of the weekly sample: how far it is judged, and one text to judge without its account, app or flag."""

from collections.abc import Mapping
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, JagaError
from jaga.policy.limits import WATCH_SAMPLE_DAYS
from jaga.policy.release import load_release
from jaga.queue.reads.routing import exposure_of
from jaga.queue.verbs.leases import BudgetSpent, RotationDue, count_text_exposure
from jaga.watch.reads.people_sample import access_sampled_text, answers, count_texts_for, own_judged_since, sample_weeks
from jaga.watch.verbs.people_sample import NO_OFFENCE, SampleSettled, judge_text, leave_text, take_text
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Line
from jaga.web.frame.pages import page, refusal, signed_in
from jaga.web.frame.words import category_label

NONE = "none"
"""The form's word for no offence; an empty value is no answer."""


class SampleAnswerForm(ConsoleForm):
    """What a person sees in a text: `none`, or a category's key."""

    answer = Line()


@require_safe
@signed_in
def sample(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How far the weeks are judged, and the next text."""
    return _page(request, actor)


@require_POST
@signed_in
def take(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Take the next text."""
    try:
        taken = take_text(actor=actor)
    except (BudgetSpent, RotationDue) as refused:
        return _page(request, actor, refused)
    if taken is None:
        return redirect(f"{resolve_url('console:sample')}?none=1")
    return redirect("console:sampled-text", taken)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def judge(request: HttpRequest, actor: Actor, judgement_id: int) -> HttpResponse:
    """One text, and its answer; then the next one."""
    if request.method != "POST":
        return _text(request, actor, judgement_id)
    answer = SampleAnswerForm.sent(request).text_of("answer")
    try:
        judge_text(judgement_id, NO_OFFENCE if answer == NONE else answer or None, actor=actor)
    except InvalidInput as wrong:
        return _text(request, actor, judgement_id, say_fields(wrong))
    except SampleSettled as refused:
        return _page(request, actor, refused)
    return _next(request, actor)


@require_POST
@signed_in
def leave(request: HttpRequest, actor: Actor, judgement_id: int) -> HttpResponse:
    """Leave the text to somebody else."""
    try:
        leave_text(judgement_id, actor=actor)
    except SampleSettled as refused:
        return _page(request, actor, refused)
    return redirect("console:sample")


def _next(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The next text at once, as in the queue; a limit or the end of the sample leads back to the overview."""
    try:
        taken = take_text(actor=actor)
    except (BudgetSpent, RotationDue):
        taken = None
    if taken is None:
        return redirect(f"{resolve_url('console:sample')}?done=1")
    return redirect("console:sampled-text", taken)


def _page(request: HttpRequest, actor: Actor, refused: JagaError | None = None) -> HttpResponse:
    exposure = exposure_of(actor)
    return page(
        request,
        actor,
        "watch/sample.html",
        {
            "waiting": count_texts_for(actor),
            "weeks": sample_weeks(actor=actor),
            "exposure": exposure,
            "mine": own_judged_since(now() - timedelta(days=7), actor=actor),
            "days": WATCH_SAMPLE_DAYS,
            "done": "done" in request.GET,
            "none": "none" in request.GET,
            "refused": refusal(refused) if refused else None,
        },
        open_link="sample",
        status=refused.status if refused else 200,
    )


def _text(
    request: HttpRequest, actor: Actor, judgement_id: int, errors: Mapping[str, list[str]] | None = None
) -> HttpResponse:
    text, release = access_sampled_text(judgement_id, actor=actor), load_release()
    count_text_exposure(actor=actor)
    choices = [(key, one, category_label(one, release)) for key, one in enumerate(answers(release), 2)]
    return page(
        request,
        actor,
        "watch/sampled_text.html",
        {
            "text": text,
            "none": NONE,
            "choices": [(1, NONE, gettext("No offence")), *choices],
            "errors": errors or {},
            "exposure": exposure_of(actor),
            "support": release.wellness.support,
        },
        open_link="sample",
        status=422 if errors else 200,
    )
