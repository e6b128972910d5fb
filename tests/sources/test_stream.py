"""A platform's own stream: the contract on batches in both formats, and what hostile ones cannot do."""

import gzip
import json
import struct
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.sources.contract import SourceContract, ids

from jaga.core.clock import now
from jaga.core.observations import LARGEST_UNPACKED, MOST_PUSHED_ROWS, Source, StoredPush
from jaga.core.terms.reports import PushFormat
from jaga.exchange.pushed import PushNotUsable, PushTooLarge, rows_in, unpacked
from jaga.sources.stream import StreamSource

AT = "2026-11-30T01:02:03+07:00"


def row(native_id: str, text: str = "kata", **more: object) -> dict[str, object]:
    return {"native_id": native_id, "account_id": "mawar", "text": text, "at": AT, **more}


def lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


def arrow(table: pa.Table | list[dict[str, object]], **options: Any) -> bytes:
    table = table if isinstance(table, pa.Table) else pa.Table.from_pylist(table)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


class MemoryPushes:
    """The batches of a watch, in memory."""

    def __init__(self) -> None:
        self.all: list[StoredPush] = []
        self.forgotten = 0

    def add(self, form: PushFormat, content: bytes) -> None:
        self.all.append(StoredPush(len(self.all) + 1, form, content, now()))

    def newest(self) -> tuple[int, datetime] | None:
        return (self.all[-1].number, self.all[-1].received_at) if self.all else None

    def from_number(self, number: int) -> StoredPush | None:
        return next((one for one in self.all if one.number >= number), None)

    def forget_before(self, number: int) -> None:
        self.forgotten = max(self.forgotten, number)


class StreamStage:
    """A platform that sends each text as a batch of its own."""

    from_beginning, edits, deletions, opts_out, opts_in = True, True, True, True, True

    def __init__(self, form: PushFormat) -> None:
        self.form, self.pushes, self.said = form, MemoryPushes(), 0

    def source(self) -> Source:
        return StreamSource(self.pushes, "obrolan")

    def send(self, *rows: dict[str, object]) -> None:
        self.pushes.add(self.form, lines(list(rows)) if self.form is PushFormat.LINES else arrow(list(rows)))

    def say(self, text: str) -> str:
        self.said += 1
        self.send(row(f"p{self.said}", text))
        return f"p{self.said}"

    def say_privately(self, text: str) -> None:
        for number, who in enumerate(("private", "followers", "?")):
            self.send(row(f"x{number}", text, visibility=who))

    def spoil(self) -> None:
        self.send(row("p" * 500), row("px", at="kemarin"))
        self.pushes.add(self.form, b"\xff\xfe rusak")

    def edit(self, native_id: str, text: str) -> None:
        self.send(row(native_id, text, kind="edit"))

    def delete(self, native_id: str) -> None:
        self.send(row(native_id, deleted=True))

    def say_opted_out(self, text: str) -> str:
        self.send(row("m1", account_id="melati", opted_out=True), row("m2", text, account_id="melati"))
        return "melati"

    def opt_in(self, text: str) -> None:
        self.send(row("m3", text, account_id="melati", opted_out=False))

    def go_back(self) -> None:
        del self.pushes.all[1:]


@pytest.fixture(params=PushFormat)
def stage(request: pytest.FixtureRequest) -> StreamStage:
    return StreamStage(request.param)


class TestStream(SourceContract):
    """The contract, in both formats."""


def test_contents_are_forgotten_once_the_cursor_behind_them_was_stored(stage: StreamStage) -> None:
    """Not while their own reading may be repeated; and a batch that vanished unread is not passed over."""
    for number in range(3):
        stage.say(f"teks {number}")
    batch = stage.source().read(None, limit=2)
    assert (ids([batch]), batch.more, stage.pushes.forgotten) == (["p1", "p2"], True, 1)
    assert batch.lag is not None
    rest = stage.source().read(batch.cursor, limit=2)
    assert (ids([rest]), rest.more, stage.pushes.forgotten) == (["p3"], False, 3)


