"""wellness.yaml: how much ugly material a person is given in a shift, and when something lighter is due."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from jaga.core.terms import Severity
from jaga.policy.models import STRICT, LocalText, _severity
from jaga.policy.problems import Problem

if TYPE_CHECKING:
    from jaga.policy.reading import Draft

Weight = Annotated[float, Field(ge=0, le=5)]
Minutes = Annotated[int, Field(ge=1, le=600)]


@dataclass(frozen=True, config=STRICT)
class Weights:
    """What a minute in material of each severity counts for."""

    low: Weight
    moderate: Weight
    high: Weight
    critical: Weight

    def of(self, severity: Severity) -> float:
        """The weight of one minute."""
        return (self.low, self.moderate, self.high, self.critical)[severity - 1]


@dataclass(frozen=True, config=STRICT)
class Rotation:
    """So many minutes in severe material within a while, and only lighter cases are given until it is less."""

    after_minutes: Minutes
    within_minutes: Minutes


@dataclass(frozen=True, config=STRICT)
class Wellness:
    """wellness.yaml."""

    shift_hours: Annotated[int, Field(ge=1, le=24)]
    weights: Weights
    budget_minutes: Minutes  # weighted, for each person and shift
    severe_from: Annotated[Severity, BeforeValidator(_severity)]
    rotation: Rotation
    support: LocalText  # whom the employer's people may turn to

    @property
    def shift(self) -> timedelta:
        """How far back exposure is counted together."""
        return timedelta(hours=self.shift_hours)


def check_wellness(draft: "Draft") -> Iterator[Problem]:
    """Worse material never weighs less, what is severe weighs something, and a rotation can be due."""
    if (part := draft.wellness) is None:
        return
    value = part.value
    ordered = [value.weights.of(severity) for severity in Severity]
    if ordered != sorted(ordered):
        yield part.document.problem(("weights",), "worse material weighs less than lighter material",
                                    "Let the weights grow from `low` to `critical`.")
    if value.weights.of(value.severe_from) == 0:
        yield part.document.problem(("weights", value.severe_from.name.lower()),
                                    "severe material weighs nothing, so the budget would never be spent",
                                    "Give it a weight above 0.")
    if value.rotation.after_minutes >= value.rotation.within_minutes:
        yield part.document.problem(("rotation", "after_minutes"), "no rotation would ever be due",
                                    "Let `after_minutes` be less than `within_minutes`.")
