"""Looking at a batch: what its rows are, before anything of it is filed. Done by the worker, or by `jaga import`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from jaga.casework.batches.batches import begin_filing
from jaga.casework.kernel.ledger import enter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, JagaError
from jaga.core.lifecycles import BATCH
from jaga.core.terms import BatchState
from jaga.exchange.rows import FileNotUsable, Note, SheetRow, Table
from jaga.records.access.people.api_keys import DayUsedUp, lacks_room
from jaga.records.models import Batch, BatchRow

MAX_TRIES = 5
SAMPLE = 10
_CUT = 200


class BatchKillsItsWorker(JagaError):
    """Whoever worked on it died, several times, without coming on."""

    code = "batch_fault"
    status = 500
    sentence = N_("Working on this file broke off %(times)s times at the same place.")
    remedy = N_("What was filed stays. Tell the administrator; split the file and send the parts.")


class TooManyRows(FileNotUsable):
    """More rows than one batch may have."""

    code = "too_many_rows"
    sentence = N_("This file has more than %(most)s rows.")
    remedy = N_("Split it into several files.")


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be filed, and why."""

    number: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True)
class Repeats:
    """A row that says what an earlier one of the file says."""

    number: int
    of: int


Ended = RefusedRow | Repeats


def begin_work(batch_id: int, state: BatchState) -> Batch | None:
    """Take up a batch in that state; None where it is in another by now. Each time counts until it comes on.

    One whose worker died again and again ends as failed: nothing is promised for ever.
    """
    with transaction.atomic():
        batch = Batch.objects.select_for_update(of=("self",)).select_related("person").filter(
            pk=batch_id, state=state).first()
        if batch is None:
            return None
        if batch.tries < MAX_TRIES:
            batch.tries += 1
            if state == BatchState.RECEIVED:  # a look that was broken off begins anew; nothing was filed
                batch.rows.filter(report__isnull=True).delete()
                batch.seen = batch.good = batch.double = batch.refused = 0
            batch.save()
            return batch
    return None


def has_worn_out(batch_id: int) -> bool:
    """Whether it has been taken up so often without coming on that it is to be ended."""
    return Batch.objects.filter(pk=batch_id, tries__gte=MAX_TRIES).exists()


@transaction.atomic
def note_rows(batch_id: int, seen: int, ended: Sequence[Ended]) -> bool:
    """Keep what was found so far; False where the batch was cancelled meanwhile."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RECEIVED).first()
    if batch is None:
        return False
    keep(batch, ended)
    batch.seen = seen
    batch.save(update_fields=["seen"])
    return True


def keep(batch: Batch, ended: Sequence[Ended]) -> None:
    """Rows that will be no report, with their reasons; the counts of a locked batch, which the caller may save too."""
    BatchRow.objects.bulk_create([_row(batch, one) for one in ended], batch_size=2000)
    batch.refused += sum(isinstance(one, RefusedRow) for one in ended)
    batch.double += sum(isinstance(one, Repeats) for one in ended)
    batch.save(update_fields=["refused", "double"])


def _row(batch: Batch, one: Ended) -> BatchRow:
    if isinstance(one, Repeats):
        return BatchRow(batch=batch, number=one.number, repeats=one.of)
    return BatchRow(batch=batch, number=one.number, errors=[
        {"field": error.field, "code": error.code, "sentence": error.sentence, "params": dict(error.params)}
        for error in one.errors])


@transaction.atomic
def end_look(batch_id: int, table: Table, seen: int, good: int, sample: Sequence[SheetRow], *, stepped_in: int = 0,
             actor: Actor) -> None:
    """The batch is ready, or running where its sender said so at once. Nothing is filed by this.

    One that the day of its key has no room for stays ready, and says why, whether it was to start by itself or not.
    `stepped_in`: rows that took the file's category. Nothing happens where it was cancelled meanwhile.
    """
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RECEIVED).first()
    if batch is None:
        return
    batch.format, batch.encoding, batch.ignored = table.format, table.encoding, list(table.ignored)
    batch.seen, batch.good, batch.looked_at, batch.tries = seen, good, now(), 0
    batch.notes = [{"sentence": sentence, "params": dict(params)}
                   for sentence, params in (*table.notes, *_of_category(stepped_in))]
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
    enter("look_at_batch", {"batch": batch.pk, "rows": seen, "good": good, "refused": batch.refused,
                            "double": batch.double, "started": batch.starts_itself}, actor=actor, case_id=None)


def _of_category(stepped_in: int) -> list[Note]:
    if not stepped_in:
        return []
    return [(N_("Rows whose own category is none of ours, and which took the file's: %(rows)s."), {"rows": stepped_in})]


def _kept(why: JagaError) -> dict[str, object]:
    return {"code": why.code, "sentence": why.sentence, "remedy": why.remedy, "params": dict(why.params)}


def _cut(cells: Mapping[str, str]) -> dict[str, str]:
    """The cells as PostgreSQL can keep them, and no longer than a preview shows."""
    return {column: cell[:_CUT].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
            for column, cell in cells.items()}


@transaction.atomic
def fail_batch(batch_id: int, why: JagaError, *, actor: Actor) -> None:
    """End a batch that cannot be worked on, with the reason. What was filed before stays."""
    batch = Batch.objects.select_for_update().filter(
        pk=batch_id, state__in=[BatchState.RECEIVED, BatchState.RUNNING]).first()
    if batch is None:
        return
    batch.state = BATCH.to(batch.state, BatchState.FAILED)
    batch.ended_at, batch.sample = now(), []
    batch.why = _kept(why)
    batch.save()
    enter("fail_batch", {"batch": batch.pk, "why": why.code, "filed": batch.filed}, actor=actor, case_id=None)
