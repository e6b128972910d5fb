"""wellness.yaml: how much ugly material a person is given in a shift, and when something lighter is due."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from jaga.core.terms import Severity
from jaga.policy.models import STRICT, LocalText, _severity

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
