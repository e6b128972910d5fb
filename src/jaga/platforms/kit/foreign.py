"""Conversion of foreign data to a storable form; values that cannot be converted are set aside with their raw bytes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

from jaga.core.foreign import EPOCH, LARGEST_NUMBER, ForeignValueInvalid, plausible
from jaga.core.platforms import SetAside
from jaga.core.terms.actions import SetAsideKind

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
