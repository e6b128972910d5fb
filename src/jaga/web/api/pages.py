"""Cursor pages: newest first, stable while new rows come in. A cursor is opaque; give it back as it came."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from ninja import Schema
from pydantic import Field

Row = TypeVar("Row")
_LARGEST = 2**63 - 1

Cursor = Annotated[int | None, Field(ge=1, le=_LARGEST, description="`next` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=100, description="How many at most.")]


class Page(Schema):
    """`next` is null on the last page."""

    next: str | None = None


def cut(rows: Sequence[Row], limit: int, number: Callable[[Row], int]) -> tuple[Sequence[Row], str | None]:
    """The rows of this page and the cursor of the next one, from `limit` + 1 rows asked for."""
    shown = rows[:limit]
    return shown, str(number(shown[-1])) if len(rows) > limit else None
