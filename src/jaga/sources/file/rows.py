"""A row of a file becomes an observation, a deletion or an opt-out; rows that are not public are dropped at arrival.

Only the columns named here are read. A place, coordinates, a face or a telephone number in a column of its own never
enters, whatever else a file contains.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from jaga.core.foreign import ForeignValueInvalid, plausible
from jaga.core.observations.values import Deletion, Observation
from jaga.core.terms.watch import ObservationKind
from jaga.sources.kit.gathering import Found, OptedIn, OptedOut

COLUMNS = (
    "native_id",
    "account_id",
    "handle",
    "surface",
    "text",
    "at",
    "locator",
    "media_hashes",
    "kind",
    "visibility",
    "deleted",
    "opted_out",
)
NEEDED = ("native_id", "account_id", "text", "at")
NAME = "file/1"
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0", ""})


def found_in(row: Mapping[str, object], file: str, place: str, version: str = NAME) -> tuple[Found, ...]:
    """What the row of a file, or of a platform's stream, says; nothing if it is not public or has no text.

    Raises ForeignValueInvalid.
    """
    if _text(row, "visibility") not in {"", "public"}:
        return ()
    if _flag(row, "deleted"):
        return (Deletion(_text(row, "native_id")),)
    account = _text(row, "account_id")
    if _flag(row, "opted_out"):
        return (OptedOut(account),)
    back = () if row.get("opted_out") in (None, "") else (OptedIn(account),)
    text = _text(row, "text")
    if not text.strip():
        return back
    return (
        *back,
        Observation(
            surface=_text(row, "surface") or file,
            native_id=_text(row, "native_id"),
            account_id=account,
            handle=_text(row, "handle") or account,
            text=text,
            at=_moment(row.get("at")),
            locator=_text(row, "locator") or f"{version.partition('/')[0]}:{file}#{place.replace(' ', '-')}",
            source_version=version,
            media_hashes=_hashes(row.get("media_hashes")),
            kind=_kind(_text(row, "kind")),
        ),
    )


def _text(row: Mapping[str, object], name: str) -> str:
    """The value as text: a number as it is written, "" for none."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ForeignValueInvalid(name, "no text")


def _flag(row: Mapping[str, object], name: str) -> bool:
    value = row.get(name)
    if isinstance(value, bool):
        return value
    word = _text(row, name).strip().lower()
    if word not in _YES | _NO:
        raise ForeignValueInvalid(name, "neither true nor false")
    return word in _YES


def _moment(value: object) -> datetime:
    """A moment with its time zone: a guessed zone could move a text to another day."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ForeignValueInvalid("at", "no moment in ISO 8601") from None
    if at.tzinfo is None:
        raise ForeignValueInvalid("at", "no time zone")
    found = plausible(at)
    if found is None:
        raise ForeignValueInvalid("at", "before 1970 or after 9000")
    return found


def _hashes(value: object) -> tuple[str, ...]:
    """SHA-256 in hex: a list, or a text that separates them by spaces."""
    if value is None or value == "":
        return ()
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    many = value.split() if isinstance(value, str) else value
    if not isinstance(many, list) or not all(
        isinstance(one, str) and len(one) == 64 and not one.lower().strip("0123456789abcdef") for one in many
    ):
        raise ForeignValueInvalid("media_hashes", "no SHA-256 in hex")
    return tuple(one.lower() for one in many)


def _kind(word: str) -> ObservationKind:
    try:
        return ObservationKind(word or ObservationKind.NEW)
    except ValueError:
        raise ForeignValueInvalid("kind", "neither new nor edit") from None
