"""Takes a file of public content in: plans its blocks, starts workers for them, and follows their progress.

Each worker is a process that takes blocks from the database until none is open (`reporting.verbs.backlogs`). The
same command on another machine that reads the same file under the same path is one more group of workers.
"""

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

from jaga.app.commands.records import database_answers, open_records
from jaga.app.screening.blocks import LINES, MOST_BYTES, RowBlock, version
from jaga.app.screening.context import FileChanged, FileNotRead, NotLines, WorkersKeepEnding
from jaga.core.actors import CLI

if TYPE_CHECKING:
    from datetime import datetime

    from jaga.app.screening.block_findings import BlockReading, Columns
    from jaga.reporting.verbs.backlogs import BacklogProgress, BlockFindings, PlannedBlock, TakenBlock
    from jaga.watch.verbs.waiting_texts import BlockTexts

_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1")
_PAUSE = 0.1
_MOST_IDLE_ENDS = 15


def begin(path: Path, watch: int, columns: "Columns") -> int:
    """Record the file and its blocks, or find it as it was begun before; returns its number. Raises
    FileNotPermitted.
    """
    from jaga.reporting.verbs.backlogs import NewBacklog, begin_backlog

    blocks, digest, size = _planned(path)
    new = NewBacklog(watch, path.name, digest, size, columns._asdict(), version())
    return begin_backlog(new, blocks, actor=CLI)


def _planned(path: Path) -> tuple[list["PlannedBlock"], str, int]:
    """The blocks of the file, its SHA-256 and its size."""
    from jaga.reporting.verbs.backlogs import PlannedBlock

    whole, planned, start = sha256(), list[PlannedBlock](), 0
    for data in _pieces(path):
        if not start and data.startswith(_PACKED):
            raise NotLines(path=path)
        whole.update(data)
        planned.append(PlannedBlock(start, len(data), RowBlock(0, LINES, data).digest()))
        start += len(data)
    return planned, whole.hexdigest(), start


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces that end with a line."""
    try:
        with path.open("rb") as file:
            rest = b""
            while piece := file.read(MOST_BYTES):
                lines, end, tail = (rest + piece).rpartition(b"\n")
                rest = tail
                if end:
                    yield lines + end
            if rest:
                yield rest
    except OSError as error:
        raise FileNotRead(path=path, why=error.strerror or error) from None


class Workers:
    """Worker processes for one backlog. One that dies is replaced, as long as blocks are open."""

    def __init__(self, number: int, path: Path, backlog_id: int) -> None:
        self._path, self._backlog_id, self._idle_ends = path, backlog_id, 0
        self._processes = [self._start() for _ in range(number)]

    def replace_dead(self, *, progressed: bool) -> None:
        """Raises WorkersKeepEnding if they die without getting anywhere."""
        self._idle_ends = 0 if progressed else self._idle_ends
        for place, process in enumerate(self._processes):
            if process.is_alive() or process.exitcode == 0:
                continue
            self._idle_ends += 1
            if self._idle_ends > _MOST_IDLE_ENDS * len(self._processes):
                raise WorkersKeepEnding(times=self._idle_ends, why=f"status {process.exitcode}")
            self._processes[place] = self._start()

    def pids(self) -> list[int]:
        """Of the processes that run now."""
        return [process.pid for process in self._processes if process.is_alive() and process.pid]

    def close(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(10)
            process.kill()
            process.join()

    def _start(self) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(
            target=work, args=(str(self._path), self._backlog_id), daemon=True
        )
        process.start()
        return process


def follow(workers: Workers, backlog_id: int, show: Callable[["BacklogProgress"], None]) -> "BacklogProgress":
    """Wait until no block is open."""
    from jaga.reporting.verbs.backlogs import is_open, progress_of

    before = progress_of(backlog_id)
    while is_open(backlog_id):
        now = progress_of(backlog_id)
        workers.replace_dead(progressed=(now.done, now.poison) != (before.done, before.poison))
        before = now
        show(now)
        time.sleep(_PAUSE)
    show(now := progress_of(backlog_id))
    return now


def work(path: str, backlog_id: int) -> None:
    """A worker: takes blocks until none is open. An error ends the try, and the worker goes on with another block."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; whoever started this one ends it.
    database_answers()
    open_records()
    from jaga.app.screening.block_findings import Columns
    from jaga.reporting.verbs.backlogs import give_back, is_open, take_block
    from jaga.watch.models.watches import Backlog

    columns = Columns(**Backlog.objects.get(pk=backlog_id).columns)
    while is_open(backlog_id):
        taken = take_block(backlog_id)
        if taken is None:
            time.sleep(_PAUSE)
            continue
        why = ""
        try:
            do_block(Path(path), backlog_id, taken, columns)
        except Exception as error:
            why = type(error).__name__
            raise
        finally:
            give_back(taken, why)
    # From here on there is nothing to give back, and an exception while Python shuts down would be printed.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def do_block(path: Path, backlog_id: int, taken: "TakenBlock", columns: "Columns") -> None:
    """Screen a block and file what is flagged. Raises FileChanged, FileNotRead."""
    from jaga.app.screening.block_findings import read_block
    from jaga.policy.release import load_release
    from jaga.reporting.verbs.backlogs import finish_block
    from jaga.store.codes import lot
    from jaga.watch.verbs.waiting_texts import FILES_SHARE, items_to_file, keep_texts

    try:
        with path.open("rb") as file:
            file.seek(taken.start)
            data = file.read(taken.size)
    except OSError as error:
        raise FileNotRead(path=path, why=error.strerror or error) from None
    if RowBlock(taken.number, LINES, data).digest() != taken.input_hash:
        raise FileChanged(path=path, block=taken.number)
    release = load_release()
    dice = lot(f"watch-block:{backlog_id}:{taken.input_hash}")
    read = read_block(data, columns, release, lot=dice, share=FILES_SHARE)
    found, texts = _findings(read, backlog_id)
    finish_block(
        taken,
        found,
        actor=CLI,
        keep=lambda watch, reports: keep_texts(watch, texts, reports, release),
        choose=lambda watch, items: items_to_file(watch, texts, items, path.name, release),
    )


