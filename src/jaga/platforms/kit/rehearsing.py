"""Dry runs: what an adapter would do to an account, without doing it."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaga.core.platforms import Account


@dataclass(frozen=True)
class Rehearsed:
    """One line: the step, what would be sent, and the result without any effect."""

    step: str
    what: str
    result: str


@runtime_checkable
class Rehearses(Protocol):
    """The additional interface of an adapter that supports dry runs."""

    def rehearse(self, account: Account) -> tuple[Rehearsed, ...]:
        """Everything the steps would send. Changes nothing on the platform. Raises PlatformUnreachable."""
