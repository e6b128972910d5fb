"""The two kinds of adapter, and the results of `jaga platform check`."""

from dataclasses import dataclass
from typing import Protocol, TypeGuard

from jaga.core.platforms import Identifies, NoticePort, PlatformPort


@dataclass(frozen=True)
class Check:
    """One check against the real platform. The sentence of a failed one says what to do."""

    name: str
    ok: bool
    sentence: str


class ActingAdapter(PlatformPort, Protocol):
    """An adapter that acts on the platform itself."""

    def check(self) -> tuple[Check, ...]:
        """Check version, credentials, permissions and settings without any effect. Raises PlatformUnreachable."""


class NoticeAdapter(NoticePort, Protocol):
    """An adapter that sends notices to the operator's staff, since Jaga cannot act there."""

    def check(self) -> tuple[Check, ...]:
        """Check what is possible without any effect or contacting a person. Raises PlatformUnreachable."""


Adapter = ActingAdapter | NoticeAdapter


def can_act(adapter: Adapter) -> TypeGuard[ActingAdapter]:
    """Whether Jaga acts there itself, i.e. the adapter has `jaga.core.platforms.STEPS`."""
    return not adapter.capabilities().by_notice


def by_notice(adapter: Adapter) -> TypeGuard[NoticeAdapter]:
    """Whether the operator's staff is asked, i.e. the adapter has `send`."""
    return adapter.capabilities().by_notice


def identifies(adapter: object) -> TypeGuard[Identifies]:
    """Whether handles can change owners there and the adapter can resolve them."""
    return isinstance(adapter, Identifies)
