"""The two kinds of adapter, and what `jaga platform check` proves about a configuration, one sentence each."""

from dataclasses import dataclass
from typing import Protocol, TypeGuard

from jaga.core.platforms import Identifies, NoticePort, PlatformPort


@dataclass(frozen=True)
class Check:
    """One thing that was tried on the real platform. A failed one says in its sentence what to do."""

    name: str
    ok: bool
    sentence: str


class HandsAdapter(PlatformPort, Protocol):
    """An adapter that acts on the platform itself."""

    def check(self) -> tuple[Check, ...]:
        """Version, credentials, rights and settings, tried without any effect. Raises PlatformUnreachable."""


class NoticeAdapter(NoticePort, Protocol):
    """An adapter that asks the operator's people; Jaga has no hands there."""

    def check(self) -> tuple[Check, ...]:
        """What can be tried without any effect and without troubling a person. Raises PlatformUnreachable."""


Adapter = HandsAdapter | NoticeAdapter


def has_hands(adapter: Adapter) -> TypeGuard[HandsAdapter]:
    """Whether Jaga acts there itself, by `jaga.core.platforms.STEPS`."""
    return not adapter.capabilities().by_notice


def by_notice(adapter: Adapter) -> TypeGuard[NoticeAdapter]:
    """Whether the operator's people are asked there, by `send`."""
    return adapter.capabilities().by_notice


def identifies(adapter: object) -> TypeGuard[Identifies]:
    """Whether names pass from account to account there, and the adapter can tell whose one is now."""
    return isinstance(adapter, Identifies)
