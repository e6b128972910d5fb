"""One file from its first row to the finished result."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from jaga.app.screening.blocks import Settings, empty_result
from jaga.app.screening.errors import FileBreaksOff, FileNotRead, NoRoom, NotWritten
from jaga.app.screening.hands import Hands
from jaga.app.screening.parts import Parts, write
from jaga.app.screening.reading import Reader, opened
from jaga.app.screening.results import result_file

_NO_ROOM = (ENOSPC, EDQUOT, EFBIG)


@dataclass
class Told:
    """What came out, for the person at the terminal and for the file beside the result."""

    rows: int = 0
    with_signals: int = 0
    victim_first: int = 0
    marked: dict[str, int] = field(default_factory=dict)
    """Rows by the words of their `error`."""

    def count(self, table: pa.Table) -> None:
        self.rows += len(table)
        self.with_signals += pc.sum(pc.greater(table["score"], 0.0)).as_py() or 0
        self.victim_first += pc.sum(table["victim_first"]).as_py() or 0
        for one in pc.value_counts(table["error"].drop_null()).to_pylist():
            for word in one["values"].split():
                self.marked[word] = self.marked.get(word, 0) + one["counts"]


def finished(path: Path, result: Path, settings: Settings) -> bool:
    """Whether this result was made of this file, as it is now, with these settings."""
    about = _beside(result)
    return result.exists() and about.exists() and json.loads(about.read_text())["made_of"] == _made_of(path, settings)


def screen_file(path: Path, result: Path, settings: Settings, hands: Callable[[], Hands], *, kind: str | None = None,
                show: Callable[[float, int], None] = lambda share, rows: None) -> Told:
    """Screen the file and write the result, which is there only when it is whole. Goes on where a run was ended.

    Raises the errors of `screening.errors`; what was screened until then is kept for the next run.
    """
    parts = Parts(result, settings)
    try:
        with opened(path, settings.column, settings.ident, kind) as reader, parts.held():
            told = _write(path, result, settings, reader, parts, hands, show)
            write(_beside(result), json.dumps({"made_of": _made_of(path, settings), "rows": told.rows,
                                               "with_signals": told.with_signals, "victim_first": told.victim_first,
                                               "marked": told.marked}, indent=1, sort_keys=True).encode() + b"\n")
            parts.remove()
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoom(path=error.filename or parts.folder) from None
        raise NotWritten(path=error.filename or result, why=error.strerror or error) from None
    return told


def _write(path: Path, result: Path, settings: Settings, reader: Reader, parts: Parts, hands: Callable[[], Hands],
           show: Callable[[float, int], None]) -> Told:
    told, working = Told(), hands()
    try:
        with result_file(result, parts.folder / "result.tmp", empty_result(settings).schema) as writer:
            for number in _in_order(reader, parts, working):
                table = parts.table(number)
                told.count(table)
                writer.write(table)
                show(reader.share(), told.rows)
            if reader.broken:
                raise FileBreaksOff(path=path, rows=told.rows, why=reader.broken, parts=parts.folder)
    finally:
        working.close()
    return told


def _in_order(reader: Reader, parts: Parts, hands: Hands) -> Iterator[int]:
    """Have each block screened that is not yet; their numbers in order, each as soon as it and all before are done."""
    done, following = set[int](), 0
    for block in reader.blocks():
        if parts.has(block):
            done.add(block.number)
        else:
            hands.give(block)
        while hands.busy >= hands.room:
            done.add(_taken(parts, hands))
        while following in done:
            done.remove(following)
            yield following
            following += 1
    while hands.busy:
        done.add(_taken(parts, hands))
    yield from sorted(done)


def _taken(parts: Parts, hands: Hands) -> int:
    number, result = hands.take()
    parts.keep(number, result)
    return number


def _made_of(path: Path, settings: Settings) -> dict[str, object]:
    try:
        about = path.stat()
    except OSError as error:
        raise FileNotRead(path=path, why=error.strerror or error) from None
    return {"file": path.name, "bytes": about.st_size, "modified_ns": about.st_mtime_ns, **settings.said()}


def _beside(result: Path) -> Path:
    return result.with_name(result.name + ".json")
