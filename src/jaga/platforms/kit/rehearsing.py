"""A dry run: what an adapter would do to an account, shown and not done."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaga.core.platforms import Account


@dataclass(frozen=True)
class Rehearsed:
    """One line: the step, what would be sent, and what came of it without any effect."""

    step: str
    what: str
    said: str


@runtime_checkable
class Rehearses(Protocol):
    """What an adapter offers besides its port that can show what it would do."""

    def rehearse(self, account: Account) -> tuple[Rehearsed, ...]:
        """Everything that the steps would send. Nothing is changed on the platform. Raises PlatformUnreachable."""
