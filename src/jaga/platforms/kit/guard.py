"""A wrapper around every adapter: an answer it misreads counts as the platform's fault, and no account id is altered.

`open_adapter` adds it, so neither a new adapter nor a new caller can forget it.

A memory limit for all answers during one adapter call.

Each page has its own limit (`jaga.platforms.kit.http`), but a server that fills fifty pages could still exhaust the
memory of a worker that serves every platform.

The two kinds of adapter, and the results of `jaga platform check`.

Conversion of foreign data to a storable form; values that cannot be converted are set aside with their raw bytes.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from threading import local
from types import MappingProxyType, NoneType
from typing import Generic, Protocol, TypeGuard, TypeVar

from jaga.core.errors import JagaError
from jaga.core.foreign import EPOCH, IDENTIFIER, LARGEST_NUMBER, ForeignValueInvalid, plausible, shown
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Handover,
    Identifies,
    InAppFeed,
    NoticePort,
    NoticeToOperator,
    PlatformFault,
    PlatformPort,
    PublicFeed,
    SetAside,
    StepResult,
)
from jaga.core.terms.cases import SetAsideKind

LARGEST_READ = 512 * 1024 * 1024
"""Three hundred thousand messages with all fields: more than a worker reads at once."""


class _Read(local):
    left: int | None = None  # None outside of a call.


_read = _Read()


@contextmanager
def one_call() -> Iterator[None]:
    """Count what this thread reads within the block. A nested call counts with the outer one."""
    if _read.left is not None:
        yield
        return
    _read.left = LARGEST_READ
    try:
        yield
    finally:
        _read.left = None


def count_read(size: int) -> None:
    """Add this many bytes. Raises PlatformFault above the limit for one call."""
    if _read.left is None:
        return
    _read.left -= size
    if _read.left < 0:
        raise PlatformFault(why="its answers to one call are too large together")


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


MISREAD = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""Exceptions Python raises when an answer does not have the expected form. The answer is at fault."""

_Kept = TypeVar("_Kept")


def clean(text: str) -> str:
    """`text` with lone surrogates, which cannot be stored or hashed, escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def moment(seconds: object) -> datetime:
    """Unix time as an aware datetime; the epoch if out of range or not a number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return EPOCH
    try:
        return plausible(datetime.fromtimestamp(seconds, UTC)) or EPOCH
    except (OverflowError, ValueError, OSError):
        return EPOCH


def moment_of_ms(milliseconds: object) -> datetime:
    """`moment` for milliseconds."""
    if isinstance(milliseconds, int) and not isinstance(milliseconds, bool):
        return moment(milliseconds // 1000).replace(microsecond=milliseconds % 1000 * 1000)
    return EPOCH


def moment_of_text(text: object) -> datetime | None:
    """ISO 8601 as an aware datetime, in UTC if it names no zone; None if invalid."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return plausible(found if found.tzinfo else found.replace(tzinfo=UTC))


def number(value: object, field: str) -> int:
    """A platform's own number. Raises ForeignValueInvalid unless it is a 64-bit integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ForeignValueInvalid(field, "no whole number")
    if not 0 <= value <= LARGEST_NUMBER:
        raise ForeignValueInvalid(field, "a number out of range")
    return value


def raw(value: object) -> bytes:
    """A JSON value as ASCII, losslessly."""
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError, RecursionError):
        return ascii(value)[:10_000].encode()


def without_reporter(item: object, *fields: str) -> object:
    """A report to set aside, without the fields that name its sender, who stays secret."""
    if not isinstance(item, dict):
        return item
    return {name: "left out" if name in fields else value for name, value in item.items()}


class Sorted(Generic[_Kept]):
    """The items of an answer: `kept` if a value could be built, otherwise `aside`."""

    def __init__(self, kind: SetAsideKind) -> None:
        self.kept: list[_Kept] = []
        self.aside: list[SetAside] = []
        self._kind = kind

    def take(self, item: object, build: Callable[..., _Kept | None], *given: object) -> bool:
        """Build a value from `given`; an unreadable item does not affect the others.

        Returns False if it was set aside.
        """
        try:
            built = build(*given)
        except MISREAD as error:
            why = str(error) if isinstance(error, ForeignValueInvalid) else type(error).__name__
            self.aside.append(SetAside(self._kind, why, raw(item)))
            return False
        if built is not None:
            self.kept.append(built)
        return True


CALLS = (
    "check",
    "observe",
    "preserve",
    "restrict",
    "deliver",
    "redact",
    "close",
    "restore",
    "read_public",
    "identify",
    "read_reports",
    "read_picture",
    "send",
    "rehearse",
)
"""Every interface method that calls the platform."""

_GIVEN: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "observe": (AccountObservation,),
        "read_public": (PublicFeed,),
        "read_reports": (InAppFeed,),
        "send": (Handover,),
        "identify": (Account, NoneType),
        "read_picture": (bytes, NoneType),
        "capabilities": (Capabilities,),
        **dict.fromkeys(("restrict", "deliver", "redact", "close", "restore"), (StepResult,)),
        **dict.fromkeys(("check", "preserve", "rehearse"), (tuple,)),
    }
)
"""The return type of each call. The type checker ensures it for Jaga's own adapters, this for others."""

_Adapter = TypeVar("_Adapter")


def guarded(adapter: _Adapter, *, foreign: bool = False) -> _Adapter:
    """The adapter with calls that raise PlatformFault for misread answers and invalid account ids.

    `foreign`: it comes from another package (`platforms.outside`). Any exception is then its platform's fault, so a bug
    ends neither the job nor work for other platforms.
    """
    for name in (*CALLS, "capabilities") if foreign else CALLS:
        if (method := getattr(adapter, name, None)) is not None:
            setattr(
                adapter,
                name,
                _contained(name, _typed(name, method) if foreign else method, (Exception,) if foreign else MISREAD),
            )
    return adapter


def _typed(name: str, method: Callable[..., object]) -> Callable[..., object]:
    def call(*given: object, **named: object) -> object:
        answered = method(*given, **named)
        if not isinstance(answered, _GIVEN[name]):
            raise PlatformFault(why=f"{name}: the adapter gives a {type(answered).__name__}")
        return answered

    return call


def _contained(name: str, method: Callable[..., object], caught: tuple[type[Exception], ...]) -> Callable[..., object]:
    @wraps(method)
    def call(*given: object, **named: object) -> object:
        try:
            for one in given:
                _check_sent(one)
            with one_call():
                answered = method(*given, **named)
            if isinstance(answered, Account):
                _check_found(answered)
            return answered
        except JagaError:
            raise
        except caught as error:
            why = str(error) if isinstance(error, ForeignValueInvalid) else type(error).__name__
            raise PlatformFault(why=f"{name}: {shown(why, 150)}") from error

    return call


def _check_sent(value: object) -> None:
    """Check the id, which the call acts on; a name is whatever people typed."""
    account = value.account if isinstance(value, NoticeToOperator) else value
    if isinstance(account, Account):
        _apply(account, "account_id")


def _check_found(account: Account) -> None:
    """Check id and handle: a handle later leads to an account, so it must be as exact as an id."""
    _apply(account, "account_id")
    if account.handle:
        _apply(account, "handle")
    if account.since is not None and account.since.tzinfo is None:
        raise ForeignValueInvalid("since", "a moment without a time zone")


def _apply(account: Account, field: str) -> None:
    IDENTIFIER.applied(field, getattr(account, field))
