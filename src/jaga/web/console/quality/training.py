"""Training on golden cases: one after the other, each with the right answer and its reasons."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from jaga.casework.decisions.permitted import allowed_decisions
from jaga.casework.quality.blind_review import MAX_REASONS, BlindJudgement, JudgedAgain
from jaga.casework.quality.training import answer_training
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import load_release
from jaga.records.access.quality.training import access_training, training_progress
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.highlight import cut
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.words import DECISION_HINTS, DECISIONS, ORDER
from jaga.web.errors import say_fields


class TrainingForm(ConsoleForm):
    """An answer: decision and reasons."""

    kind = Text()
    reasons = Text()


@require_safe
@signed_in
def training(request: HttpRequest, actor: Actor) -> HttpResponse:
    """One's own progress and the next case."""
    return page(
        request, actor, "quality/training.html", {"progress": training_progress(actor=actor)}, open_link="quality"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def training_case(request: HttpRequest, actor: Actor, golden_id: int) -> HttpResponse:
    """One case and, once answered, the feedback. The input is kept on errors."""
    if request.method != "POST":
        return _task(request, actor, golden_id)
    form = TrainingForm.sent(request)
    kind, reasons = form.term_of("kind", DecisionKind), form.text_of("reasons")
    if kind is None:
        return _task(request, actor, golden_id, reasons=reasons, errors={"kind": [gettext("Choose a decision.")]})
    try:
        answer_training(golden_id, BlindJudgement(kind, reasons), actor=actor)
    except InvalidInput as refused:
        return _task(request, actor, golden_id, kind=kind, reasons=reasons, errors=say_fields(refused))
    except JudgedAgain:
        pass  # the feedback says it all
    return redirect("console:training-case", golden_id)


def _task(
    request: HttpRequest,
    actor: Actor,
    golden_id: int,
    *,
    kind: DecisionKind | None = None,
    reasons: str = "",
    errors: Mapping[str, list[str]] | None = None,
) -> HttpResponse:
    task, release = access_training(golden_id, actor=actor), load_release()
    allowed = allowed_decisions(task.case, release)
    choices = [
        (key, one.value, DECISIONS[one], DECISION_HINTS[one])
        for key, one in enumerate((one for one in ORDER if one in allowed), 1)
    ]
    return page(
        request,
        actor,
        "quality/training_case.html",
        {
            "task": task,
            "case": task.case,
            "feedback": task.feedback,
            "choices": choices,
            "chosen": kind,
            "reasons": reasons,
            "errors": errors or {},
            "longest": MAX_REASONS,
            "reports": [(report, cut(report)) for report in task.reports],
            "rule": release.rule(task.case.category) if task.case.category in release.by_key else None,
            "progress": training_progress(actor=actor),
        },
        open_link="quality",
        status=422 if errors else 200,
    )
