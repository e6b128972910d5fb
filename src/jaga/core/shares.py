"""Shares with a confidence interval."""

from math import sqrt
from typing import NamedTuple

_Z = 1.959964  # 95 % of a normal distribution


class Share(NamedTuple):
    """`part` of `whole`, with the bounds of its 95 % interval."""

    part: int
    whole: int
    value: float
    low: float
    high: float


def share(part: int, whole: int) -> Share | None:
    """The share with Wilson's score interval (E. B. Wilson, JASA 22, 1927); None if `whole` is 0. Raises ValueError."""
    if not 0 <= part <= max(0, whole):
        raise ValueError(f"{part} of {whole}")
    if not whole:
        return None
    return Share(part, whole, part / whole, *wilson(part / whole, whole))


def wilson(value: float, whole: float) -> tuple[float, float]:
    """The bounds of Wilson's 95 % score interval for a share of `whole` items, which may be an effective number."""
    square = _Z * _Z
    middle = (value + square / (2 * whole)) / (1 + square / whole)
    reach = _Z * sqrt(value * (1 - value) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return (0.0 if value == 0 else low), (1.0 if value == 1 else high)
