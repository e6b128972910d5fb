"""Blocks of rows and their screening, identical for one text, one machine and a cluster.

A block depends only on the file, and its result only on block, engine and settings; the number of workers or a crash
does not change the result.
"""

import json
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
from jaga.app.screening.context import ROWS, OtherRelease, rows_of_lines
from jaga.app.screening.page import screened
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.base.kernel_cache import state_of

MOST_ROWS = 65_536
MOST_BYTES = 4 * 1024 * 1024
LINES, TABLE = "lines", "table"
EVERYTHING = ("🅾️pen bo 0812-3456-7890, 𝗱𝗽 dulu, t.me/contoh_saja atau contoh.example", "open bo")
"""Texts that together use all stages of the engine, the second one the false-alarm filter."""


class RowBlock(NamedTuple):
    """Some rows of a file in order: JSON lines, or a table of `rows.ROWS` in Arrow's stream format."""

    number: int
    kind: str
    data: bytes

    def digest(self) -> str:
        """The hash of these bytes, independent of their position."""
        return sha256(self.kind.encode() + b"\n" + self.data).hexdigest()


@dataclass(frozen=True)
class Settings:
    """What a result depends on besides its file."""

    policy: str
    column: str
    ident: str
    language: str | None
    """The language of explaining sentences; None: only short names."""
    version: str = ""
    """The version of all code that reads a text; "": this process's."""
    models: tuple[bytes, ...] = field(default=(), repr=False)
    """Additional trained models, as from `models.packed_small`, so that workers need no evidence store."""
    text: bool = False
    """Whether the result contains each row's text."""
    signature: bool = False
    """Whether it contains each row's signature: 128 bytes, for finding near-duplicates."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", self.version or version())

    def described(self) -> dict[str, object]:
        """The settings for a file beside the result, with models by SHA-256."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**own, "models": [sha256(zlib.decompress(one)).hexdigest() for one in self.models]}


def screen_block(kind: str, data: bytes, settings: Settings) -> bytes:
    """The result of one block as an Arrow stream: one row for each of its rows, in order.

    Raises OtherRelease if this process's version differs from that of the settings.
    """
    return as_bytes(
        screen_rows(
            rows_of_lines(data, settings.column, settings.ident) if kind == LINES else from_bytes(data), settings
        )
    )


def screen_rows(rows: pa.Table, settings: Settings) -> pa.Table:
    """`screen_block` for a table of `rows.ROWS`. Raises OtherRelease."""
    release = _release(settings.policy, settings.version)
    return screened(rows, release, settings.language, settings.models, text=settings.text, signature=settings.signature)


def empty_result(settings: Settings) -> pa.Table:
    """The result of no rows, with all columns of this run."""
    return screen_rows(ROWS.empty_table(), settings)


def prepare(settings: Settings) -> None:
    """Load what screening a block needs, compiled code included: for processes that are then forked. Raises
    OtherRelease.
    """
    lines = "".join(json.dumps({settings.column: text}) + "\n" for text in EVERYTHING)
    screen_block(LINES, lines.encode(), settings)


def version() -> str:
    """The version of everything besides the policy that affects results: Jaga's code, numbering plans and Unicode."""
    ours = f"{__version__} {state_of()} {state_of(Path(__file__).parent)}"
    return f"{ours} {phonenumbers.__version__} {unicodedata.unidata_version}"


@cache
def _release(policy: str, made_by: str) -> PolicyRelease:
    release = load_release()
    if (release.hash, version()) != (policy, made_by):
        raise OtherRelease(ours=f"{made_by}, {policy[:12]}", theirs=f"{version()}, {release.hash[:12]}")
    return release


def as_bytes(table: pa.Table) -> bytes:
    """A table as bytes, equal for equal rows however it is chunked."""
    sink = BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        for batch in table.combine_chunks().to_batches():
            stream.write_batch(batch)
    return sink.getvalue()


def from_bytes(data: bytes) -> pa.Table:
    """The inverse of `as_bytes`."""
    return pa.ipc.open_stream(data).read_all()
