"""Backtests of a changed rule, phrase or word list on past cases: start one, follow it, read what it found.

A person's judgement of a ban evasion match. It changes only the label.

Campaigns: accounts that share a text or a contact, their growth, and each account with its case. Display only.

Trained models: curves with tables, and activation.

A near-duplicate cluster of the queue. Each account is judged separately.

Pictures and letters of a case: the youth check, opening, and the bytes.

Only redrawn copies and downloadable letters are served; each opening is recorded.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from babel.dates import format_date
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.cases.reads.gate import access_case, current_lease
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.statistics import share
from jaga.core.terms.reports import ModelState, YouthAnswer
from jaga.desk.cases.page import case_page, section_page
from jaga.policy.problems import PolicyError
from jaga.policy.release import load_release
from jaga.queue.console.queue import lines_of, place_of, written_place
from jaga.queue.verbs.leases import LeaseLost
from jaga.screening.models.measures import Bin, ModelMeasures, Point, from_stored
from jaga.signals.reads.ban_evasion import access_ban_evasion_match
from jaga.signals.reads.campaigns import ACCOUNTS_SHOWN, CampaignKind, access_campaign, access_cluster, list_campaigns
from jaga.signals.reads.model_registry import LearntModelView, list_models
from jaga.signals.reads.pictures import PictureClosed, access_opened_copy
from jaga.signals.sections import pictures_context
from jaga.signals.verbs import model_registry as verbs
from jaga.signals.verbs.backtest_runs import (
    LARGEST,
    MOST_DAYS,
    BacktestRun,
    BacktestRuns,
    RunState,
    access_run,
    list_runs,
    start_run,
)
from jaga.signals.verbs.ban_evasion import decide_ban_evasion_match
from jaga.signals.verbs.model_registry import DECIDERS, MAX_REASON, NotBetter, OwnModel
from jaga.signals.verbs.pictures import (
    NothingToCheck,
    TooLateToUndoAnswer,
    answer_youth_check,
    open_picture,
    open_request_letter,
    undo_youth_check,
)
from jaga.watch.reads.watches import SEES
from jaga.web.errors import language, say, say_fields
from jaga.web.frame.charts import ColumnChart, columns
from jaga.web.frame.forms import ConsoleForm, Line, Text, whole_number
from jaga.web.frame.pages import page, refusal, signed_in
from jaga.web.frame.sections import fence_of

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


_ANSWERS = {"same": True, "different": False}


class MatchAnswerForm(ConsoleForm):
    """Whether both accounts have one holder: `same` or `different`."""

    answer = Text()


@require_POST
@signed_in
def decide_of_ban_evasion_reviews(request: HttpRequest, actor: Actor, case_id: int, match_id: int) -> HttpResponse:
    """Record the judgement and return to its place on the case page. Raises NotFound for an invalid value."""
    found = access_ban_evasion_match(match_id, case_id=case_id, actor=actor)
    answer = _ANSWERS.get(MatchAnswerForm.sent(request).text_of("answer"))
    if answer is None:
        raise NotFound
    decide_ban_evasion_match(found, same_holder=answer, actor=actor)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=accounts#match-{found}")


DAYS = (7, 30, 90)
_COLUMNS, _LABELS = 30, 8


@require_safe
@signed_in
def campaigns(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Campaigns with new accounts, the fastest growing first."""
    typed = request.GET.get("days", "30")
    wrong = (
        None
        if typed in {str(days) for days in DAYS}
        else InvalidInput(FieldError("days", "unknown", N_("Choose 7, 30 or 90 days.")))
    )
    days = 30 if wrong else int(typed)
    found = list_campaigns(days, actor=actor)
    return page(
        request,
        actor,
        "screening/campaigns.html",
        {
            "campaigns": found,
            "days": days,
            "spans": DAYS,
            "contact_days": load_release().screening.contact_days,
            "errors": say_fields(wrong) if wrong else {},
        },
        open_link="campaigns",
        status=wrong.status if wrong else 200,
    )


@require_safe
@signed_in
def campaign(request: HttpRequest, actor: Actor, kind: str, number: int) -> HttpResponse:
    """One campaign with its accounts. Raises NotPermitted, NotFound."""
    if kind not in set(CampaignKind):
        raise NotFound
    found = access_campaign(CampaignKind(kind), number, actor=actor)
    return page(
        request,
        actor,
        "screening/campaign.html",
        {
            "campaign": found,
            "chart": growth(found.first_ats),
            "more": max(0, len(found.first_ats) - ACCOUNTS_SHOWN),
            "watched": found.row.kind is CampaignKind.CONTACT and bool(actor.roles.intersection(SEES)),
            "contact_days": load_release().screening.contact_days,
        },
        open_link="campaigns",
    )


