"""Cursor pages: newest first, stable while new rows come in. A cursor is opaque; give it back as it came."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from jaga.core.numbers import LARGEST_NUMBER

Row = TypeVar("Row")
_LOST_PLUS = re.compile(r" (\d\d:\d\d)$")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")

Cursor = Annotated[int | None, Field(ge=1, le=LARGEST_NUMBER, description="`next` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=100, description="How many at most.")]


def _moment(value: object) -> object:
    """RFC 3339. A plus sign in an address is read as a blank; nobody means a blank before an offset."""
    if not isinstance(value, str):
        return value
    written = _LOST_PLUS.sub(r"+\1", value)
    if not _MOMENT.fullmatch(written):
        raise PydanticCustomError("not_a_moment", "a moment as 2026-01-31T09:30:00Z")
    return written


def _in_utc(moment: datetime | None) -> datetime | None:
    """PostgreSQL knows no offset beyond 15:59; a moment that UTC cannot write is before or after everything."""
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if moment and moment.year == 1 else datetime.max.replace(tzinfo=UTC)


UpdatedSince = Annotated[AwareDatetime | None, BeforeValidator(_moment), AfterValidator(_in_utc), Field(
    description="Only those of which something that you can see changed at or after this moment: "
                "2026-01-31T09:30:00Z, with its offset.",
    json_schema_extra={"example": "2026-01-31T09:30:00Z"})]


class Page(Schema):
    """`next` is null on the last page."""

    next: str | None = None


def cut(rows: Sequence[Row], limit: int, number: Callable[[Row], int]) -> tuple[Sequence[Row], str | None]:
    """The rows of this page and the cursor of the next one, from `limit` + 1 rows asked for."""
    shown = rows[:limit]
    return shown, str(number(shown[-1])) if len(rows) > limit else None