def _findings(read: "BlockReading", backlog_id: int) -> "tuple[BlockFindings, BlockTexts]":
    """The reading with accounts as the platform names them, without what only rules flagged that are off, and without
    accounts that asked not to be read before they published it; and what is kept of its texts.
    """
    from jaga.core.locators import parse_account
    from jaga.policy.release import load_release
    from jaga.reporting.verbs.backlogs import BlockFindings
    from jaga.reporting.verbs.monitoring import ObservedItem, flags_again
    from jaga.store.codes import account_key
    from jaga.watch.models.watches import Backlog
    from jaga.watch.verbs.waiting_texts import BlockTexts
    from jaga.watch.verbs.watches import unread_until

    platform = Backlog.objects.select_related("platform").get(pk=backlog_id).platform
    items = []

    def named(account: str) -> str | None:
        return parse_account(platform.naming, platform.server_name, account) if account else None

    flags = flags_again({row.text: row.category for row in read.flagged}, load_release())
    for row in (row for row in read.flagged if row.text in flags):
        account = named(row.account)
        if account is not None:
            items.append(ObservedItem(account, row.account, row.text, row.category, row.ident, row.sent_at))
    drawn = [(named(row.account), row) for row in read.drawn]
    keys = {
        account: account_key(platform.name, account)
        for account in (*(item.account_id for item in items), *(account for account, _ in drawn if account))
    }
    asked = unread_until(set(keys.values()))

    def may_be_read(account: str | None, sent_at: "datetime | None") -> bool:
        until = asked.get(keys[account]) if account else None
        return until is None or (sent_at is not None and sent_at >= until)

    items = [item for item in items if may_be_read(item.account_id, item.sent_at)]
    unflagged = read.rows - read.unread - read.copies - len({row.text for row in read.flagged})
    texts = BlockTexts(
        max(unflagged, 0),
        {item.text: flags[item.text] for item in items},
        [row.text for account, row in drawn if may_be_read(account, row.sent_at)],
    )
    return BlockFindings(
        read.output_hash, read.root, read.rows, read.unread, read.copies, len(read.flagged), items
    ), texts
