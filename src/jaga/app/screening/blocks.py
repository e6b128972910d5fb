"""One block of rows: what it is, and how it is screened. The same function for one text, one machine and a cluster.

A block depends on the file alone, and its result on the block, the engine and the settings alone; so neither the number
of workers nor one that dies changes a bit of the result.
"""

import unicodedata
import zlib
from dataclasses import dataclass, field, fields
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import phonenumbers
import pyarrow as pa

from jaga import __version__
from jaga.app.screening.errors import OtherRelease
from jaga.app.screening.json_lines import rows_of_lines
from jaga.app.screening.rows import ROWS
from jaga.app.screening.screened import screened
from jaga.policy import PolicyRelease, load_release
from jaga.screening.base.kernel_cache import state_of

MOST_ROWS = 65_536
MOST_BYTES = 4 * 1024 * 1024
LINES, TABLE = "lines", "table"


class RowBlock(NamedTuple):
    """Some rows of a file, in its order: lines of JSON, or a table of `rows.ROWS` in Arrow's stream format."""

    number: int
    kind: str
    data: bytes

    def digest(self) -> str:
        """What these bytes are, and nothing of where they stand."""
        return sha256(self.kind.encode() + b"\n" + self.data).hexdigest()


@dataclass(frozen=True)
class Settings:
    """What a result depends on beside its file."""

    policy: str
    column: str
    ident: str
    language: str | None
    """In which language signals are told in sentences; None: by their short names."""
    version: str = ""
    """Of all that reads a text; "": of this process."""
    models: tuple[bytes, ...] = field(default=(), repr=False)
    """Learnt models that speak too, as `models.packed_small` gives them: whoever screens needs no store."""
    text: bool = False
    """Whether each row's text stands in the result."""
    signature: bool = False
    """Whether each row's signature does: 128 bytes, for whoever looks for texts that are nearly the same."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", self.version or version())

    def said(self) -> dict[str, object]:
        """All of it for a file beside the result: models by the SHA-256 of what they are."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**own, "models": [sha256(zlib.decompress(one)).hexdigest() for one in self.models]}


def screen_block(kind: str, data: bytes, settings: Settings) -> bytes:
    """The result of one block as an Arrow stream: one row for each of its rows, in the same order.

    Raises OtherRelease where this process would not say the same as the one that made the settings.
    """
    return as_bytes(screen_rows(rows_of_lines(data, settings.column, settings.ident) if kind == LINES
                                else from_bytes(data), settings))


def screen_rows(rows: pa.Table, settings: Settings) -> pa.Table:
    """The result of a table of `rows.ROWS`: what `screen_block` does, for whoever has tables. Raises OtherRelease."""
    release = _release(settings.policy, settings.version)
    return screened(rows, release, settings.language, settings.models, text=settings.text,
                    signature=settings.signature)


def empty_result(settings: Settings) -> pa.Table:
    """The result of no rows: it has the columns that all of this run's results have."""
    return screen_rows(ROWS.empty_table(), settings)


def version() -> str:
    """Everything beside the policy that a result depends on: our code, the plan of telephone numbers, and Unicode."""
    ours = f"{__version__} {state_of()} {state_of(Path(__file__).parent)}"
    return f"{ours} {phonenumbers.__version__} {unicodedata.unidata_version}"


@cache
def _release(policy: str, made_by: str) -> PolicyRelease:
    release = load_release()
    if (release.hash, version()) != (policy, made_by):
        raise OtherRelease(ours=f"{made_by}, {policy[:12]}", theirs=f"{version()}, {release.hash[:12]}")
    return release


def as_bytes(table: pa.Table) -> bytes:
    """A table as bytes that are the same for the same rows, whatever chunks it came in."""
    sink = BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        for batch in table.combine_chunks().to_batches():
            stream.write_batch(batch)
    return sink.getvalue()


def from_bytes(data: bytes) -> pa.Table:
    """The table that `as_bytes` wrote."""
    return pa.ipc.open_stream(data).read_all()
