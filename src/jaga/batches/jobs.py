"""Processes batches: a periodic task of the worker, also used by `jaga import`."""

import time
from collections.abc import Callable, Iterator

import structlog

from jaga.batches.models import Batch
from jaga.batches.reads import open_batches, state_of
from jaga.batches.verbs.rows import (
    CHUNK,
    MAX_TRIES,
    SAMPLE,
    BatchKillsItsWorker,
    Ended,
    RefusedRow,
    Repeats,
    RowReader,
    TooManyRows,
    begin_work,
    ended_rows,
    fail_batch,
    file_chunk,
    fingerprint,
    finish_batch,
    finish_validation,
    has_worn_out,
    note_rows,
)
from jaga.cases.verbs.accounts import NewReport
from jaga.core.actors import SYSTEM
from jaga.core.terms.reports import BatchState
from jaga.exchange.batch_in import read_batch
from jaga.exchange.rows import FileNotUsable, SheetRow, Table
from jaga.reporting.verbs.validation import ValidatedReport
from jaga.store import vault
from jaga.work.adapters import session_lock

MAX_ROWS = 500_000
SLICE = 15.0  # seconds for one batch, so that the worker can stop and other batches get their turn
Tell = Callable[[int], None]
log = structlog.get_logger("jaga.batches")


def work_on_batches() -> int:
    """Work on every open batch for a while; returns on how many something was done."""
    return sum(work_on(batch_id) for batch_id in open_batches())


def work_on(batch_id: int, tell: Tell = lambda done: None) -> bool:
    """Validate a batch or file its rows for a while; False if another process works on it.

    `tell` receives the number of rows processed. Safe to kill at any time: committed rows are not processed again.
    """
    with session_lock(f"jaga batch {batch_id}") as ours:
        if not ours:
            return False
        if has_worn_out(batch_id):
            fail_batch(batch_id, BatchKillsItsWorker(times=MAX_TRIES), actor=SYSTEM)
            return True
        try:
            if state_of(batch_id) is BatchState.RECEIVED:
                _validate(batch_id, tell)
            if state_of(batch_id) is BatchState.RUNNING:
                _file(batch_id, tell)
        except (FileNotUsable, vault.EvidenceDamaged) as unusable:
            fail_batch(batch_id, unusable, actor=SYSTEM)
            log.warning("batch_failed", batch=batch_id, why=unusable.code)
    return True


def _validate(batch_id: int, tell: Tell) -> None:
    batch = begin_work(batch_id, BatchState.RECEIVED)
    if batch is None:
        return
    with vault.open_original(batch.sha256, None) as file:
        _check_rows(batch, read_batch(file.path), tell)


def _check_rows(batch: Batch, table: Table, tell: Tell) -> None:
    batch_id, reader = batch.pk, RowReader(batch)
    first_rows: dict[bytes, int] = {}
    ended: list[Ended] = []
    sample: list[SheetRow] = []
    rows = 0
    for row in table.rows:
        rows += 1
        if rows > MAX_ROWS:
            raise TooManyRows(most=MAX_ROWS)
        if len(sample) < SAMPLE:
            sample.append(row)
        found = reader.check(row)
        if not isinstance(found, ValidatedReport):
            ended.append(RefusedRow(row.number, found))
        elif (earlier := first_rows.setdefault(fingerprint(found), row.number)) != row.number:
            ended.append(Repeats(row.number, earlier))
        if rows % CHUNK == 0:
            if not note_rows(batch_id, rows, ended):
                return
            ended = []
            tell(rows)
    if note_rows(batch_id, rows, ended):
        tell(rows)
        finish_validation(batch_id, table, rows, len(first_rows), sample, stepped_in=reader.stepped_in, actor=SYSTEM)


def _file(batch_id: int, tell: Tell) -> None:
    batch = begin_work(batch_id, BatchState.RUNNING)
    if batch is None:
        return
    until = time.monotonic() + SLICE
    with vault.open_original(batch.sha256, None) as file:
        for after, rows, refused, upto, passed in _chunks(batch, read_batch(file.path)):
            if not file_chunk(batch_id, after, rows, refused, upto):
                return
            tell(passed)
            if time.monotonic() > until:
                return
    finish_batch(batch_id, actor=SYSTEM)


def _chunks(
    batch: Batch,
    table: Table,
) -> Iterator[tuple[int, list[tuple[int, NewReport]], list[RefusedRow], int, int]]:
    """The remaining chunks: row before, reports, rows refused at this point, last row, and number of rows passed."""
    reader, over = RowReader(batch), ended_rows(batch.pk)
    after, rows, refused, passed = batch.done_to, [], [], 0
    number = after
    for row in table.rows:
        passed += 1
        if row.number <= batch.done_to or row.number in over:
            continue
        number = row.number
        found = reader.read(row)
        if isinstance(found, NewReport):
            rows.append((number, found))
        else:
            refused.append(RefusedRow(number, found))
        if len(rows) == CHUNK:
            yield after, rows, refused, number, passed
            after, rows, refused = number, [], []
    if rows or refused:
        yield after, rows, refused, number, passed
