"""Validation of a batch before anything is filed, by the worker or by `jaga import`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from jaga.casework.batches.batches import begin_filing
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, JagaError
from jaga.core.lifecycles import BATCH
from jaga.core.terms.batches import BatchState
from jaga.exchange.rows import FileNotUsable, Note, SheetRow, Table
from jaga.records.access.people.api_keys import DayUsedUp, lacks_room
from jaga.records.models import Batch, BatchRow

MAX_TRIES = 5
SAMPLE = 10
_CUT = 200


class BatchKillsItsWorker(JagaError):
    """Workers died repeatedly at the same place of this batch."""

    code = "batch_fault"
    status = 500
    sentence = N_("Working on this file broke off %(times)s times at the same place.")
    remedy = N_("What was filed stays. Tell the administrator; split the file and send the parts.")


class TooManyRows(FileNotUsable):
    """The file has more rows than a batch may have."""

    code = "too_many_rows"
    sentence = N_("This file has more than %(most)s rows.")
    remedy = N_("Split it into several files.")


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be filed, with its errors."""

    number: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True)
class Repeats:
    """A row that repeats an earlier row of the file."""

    number: int
    of: int


Ended = RefusedRow | Repeats


def begin_work(batch_id: int, state: BatchState) -> Batch | None:
    """Take up a batch in this state and count the try; None if its state changed or its tries are used up."""
    with transaction.atomic():
        batch = (
            Batch.objects.select_for_update(of=("self",))
            .select_related("person")
            .filter(pk=batch_id, state=state)
            .first()
        )
        if batch is None:
            return None
        if batch.tries < MAX_TRIES:
            batch.tries += 1
            if state == BatchState.RECEIVED:  # an interrupted validation starts again; nothing was filed
                batch.rows.filter(report__isnull=True).delete()
                batch.rows_read = batch.good = batch.double = batch.refused = 0
            batch.save()
            return batch
    return None


def has_worn_out(batch_id: int) -> bool:
    """Whether the batch has used up its tries without progress and must be failed."""
    return Batch.objects.filter(pk=batch_id, tries__gte=MAX_TRIES).exists()


@transaction.atomic
def note_rows(batch_id: int, rows: int, ended: Sequence[Ended]) -> bool:
    """Store validation results so far; False if the batch was cancelled meanwhile."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RECEIVED).first()
    if batch is None:
        return False
    keep(batch, ended)
    batch.rows_read = rows
    batch.save(update_fields=["rows_read"])
    return True


def keep(batch: Batch, ended: Sequence[Ended]) -> None:
    """Store rows that become no report, and update the counts of a locked batch."""
    BatchRow.objects.bulk_create([_row(batch, one) for one in ended], batch_size=2000)
    batch.refused += sum(isinstance(one, RefusedRow) for one in ended)
    batch.double += sum(isinstance(one, Repeats) for one in ended)
    batch.save(update_fields=["refused", "double"])


def _row(batch: Batch, one: Ended) -> BatchRow:
    if isinstance(one, Repeats):
        return BatchRow(batch=batch, number=one.number, repeats=one.of)
    return BatchRow(
        batch=batch,
        number=one.number,
        errors=[
            {"field": error.field, "code": error.code, "sentence": error.sentence, "params": dict(error.params)}
            for error in one.errors
        ],
    )


@transaction.atomic
def finish_validation(
    batch_id: int, table: Table, rows: int, good: int, sample: Sequence[SheetRow], *, stepped_in: int = 0, actor: Actor
) -> None:
    """Finish validation: the batch becomes ready, or running if its sender wanted that.

    Files nothing.

    If the key's daily limit is too small, it stays ready with the reason. `stepped_in` counts rows that got the batch's
    category. Does nothing if it was cancelled meanwhile.
    """
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RECEIVED).first()
    if batch is None:
        return
    batch.format, batch.encoding, batch.ignored = table.format, table.encoding, list(table.ignored)
    batch.rows_read, batch.good, batch.validated_at, batch.tries = rows, good, now(), 0
    batch.notes = [
        {"sentence": sentence, "params": dict(params)} for sentence, params in (*table.notes, *_of_category(stepped_in))
    ]
    batch.sample = [{"number": row.number, "cells": _cut(row.cells)} for row in sample]
    batch.state = BATCH.to(batch.state, BatchState.READY)
    if batch.starts_itself:
        try:
            begin_filing(batch)
        except DayUsedUp as refused:
            batch.starts_itself, batch.why = False, _kept(refused)
    elif batch.key_id is not None and (lacking := lacks_room(batch.key_id, good)) is not None:
        batch.why = _kept(lacking)
    batch.save()
    append(
        "validate_batch",
        {
            "batch": batch.pk,
            "rows": rows,
            "good": good,
            "refused": batch.refused,
            "double": batch.double,
            "started": batch.starts_itself,
        },
        actor=actor,
        case_id=None,
    )


def _of_category(stepped_in: int) -> list[Note]:
    if not stepped_in:
        return []
    return [(N_("Rows whose own category is none of ours, and which took the file's: %(rows)s."), {"rows": stepped_in})]


def _kept(why: JagaError) -> dict[str, object]:
    return {"code": why.code, "sentence": why.sentence, "remedy": why.remedy, "params": dict(why.params)}


def _cut(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells as PostgreSQL can store them, cut to the length of the preview."""
    return {
        column: cell[:_CUT].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
        for column, cell in cells.items()
    }


@transaction.atomic
def fail_batch(batch_id: int, why: JagaError, *, actor: Actor) -> None:
    """Fail a batch with a reason. Filed rows stay."""
    batch = (
        Batch.objects.select_for_update()
        .filter(pk=batch_id, state__in=[BatchState.RECEIVED, BatchState.RUNNING])
        .first()
    )
    if batch is None:
        return
    batch.state = BATCH.to(batch.state, BatchState.FAILED)
    batch.ended_at, batch.sample = now(), []
    batch.why = _kept(why)
    batch.save()
    append("fail_batch", {"batch": batch.pk, "why": why.code, "filed": batch.filed}, actor=actor, case_id=None)
