"""Pagination by cursor: newest first, stable while rows are added. To a client a cursor is opaque."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from jaga.core.errors import N_
from jaga.core.foreign import LARGEST_NUMBER

Row = TypeVar("Row")
_LOST_PLUS = re.compile(r" (\d\d:\d\d)$")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")

Cursor = Annotated[int | None, Field(ge=1, le=LARGEST_NUMBER, description=N_("`next` of the previous page."))]
Limit = Annotated[int, Field(ge=1, le=100, description=N_("The maximum number of items."))]


def _moment(value: object) -> object:
    """Parse an RFC 3339 time. A blank before the offset is read as "+": an unescaped plus sign in a URL becomes one."""
    if not isinstance(value, str):
        return value
    written = _LOST_PLUS.sub(r"+\1", value)
    if not _MOMENT.fullmatch(written):
        raise PydanticCustomError("not_a_moment", "a moment as 2026-01-31T09:30:00Z")
    return written


def _in_utc(moment: datetime | None) -> datetime | None:
    """The time in UTC, since PostgreSQL takes no offset beyond 15:59. Times out of range become the first or last
    one.
    """
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if moment and moment.year == 1 else datetime.max.replace(tzinfo=UTC)


UpdatedSince = Annotated[
    AwareDatetime | None,
    BeforeValidator(_moment),
    AfterValidator(_in_utc),
    Field(
        description=N_(
            "Only items of which something visible to you changed at or after this time, written with its "
            "offset: 2026-01-31T09:30:00Z."
        ),
        json_schema_extra={"example": "2026-01-31T09:30:00Z"},
    ),
]


class Page(Schema):
    """`next` is null on the last page."""

    next: str | None = Field(None, description="The `cursor` of the next page; null on the last page.")


def cut(rows: Sequence[Row], limit: int, number: Callable[[Row], int]) -> tuple[Sequence[Row], str | None]:
    """The rows of this page and the cursor of the next one, from `limit` + 1 rows asked for."""
    shown = rows[:limit]
    return shown, str(number(shown[-1])) if len(rows) > limit else None
