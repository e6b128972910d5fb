"""The source `stream`: batches that a platform sends by itself, signed, as JSON lines or Arrow.

The web server verified and stored them (`watch.hooks`); here their rows become observations, as those of a file.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pyarrow as pa

from jaga.core.errors import N_
from jaga.core.observations import (
    ObservedBatch,
    Pushes,
    Source,
    SourceRefused,
    SourceSettings,
    SourceWentBack,
    StoredPush,
)
from jaga.core.terms.reports import PushFormat
from jaga.sources.file.rows import COLUMNS, NEEDED, found_in, found_in_line
from jaga.sources.kit import Found, Gathering, State, state_text
from jaga.sources.registry import Surroundings

NAME = "stream/1"
_NO_STREAM = N_("Nothing can be sent to this watch here.")
_AT_ONCE = 500
Row = tuple[object, Callable[[str], tuple[Found, ...]]]
"""A row as it came, and what makes observations of it, given its place."""


class PushUnreadable(ValueError):
    """The rest of this batch cannot be read."""


class StreamSource:
    """The batches of one platform, from the first that came. The cursor is the batch that is read next, and its row."""

    name = NAME

    def __init__(self, pushes: Pushes, platform: str) -> None:
        self._pushes, self._platform = pushes, platform

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        newest, newest_at = self._pushes.newest() or (0, None)
        number, row = self._first(newest) if cursor is None else _position(cursor)
        if number > newest + 1:
            raise SourceWentBack(why=f"the newest batch is {newest}, and number {number - 1} was read")
        self._pushes.forget_before(number)  # the cursor was stored with their effects
        gathering, lag = Gathering(), timedelta(0)
        while not gathering.full(limit) and (push := self._pushes.from_number(number)):
            if push.number != number:
                raise SourceWentBack(why=f"the batches from {number} to {push.number - 1} are gone")
            number, row = self._read(push, row, limit, gathering)
            if number == push.number and newest_at is not None:
                lag = max(newest_at - push.received_at, lag)
        return gathering.batch(state_text({"batch": number, "row": row}), more=number <= newest, lag=lag)

    def _first(self, newest: int) -> tuple[int, int]:
        """Nothing that was acknowledged is skipped: without a cursor, the first batch that waits."""
        waiting = self._pushes.from_number(1)
        return (waiting.number if waiting else newest + 1), 0

    def _read(self, push: StoredPush, row: int, limit: int, gathering: Gathering) -> tuple[int, int]:
        """Gather from this row on; the batch and row that come next."""
        rows = _lines(push.content, row) if push.format is PushFormat.LINES else _arrow(push.content, row)
        try:
            for item, build in rows:
                if gathering.full(limit):
                    return push.number, row
                row += 1
                place = f"batch {push.number} row {row}"
                gathering.take(place, item, build, self._platform, place, NAME)
        except PushUnreadable as error:
            gathering.refuse(f"batch {push.number} after row {row}", error.args[0], push.content)
        return push.number + 1, 0


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a watch. Raises SourceRefused where nothing can be sent to it."""
    if surroundings.pushes is None:
        raise SourceRefused(_NO_STREAM)
    return StreamSource(surroundings.pushes, settings.platform)


def _position(cursor: str) -> tuple[int, int]:
    state = State(cursor)
    if state.number("batch") < 1:
        raise SourceWentBack(why="the cursor is of another source or version")
    return state.number("batch"), state.number("row")


def _lines(content: bytes, start: int) -> Iterator[Row]:
    """The rows of JSON lines; an empty line counts, and says nothing."""
    for line in content.removesuffix(b"\n").split(b"\n")[start:]:
        yield line, lambda *place, line=line: found_in_line(line, *place) if line.strip() else ()


def _arrow(content: bytes, start: int) -> Iterator[Row]:
    """The rows of an Arrow stream. Raises PushUnreadable at the place where it is damaged."""
    before = 0
    try:
        with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
            wanted = _columns(reader.schema)
            for batch in reader:
                if before + len(batch) > start:
                    batch.validate(full=True)  # offsets that lead elsewhere, text that is none
                    part = batch.select(wanted).slice(max(start - before, 0))
                    for at in range(0, len(part), _AT_ONCE):
                        for row in part.slice(at, _AT_ONCE).to_pylist():
                            yield row, lambda *place, row=row: found_in(row, *place)
                before += len(batch)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise PushUnreadable(f"damaged: {type(error).__name__}") from error


def _columns(schema: pa.Schema) -> list[str]:
    """The columns that are read. Types whose values can be larger than the bytes that came are refused."""
    missing = [name for name in NEEDED if schema.names.count(name) != 1]
    if missing:
        raise PushUnreadable(f"no column, or more than one, of the name {', '.join(missing)}")
    wanted = [name for name in COLUMNS if name in schema.names]
    wrong = [name for name in wanted if not _plain(schema.field(name).type)]
    if wrong:
        raise PushUnreadable(
            f"the type of {', '.join(wrong)} is not read: use text, whole numbers, booleans, time"
            " stamps with a zone, or a list of texts"
        )
    return wanted


def _plain(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
    return any(
        is_one(kind)
        for is_one in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_boolean,
            pa.types.is_integer,
            pa.types.is_timestamp,
            pa.types.is_null,
        )
    )
