"""wellness.yaml: how much severe material a person gets in a shift, and when lighter material is due."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from jaga.core.terms.cases import Severity
from jaga.policy.models import STRICT, LocalText, _severity

Weight = Annotated[float, Field(ge=0, le=5)]
Minutes = Annotated[int, Field(ge=1, le=600)]


@dataclass(frozen=True, config=STRICT)
class Weights:
    """The weight of a minute in material of each severity."""

    low: Weight
    moderate: Weight
    high: Weight
    critical: Weight

    def of(self, severity: Severity) -> float:
        """The weight of one minute."""
        return (self.low, self.moderate, self.high, self.critical)[severity - 1]


@dataclass(frozen=True, config=STRICT)
class Rotation:
    """After `after_minutes` of severe material within `within_minutes`, only lighter cases are given."""

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
    support: LocalText  # whom the employer's staff may turn to

    @property
    def shift(self) -> timedelta:
        """The period over which exposure is added up."""
        return timedelta(hours=self.shift_hours)