def test_the_rows_of_the_page_are_read() -> None:
    """docs/webhooks.md: a new text, its edit, a deletion and a mark."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()
    content = page.partition("```jsonl\n")[2].partition("```")[0].encode()
    assert rows_in(content, PushFormat.LINES) == 4
    stage = StreamStage(PushFormat.LINES)
    stage.pushes.add(PushFormat.LINES, content)
    batch = stage.source().read(None, limit=10)
    assert [(one.native_id, one.kind) for one in batch.observations] == [("p81", "new"), ("p81", "edit")]
    assert ([one.native_id for one in batch.deletions], batch.opted_out) == (["p80"], ("melati",))
    assert not batch.set_aside


def dictionary_column() -> bytes:
    """Ten thousand rows that all name one large text: small as bytes, 10 GB as rows."""
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int8()), pa.array(["x" * 1_000_000]))
    same = pa.array(["a"] * 1000)
    return arrow(pa.table({"native_id": same, "account_id": same, "text": text, "at": same}))


def long_length() -> bytes:
    """A record batch whose header claims 2**40 rows."""
    return arrow([row("a")]).replace(struct.pack("<q", 1), struct.pack("<q", 2**40))


@pytest.mark.parametrize(
    ("form", "make", "error"),
    [
        (PushFormat.LINES, lambda: lines([row("a")] * (MOST_PUSHED_ROWS + 1)), PushTooLarge),
        (PushFormat.LINES, lambda: b"\n \n", PushNotUsable),
        (PushFormat.ARROW, dictionary_column, PushNotUsable),
        (PushFormat.ARROW, lambda: arrow([row("a" * 99)] * 50, compression="zstd"), PushNotUsable),
        (PushFormat.ARROW, long_length, PushTooLarge),
        (PushFormat.ARROW, lambda: arrow([row("a")])[:-30], PushNotUsable),
        (PushFormat.ARROW, lambda: arrow([row("a")]) + b"x", PushNotUsable),
        (PushFormat.ARROW, lambda: b"\xff" * 4000, PushNotUsable),
        (PushFormat.ARROW, lambda: struct.pack("<Ii", 0xFFFFFFFF, 16) + b"\xff" * 16, PushNotUsable),
        (PushFormat.ARROW, lambda: b"{}", PushNotUsable),
    ],
    ids=["rows", "empty", "dictionary", "compressed", "length", "cut", "more", "ones", "offsets", "no arrow"],
)
def test_hostile_batches_are_refused_before_anything_is_stored(
    form: PushFormat,
    make: Callable[[], bytes],
    error: type[Exception],
) -> None:
    """By what their headers say, without decoding them."""
    with pytest.raises(error):
        rows_in(make(), form)


def test_what_a_stream_may_not_hold_costs_only_its_own_batch(stage: StreamStage) -> None:
    """Offsets that lead elsewhere and types that could grow are set aside with the reason; the next batch is read."""
    table = pa.Table.from_pylist([row("a", "kata pertama"), row("b", "kata kedua")])
    offsets = struct.pack("<3i", 0, 12, 22)
    broken = arrow(table).replace(offsets, struct.pack("<3i", 0, 2**30, 22))
    assert broken != arrow(table)
    view = arrow(table.set_column(0, "text", table["text"].cast(pa.string_view())))
    for content in (broken, view):
        assert rows_in(content, PushFormat.ARROW) == 2
        stage.pushes.add(PushFormat.ARROW, content)
    said = stage.say("sesudah")
    batch = stage.source().read(None, limit=10)
    assert ids([batch]) == [said]
    assert len(batch.set_aside) == 2


def test_gzip_is_decompressed_within_the_limit() -> None:
    """In several members too; a bomb costs no more than the limit, and what is cut is refused."""
    assert unpacked(gzip.compress(b"a") + gzip.compress(b"b"), "gzip") == b"ab"
    bomb = gzip.compress(bytes(LARGEST_UNPACKED + 1), 1)
    assert len(bomb) < LARGEST_UNPACKED / 100
    for wrong, encoding, error in (
        (bomb, "gzip", PushTooLarge),
        (bomb[:1000], "gzip", PushNotUsable),
        (zlib.compress(b"a"), "gzip", PushNotUsable),
        (b"a", "br", PushNotUsable),
    ):
        with pytest.raises(error):
            unpacked(wrong, encoding)