def growth(first_ats: Sequence[datetime]) -> ColumnChart:
    """New accounts and all accounts until then, from the first account until today: by day, or by more days each if
    there are more than thirty.
    """
    zone = get_current_timezone()
    days = sorted(at.astimezone(zone).date() for at in first_ats)
    span = (now().astimezone(zone).date() - days[0]).days + 1
    width = -(-span // _COLUMNS)
    count = -(-span // width)
    rows, before, step = [], 0, -(-count // _LABELS)
    for place in range(count):
        start = days[0] + timedelta(days=place * width)
        until = bisect_right(days, start + timedelta(days=width - 1))
        label = format_date(start, "d/M", locale=language().value) if place % step == 0 else ""
        rows.append((label, format_date(start, "d MMM y", locale=language().value), until - before, until))
        before = until
    return columns(rows)


_LEFT, _TOP, _WIDTH, _HEIGHT = 34, 10, 276, 150


class DecideForm(ConsoleForm):
    """The action on a model: `step` is the button pressed."""

    step = Text()
    reason = Text()


@dataclass(frozen=True)
class Curve:
    """Two lines in a unit square: `points` for SVG, and the threshold's place on the first."""

    own: str
    other: str
    at: tuple[int, int] | None
    left: int = _LEFT
    right: int = _LEFT + _WIDTH
    top: int = _TOP
    floor: int = _TOP + _HEIGHT


@dataclass(frozen=True)
class CalibrationBin:
    """Cases with similar predicted probability, and the share acted on with its 95 % interval; `x`, `y` and the
    interval's ends are places in the picture.
    """

    count: int
    predicted: float
    was: float
    low: float
    high: float
    x: int
    y: int
    y_low: int
    y_high: int


@dataclass(frozen=True)
class Calibration:
    """A reliability curve: this model's bins, and `points` of the one it is compared with, if that has several."""

    bins: tuple[CalibrationBin, ...]
    own: str
    other: str
    left: int = _LEFT
    right: int = _LEFT + _WIDTH
    top: int = _TOP
    floor: int = _TOP + _HEIGHT


@dataclass(frozen=True)
class ModelCard:
    """One model as people read it."""

    model: LearntModelView
    own: ModelMeasures
    other: ModelMeasures
    curve: Curve
    calibration: Calibration
    table: tuple[Point, ...]

    @property
    def proposed(self) -> bool:
        """Whether it waits for a decision."""
        return self.model.state is ModelState.PROPOSED


@require_safe
@signed_in
def models(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Proposed, active and former models."""
    return _page(request, actor)


@require_POST
@signed_in
def decide_of_model_registry(request: HttpRequest, actor: Actor, model_id: int) -> HttpResponse:
    """Activate, reject, deactivate or restore a model, according to `step`."""
    actor.require(*DECIDERS)
    form = DecideForm.sent(request)
    reason = form.text_of("reason")
    try:
        match form.text_of("step"):
            case "approve":
                verbs.approve_model(model_id, actor=actor)
            case "reinstate":
                verbs.reinstate_model(model_id, actor=actor)
            case "reject":
                verbs.reject_model(model_id, reason, actor=actor)
            case "retire":
                verbs.retire_model(model_id, reason, actor=actor)
            case _:
                return _page(request, actor, (gettext("Choose what is to be done."),), 422)
    except InvalidInput as refused:
        return _page(
            request,
            actor,
            tuple(one for sentences in say_fields(refused).values() for one in sentences),
            422,
            model_id,
            reason,
        )
    except (NotBetter, OwnModel, Conflict) as refused:
        return _page(request, actor, _sentences(refused), refused.status)
    return redirect("console:models")


def _sentences(refused: JagaError) -> tuple[str, ...]:
    return tuple(say(refused))


def _page(
    request: HttpRequest,
    actor: Actor,
    refused: tuple[str, ...] = (),
    status: int = 200,
    about: int = 0,
    reason: str = "",
) -> HttpResponse:
    cards = [_card(model) for model in list_models(actor=actor)]
    return page(
        request,
        actor,
        "screening/models.html",
        {
            "waiting": [card for card in cards if card.proposed],
            "in_use": [card for card in cards if card.model.state is ModelState.APPROVED],
            "before": [card for card in cards if card.model.state in (ModelState.REJECTED, ModelState.RETIRED)],
            "decides": bool(actor.roles.intersection(DECIDERS)),
            "refused": refused,
            "about": about,
            "reason": reason,
            "longest": MAX_REASON,
        },
        open_link="models",
        status=status,
    )


def _card(model: LearntModelView) -> ModelCard:
    own, other = from_stored(model.own), from_stored(model.other)
    at = None if own.precision is None else _place(own.recall or 0, own.precision)
    every = max(1, len(own.curve) // 12)
    return ModelCard(
        model, own, other, Curve(_line(own), _line(other), at), _calibration(own, other), own.curve[::every]
    )


def _calibration(own: ModelMeasures, other: ModelMeasures) -> Calibration:
    bins = tuple(map(_bin, own.bins))
    return Calibration(
        bins,
        " ".join(f"{one.x},{one.y}" for one in bins),
        " ".join("{},{}".format(*_place(one.predicted, one.was)) for one in other.bins),
    )


def _bin(one: Bin) -> CalibrationBin:
    acted = share(round(one.was * one.count), one.count)
    assert acted is not None  # a bin has cases
    (x, y), (_, low), (_, high) = (_place(one.predicted, value) for value in (one.was, acted.low, acted.high))
    return CalibrationBin(one.count, one.predicted, one.was, acted.low, acted.high, x, y, low, high)


def _line(measures: ModelMeasures) -> str:
    """The line from the left edge, so that a curve of one point is visible too."""
    start = (0.0, measures.curve[0].precision)
    places = [_place(*at) for at in (start, *((point.recall, point.precision) for point in measures.curve))]
    return " ".join(f"{x},{y}" for x, y in places)


def _place(recall: float, precision: float) -> tuple[int, int]:
    return round(_LEFT + _WIDTH * recall), round(_TOP + _HEIGHT * (1 - precision))


@require_safe
@signed_in
def cluster(request: HttpRequest, actor: Actor, cluster_id: int) -> HttpResponse:
    """One page of its waiting cases. Raises NotPermitted, NotFound."""
    place = place_of(request.GET.get("after", ""))
    found = access_cluster(cluster_id, after=place, actor=actor)
    return page(
        request,
        actor,
        "screening/cluster.html",
        {
            "cluster": found,
            "lines": lines_of(found.rows),
            "later": bool(place),
            "next": written_place(found.after) if found.after else "",
        },
        open_link="queue",
    )


@require_safe
@signed_in
def pictures(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The section of the case page with its pictures, which asks for itself while copies are being drawn."""
    made = section_page(request, actor, case_id)
    shown = pictures_context(made)
    response = render(request, "console/screening/parts/pictures.html", {"case": made.case, **shown})
    if request.GET.get("answered") and not shown["youth_answer_pending"]:
        response["HX-Refresh"] = "true"  # What takes effect changes the whole page.
    return response


@require_POST
@signed_in
def youth_check(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Answer the youth check. Raises NotFound for an invalid answer."""
    row = access_case(case_id, actor=actor)
    form = YouthCheckForm.sent(request)
    answer = form.term_of("answer", YouthAnswer)
    if answer is None:
        raise NotFound
    fence = fence_of(form.text_of("lease"), row.pk, current_lease(row, actor=actor), actor)
    try:
        answer_youth_check(row.pk, fence, answer, actor=actor)
    except (LeaseLost, NothingToCheck) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), refused=refusal(refused), status=refused.status
        )
    return _back(case_id)


@require_POST
@signed_in
def undo_answer(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Take back one's own answer about minors, while that is possible; from an appeal's page, back to it."""
    row = access_case(case_id, actor=actor)
    try:
        undo_youth_check(row.pk, actor=actor)
    except TooLateToUndoAnswer as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    appeal = whole_number(YouthUndoForm.sent(request).text_of("appeal"))
    return redirect("console:appeal", appeal) if appeal else _back(case_id)


class YouthUndoForm(ConsoleForm):
    """The appeal on whose page the answer was given; empty for the case page."""

    appeal = Text()


class YouthCheckForm(ConsoleForm):
    """The lease holder's answer to the youth check."""

    answer = Text()
    lease = Text()


@require_POST
@signed_in
def open_(request: HttpRequest, actor: Actor, case_id: int, evidence_id: int) -> HttpResponse:
    """Open one picture for some minutes."""
    row = access_case(case_id, actor=actor)
    try:
        open_picture(row.pk, evidence_id, actor=actor)
    except PictureClosed as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return _back(case_id)


@require_safe
@signed_in
def picture(request: HttpRequest, actor: Actor, case_id: int, evidence_id: int) -> HttpResponse:
    """The copy this person has opened. Raises PictureClosed, NotFound."""
    content = access_opened_copy(access_case(case_id, actor=actor), evidence_id, actor=actor)
    return picture_file(content, evidence_id)


@require_POST
@signed_in
def letter(request: HttpRequest, actor: Actor, case_id: int, evidence_id: int) -> HttpResponse:
    """Download a request's letter. Raises NotFound."""
    row = access_case(case_id, actor=actor)
    try:
        content = open_request_letter(row.pk, evidence_id, actor=actor)
    except PictureClosed as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return _file(content, "application/pdf", f"{row.reference}-letter-{evidence_id}.pdf")


def picture_file(content: bytes, name: int | str) -> HttpResponse:
    """The response with a working copy. `name`: how it is numbered where its reader sees it."""
    return _file(content, "image/webp", f"picture-{name}.webp")


def _back(case_id: int) -> HttpResponse:
    return redirect(f"{resolve_url('console:case', case_id)}#pictures")


def _file(content: bytes, media: str, name: str) -> HttpResponse:
    """A file a page can embed as an image but no browser opens as a page."""
    response = HttpResponse(content, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
