"""Values from other servers as they may enter through the platform port (ADR 0050).

Display text is cleaned and truncated. An identifier, cursor or locator is never altered: an invalid one raises
`ForeignValueInvalid`, and nothing is decided on it. An implausible timestamp becomes the epoch. `PortValue` applies the
rule in each field's annotation when a value is built, so that no adapter can forget it.

Which IP addresses are public: the check for every call to an address that somebody else named.

The IANA special-purpose registries (RFC 6890) are included as tables beside `ipaddress`, whose answers differ between
Python versions; an address is refused if either objects. Pure.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

Address = IPv4Address | IPv6Address

_ALLOCATED = IPv6Network("2000::/3")  # global unicast allocated by IANA; anything else is local or maps to IPv4
_SPECIAL = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_SPECIAL_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, including Teredo, which maps to IPv4
            "2001:db8::/32",
            "2002::/16",  # documentation; 6to4, which maps to IPv4
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether the address is public.

    An IPv4-mapped IPv6 address (::ffff:0:0/96) is judged as the IPv4 address. Other IPv6 transition addresses (6to4,
    Teredo, NAT64, IPv4-compatible) are refused, since they lead to another address.
    """
    plain = unmapped(address)
    if isinstance(plain, IPv4Address):
        return plain.is_global and not any(plain in network for network in _SPECIAL)
    return plain.is_global and plain in _ALLOCATED and not any(plain in network for network in _SPECIAL_6)


def is_loopback(address: Address) -> bool:
    """Whether it is a loopback address."""
    return unmapped(address).is_loopback


def unmapped(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped one contains; otherwise the address without its zone."""
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped or IPv6Address(int(address))
    return address


EPOCH = datetime.fromtimestamp(0, UTC)
LARGEST_NUMBER = 2**63 - 1
"""The largest number that a column holds (PostgreSQL's bigint). Queries by a larger one find nothing, without an error:
Django or PostgreSQL see to that, so only what is stored or documented is bounded.
"""
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)  # later moments overflow when converted to another time zone
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_IDENTIFIER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class ForeignValueInvalid(ValueError):
    """A value that cannot be kept unchanged. `field` names its place; the message does not contain the value."""

    def __init__(self, field: str, why: str) -> None:
        self.field, self.why = field, why
        super().__init__(f"{field}: {why}")


class FieldRule(Protocol):
    """The rule applied to a field when a port value is built. Raises ForeignValueInvalid."""

    def applied(self, field: str, value: object) -> object: ...


@dataclass(frozen=True)
class DisplayText:
    """Display text: control characters and lone surrogates become U+FFFD, truncated to `longest` characters."""

    longest: int

    def applied(self, field: str, value: object) -> str:
        if not isinstance(value, str):
            raise ForeignValueInvalid(field, "no text")
        return shown(value, self.longest)


@dataclass(frozen=True)
class Exact:
    """An identifier, cursor or locator: unchanged or refused, so that two different ones never become equal."""

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
    """A moment between 1970 and 9000 in UTC; the epoch for any other."""

    def applied(self, field: str, value: object) -> datetime:
        if not isinstance(value, datetime):
            raise ForeignValueInvalid(field, "no moment")
        return plausible(value) or EPOCH


@dataclass(frozen=True)
class Ours:
    """Text that comes from Jaga, such as a generated password."""

    def applied(self, field: str, value: object) -> object:
        return value


Line = Annotated[str, DisplayText(500)]
Paragraph = Annotated[str, DisplayText(10_000)]
Words = Annotated[str, DisplayText(65_536)]  # the size of a whole Matrix event
IDENTIFIER = Exact(300)
Identifier = Annotated[str, IDENTIFIER]
OwnNumber = Annotated[str, Exact(120)]
CURSOR = Exact(4096)
Cursor = Annotated[str, CURSOR]
Digest = Annotated[str, Exact(64)]
Moment = Annotated[datetime, Plausible()]
OurText = Annotated[str, Ours()]


def shown(text: str, longest: int) -> str:
    """`text` cleaned for display and storage, at most `longest` characters."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return _UNSHOWABLE.sub("\ufffd", text)


def is_identifier(value: object) -> bool:
    """Whether the value is a valid identifier as it is."""
    try:
        IDENTIFIER.applied("", value)
    except ForeignValueInvalid:
        return False
    return True


def plausible(moment: datetime) -> datetime | None:
    """The moment in UTC; None for a naive one, or one before 1970 or after 9000."""
    if moment.tzinfo is None or not 1970 <= moment.year <= 9000:
        return None
    found = moment.astimezone(UTC)
    return found if EPOCH <= found <= _LATEST else None


class PortValue:
    """Base of the frozen dataclasses for values from platforms. Each text field's annotation names its rule."""

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
    """The fields with a rule, and whether they hold several values.

    Raises TypeError for a text or moment without a rule.
    """
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        many = get_origin(hint) is tuple
        inner = get_args(hint)[0] if many else hint
        rule = next((one for one in getattr(inner, "__metadata__", ()) if hasattr(one, "applied")), None)
        if rule is not None:
            found.append((name, rule, many))
        elif {str, datetime} & _types_in(hint):  # also inside a container or union
            raise TypeError(f"{kind.__name__}.{name} says no rule for its text: see jaga.core.foreign")
    return tuple(found)


def _types_in(hint: Any) -> set[object]:
    parts = get_args(hint)
    return {one for part in parts for one in _types_in(part)} if parts else {hint}
