"""Filing of a started batch, in chunks that commit together with their progress, so that a crash loses or doubles
nothing.
"""

from collections.abc import Sequence

from django.db import transaction

from jaga.casework.batches.validation import RefusedRow, keep
from jaga.casework.cases.values import NewReport
from jaga.casework.kernel.eligibility import Act, lapsed
from jaga.casework.kernel.ledger import append
from jaga.casework.people.people import actor_for
from jaga.casework.reporting.intake import accept_reports
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput
from jaga.core.lifecycles import BATCH
from jaga.core.terms.batches import BatchState
from jaga.core.terms.people import RegistrationStatus
from jaga.records.access.batches import OUR_SENDERS, OUTSIDE_SENDERS
from jaga.records.access.people.roster import registration_status
from jaga.records.models import Batch, BatchRow

CHUNK = 2000
Numbered = tuple[int, NewReport]


def ended_rows(batch_id: int) -> set[int]:
    """Numbers of the rows that are done: refused, repeated or filed."""
    return set(BatchRow.objects.filter(batch_id=batch_id).values_list("number", flat=True))


@transaction.atomic
def file_chunk(batch_id: int, after: int, rows: Sequence[Numbered], refused: Sequence[RefusedRow], upto: int) -> bool:
    """Accept the rows after row `after` and store progress up to row `upto`, in one commit.

    Returns False and does nothing if the batch was cancelled or another worker is ahead. If whoever started it lost the
    right, or the sender's registration is not active, the batch is cancelled and can be started again later. Rows
    refused at this point are stored with their errors; the others are accepted.
    """
    batch = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=batch_id, state=BatchState.RUNNING, done_to=after)
        .first()
    )
    if batch is None:
        return False
    left = batch.person_id is not None and lapsed(Act(batch.person_id, OUR_SENDERS | OUTSIDE_SENDERS))
    if left or (
        batch.organisation_id is not None and registration_status(batch.person_id or 0) is not RegistrationStatus.ACTIVE
    ):
        _stop(batch)
        return False
    accepted, bad = [], list(refused)
    if rows:
        answers = accept_reports([new for _, new in rows], actor=actor_for(batch.person) if batch.person else CLI)
        for (number, _), answer in zip(rows, answers, strict=True):
            if isinstance(answer, InvalidInput):
                bad.append(RefusedRow(number, answer.errors))
            else:
                accepted.append(BatchRow(batch=batch, number=number, report_id=answer.report_id))
    BatchRow.objects.bulk_create(accepted, batch_size=CHUNK)
    keep(batch, bad)
    batch.filed += len(accepted)
    batch.done_to, batch.tries = upto, 0
    batch.save(update_fields=["filed", "done_to", "tries"])
    return True


def _stop(batch: Batch) -> None:
    batch.state, batch.ended_at = BATCH.to(batch.state, BatchState.CANCELLED), now()
    batch.save(update_fields=["state", "ended_at"])
    append("cancel_batch", {"batch": batch.pk, "filed": batch.filed}, actor=SYSTEM, case_id=None)


@transaction.atomic
def finish_batch(batch_id: int, *, actor: Actor) -> None:
    """Mark a running batch as done. Does nothing if it was cancelled meanwhile."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RUNNING).first()
    if batch is None:
        return
    batch.state, batch.ended_at = BATCH.to(batch.state, BatchState.DONE), now()
    batch.save(update_fields=["state", "ended_at"])
    append(
        "finish_batch",
        {"batch": batch.pk, "filed": batch.filed, "refused": batch.refused, "double": batch.double},
        actor=actor,
        case_id=None,
    )
