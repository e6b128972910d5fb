"""Backtests of a changed rule, phrase or word list on past cases: start one, follow it, read what it found."""

from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from jaga.casework.screening.backtest_runs import (
    LARGEST,
    MOST_DAYS,
    BacktestRun,
    BacktestRuns,
    RunState,
    access_run,
    list_runs,
    start_run,
)
from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput
from jaga.policy import PolicyError
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Line
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say, say_fields

_MOST_PROBLEMS = 20
_STATES = {
    RunState.WAITING: N_("waits for a worker"),
    RunState.RUNNING: N_("is running"),
    RunState.DONE: N_("finished"),
    RunState.FAILED: N_("was interrupted"),
}
_TONES = {RunState.DONE: "ok", RunState.FAILED: "danger"}


class BacktestForm(ConsoleForm):
    """How many days back; the file comes beside it."""

    days = Line()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def backtests(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form, and the newest runs."""
    if request.method != "POST":
        return _list(request, actor)
    list_runs(actor=actor)  # Anyone who may not is refused before the form is read.
    days, file = BacktestForm.sent(request).text_of("days"), request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _list(request, actor, days, errors={"file": [gettext("Choose a file.")]}, status=422)
    try:
        run_id = start_run(
            file.name or "", cast(bytes, file.read(LARGEST + 1)), whole_number(days, MOST_DAYS) or 0, actor=actor
        )
    except InvalidInput as refused:
        return _list(request, actor, days, errors=say_fields(refused), status=refused.status)
    except BacktestRuns as refused:
        return _list(request, actor, days, errors={"file": [" ".join(say(refused))]}, status=refused.status)
    except PolicyError as refused:
        lines = tuple(problem.translated(gettext) for problem in refused.problems)
        return _list(
            request, actor, days, problems=lines[:_MOST_PROBLEMS], more=len(lines[_MOST_PROBLEMS:]), status=422
        )
    return redirect("console:backtest", run_id)


def _list(request: HttpRequest, actor: Actor, days: str = "90", *, status: int = 200, **more: object) -> HttpResponse:
    return page(
        request,
        actor,
        "screening/backtests.html",
        {
            "rows": [_run_values(run) for run in list_runs(actor=actor)],
            "days": days,
            "most_days": MOST_DAYS,
            "largest": LARGEST >> 10,
            **more,
        },
        open_link="backtests",
        status=status,
    )


@require_safe
@signed_in
def backtest(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    """One run: how far it is, then how often each release flags what people acted on."""
    return page(
        request, actor, "screening/backtest.html", _run_values(access_run(run_id, actor=actor)), open_link="backtests"
    )


def _run_values(run: BacktestRun) -> dict[str, object]:
    return {"run": run, "state": gettext(_STATES[run.state]), "tone": _TONES.get(run.state, "info")}
