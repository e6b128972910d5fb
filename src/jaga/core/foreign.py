"""Values that another server sent, as they may cross the port of platforms (`docs/adr/0050`).

A text that is only shown is cleaned and cut to a bearable length. An identifier, cursor or locator is never altered:
one that cannot be kept as it is raises `ForeignValueInvalid`, and nothing is decided on it. A moment that no clock
shows becomes the epoch.

`PortValue` applies this where a value is built, by the annotation of each field, so that no adapter can forget it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

EPOCH = datetime.fromtimestamp(0, UTC)
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # further on, a change of time zone leaves what Python can count
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_IDENTIFIER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class ForeignValueInvalid(ValueError):
    """A value cannot be kept as it came. `field` is where it stood; the value itself is not in the message."""

    def __init__(self, field: str, why: str) -> None:
        self.field, self.why = field, why
        super().__init__(f"{field}: {why}")


class FieldRule(Protocol):
    """What becomes of a field's value when a port value is built. Raises ForeignValueInvalid."""

    def applied(self, field: str, value: object) -> object: ...


@dataclass(frozen=True)
class DisplayText:
    """A text for people: control characters and lone surrogates become U+FFFD, and its end is cut at `longest`."""

    longest: int

    def applied(self, field: str, value: object) -> str:
        if not isinstance(value, str):
            raise ForeignValueInvalid(field, "no text")
        return shown(value, self.longest)


@dataclass(frozen=True)
class Exact:
    """An identifier, cursor or locator: kept as it came, or refused. Two different ones never become one."""

    longest: int

    def applied(self, field: str, value: object) -> str:
        if not isinstance(value, str):
            raise ForeignValueInvalid(field, "no text")
        if not value:
            raise ForeignValueInvalid(field, "empty")
        if len(value) > self.longest:
            raise ForeignValueInvalid(field, f"longer than {self.longest} characters")
        if _NO_IDENTIFIER.search(value):
            raise ForeignValueInvalid(field, "control characters or lone surrogates")
        return value


@dataclass(frozen=True)
class Plausible:
    """A moment between 1970 and 9000, in UTC; the epoch for any other, since other servers write anything."""

    def applied(self, field: str, value: object) -> datetime:
        if not isinstance(value, datetime):
            raise ForeignValueInvalid(field, "no moment")
        return plausible(value) or EPOCH


@dataclass(frozen=True)
class Ours:
    """A text that no other server wrote: a password that was made here."""

    def applied(self, field: str, value: object) -> object:
        return value


Line = Annotated[str, DisplayText(500)]
Paragraph = Annotated[str, DisplayText(10_000)]
Words = Annotated[str, DisplayText(65_536)]  # as long as a whole event on Matrix
IDENTIFIER = Exact(300)
Identifier = Annotated[str, IDENTIFIER]
OwnNumber = Annotated[str, Exact(120)]
CURSOR = Exact(4096)
Cursor = Annotated[str, CURSOR]
Digest = Annotated[str, Exact(64)]
Moment = Annotated[datetime, Plausible()]
OurText = Annotated[str, Ours()]


def shown(text: str, longest: int) -> str:
    """`text` for people and for storage: one U+FFFD for each character that cannot be shown, at most `longest`."""
    if len(text) > longest:
        text = text[:longest - 1] + "…"
    return _UNSHOWABLE.sub("\ufffd", text)


def is_identifier(value: object) -> bool:
    """Whether it can be kept as an identifier as it is."""
    try:
        IDENTIFIER.applied("", value)
    except ForeignValueInvalid:
        return False
    return True


def plausible(moment: datetime) -> datetime | None:
    """The moment in UTC; None for a naive one, and for one before 1970 or after 9000."""
    if moment.tzinfo is None or not 1970 <= moment.year <= 9000:
        return None
    found = moment.astimezone(UTC)
    return found if EPOCH <= found <= _LATEST else None


class PortValue:
    """The base of the frozen dataclasses that carry what a platform sent. Each text has a rule in its annotation."""

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name, rule, many in rules_of(kind):
            value = getattr(self, name)
            if many:
                kept: object = tuple(rule.applied(name, one) for one in value)
            else:
                kept = rule.applied(name, value)
            if kept is not value:
                object.__setattr__(self, name, kept)


@cache
def rules_of(kind: type) -> tuple[tuple[str, FieldRule, bool], ...]:
    """Each field with a rule, and whether it holds several values. Raises TypeError for a text or moment without one.
    """
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        many = get_origin(hint) is tuple
        inner = get_args(hint)[0] if many else hint
        rule = next((one for one in getattr(inner, "__metadata__", ()) if hasattr(one, "applied")), None)
        if rule is not None:
            found.append((name, rule, many))
        elif {str, datetime} & _types_in(hint):  # also in a list, a mapping or beside None: give it a rule of its own
            raise TypeError(f"{kind.__name__}.{name} says no rule for its text: see jaga.core.foreign")
    return tuple(found)


def _types_in(hint: Any) -> set[object]:
    parts = get_args(hint)
    return {one for part in parts for one in _types_in(part)} if parts else {hint}
