"""A wrapper around every adapter: an answer it misreads counts as the platform's fault, and no account id is altered.

`open_adapter` adds it, so neither a new adapter nor a new caller can forget it.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType, NoneType
from typing import TypeVar

from jaga.core.errors import JagaError
from jaga.core.foreign import IDENTIFIER, ForeignValueInvalid, shown
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Handover,
    InAppFeed,
    NoticeToOperator,
    PlatformFault,
    PublicFeed,
    StepResult,
)
from jaga.platforms.kit.allowance import one_call
from jaga.platforms.kit.foreign import MISREAD

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
