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
    value, square = part / whole, _Z * _Z
    middle = (value + square / (2 * whole)) / (1 + square / whole)
    reach = _Z * sqrt(value * (1 - value) / whole + square / (4 * whole * whole)) / (1 + square / whole)
    return Share(part, whole, value, max(0.0, middle - reach), min(1.0, middle + reach))
