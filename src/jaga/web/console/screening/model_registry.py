"""Trained models: curves with tables, and activation."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.screening import model_registry as verbs
from jaga.casework.screening.model_registry import DECIDERS, MAX_REASON, NotBetter, OwnModel
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput, JagaError
from jaga.core.shares import share
from jaga.core.terms.screening import ModelState
from jaga.records.access.screening.model_registry import LearntModelView, list_models
from jaga.screening.models.measures import Bin, ModelMeasures, Point, from_stored
from jaga.web.console.frame.forms import ConsoleForm, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say, say_fields

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
def decide(request: HttpRequest, actor: Actor, model_id: int) -> HttpResponse:
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
