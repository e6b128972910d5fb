"""What other servers write, made such that it can be stored; and what cannot be, kept apart with its raw bytes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

from jaga.core.foreign import EPOCH, ForeignValueInvalid, plausible
from jaga.core.platforms import SetAside
from jaga.core.terms import SetAsideKind

LARGEST_NUMBER = 2**63 - 1
MISREAD = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What Python raises where an answer is not what the code that reads it takes it for. The answer is at fault."""

_Kept = TypeVar("_Kept")


def clean(text: str) -> str:
    """`text` without lone surrogates, which nobody could store or hash; they are spelt out instead."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def moment(seconds: object) -> datetime:
    """Unix time as an aware moment; the epoch for a time that cannot be, and for what is no number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return EPOCH
    try:
        return plausible(datetime.fromtimestamp(seconds, UTC)) or EPOCH
    except (OverflowError, ValueError, OSError):
        return EPOCH


def moment_of_ms(milliseconds: object) -> datetime:
    """The same of milliseconds."""
    if isinstance(milliseconds, int) and not isinstance(milliseconds, bool):
        return moment(milliseconds // 1000).replace(microsecond=milliseconds % 1000 * 1000)
    return EPOCH


def moment_of_text(text: object) -> datetime | None:
    """ISO 8601 as an aware moment, in UTC where it names no zone; None for what is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return plausible(found if found.tzinfo else found.replace(tzinfo=UTC))


def number(value: object, field: str) -> int:
    """A platform's own number as it came. Raises ForeignValueInvalid for what is no whole number of 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ForeignValueInvalid(field, "no whole number")
    if not 0 <= value <= LARGEST_NUMBER:
        raise ForeignValueInvalid(field, "a number out of range")
    return value


def raw(value: object) -> bytes:
    """A value of JSON as ASCII, from which it can be read back as it was."""
    try:
        return json.dumps(value).encode()
    except (TypeError, ValueError, RecursionError):
        return ascii(value)[:10_000].encode()


def without_reporter(item: object, *fields: str) -> object:
    """A report as it is set aside: who sent it stays secret, so the field that names them is left out."""
    if not isinstance(item, dict):
        return item
    return {name: "left out" if name in fields else value for name, value in item.items()}


class Sorted(Generic[_Kept]):
    """What an answer lists, item by item: `kept` where a value could be built of it, else `aside`."""

    def __init__(self, kind: SetAsideKind) -> None:
        self.kept: list[_Kept] = []
        self.aside: list[SetAside] = []
        self._kind = kind

    def take(self, item: object, build: Callable[..., _Kept | None], *given: object) -> bool:
        """Build a value of `given`; an item that cannot be read leaves the others alone. False where it is set aside.
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
