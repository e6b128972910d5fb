"""What `jaga platform check` proves about one platform's configuration, one sentence each."""

from dataclasses import dataclass
from typing import Protocol

from jaga.core.platforms import PlatformPort


@dataclass(frozen=True)
class Check:
    """One thing that was tried on the real platform. A failed one says in its sentence what to do."""

    name: str
    ok: bool
    sentence: str


class Adapter(PlatformPort, Protocol):
    """What the registry opens: the port, and a look at one's own configuration that changes nothing."""

    def check(self) -> tuple[Check, ...]:
        """Version, credentials, rights and settings, tried without any effect. Raises PlatformUnreachable."""
