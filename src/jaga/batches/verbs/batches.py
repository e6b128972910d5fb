"""Batches: a file of many reports is sealed, validated, and filed once a person starts it.

Its hash identifies it.

This module has the verbs for people; the worker uses `validation` and `filing`.

The file of a batch, and that it is deleted when its days are over.

Refused rows with their cells, for correction and resubmission.

Cells are read from the sealed file; the database stores errors only.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from django.db import transaction

from jaga.batches.models import Batch
from jaga.batches.reads import BatchSender, access_own_batch, own_batch, refused_rows, sender_of
from jaga.cases.verbs.accounts import platforms_of
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput
from jaga.core.lifecycles import BATCH
from jaga.core.terms.reports import BatchState
from jaga.exchange.batch_in import read_batch
from jaga.exchange.rows import MAX_FILE, NO_ROWS, TOO_LARGE, not_usable
from jaga.people.reads.api_keys import spend_at_once
from jaga.people.verbs.registration import check_registration
from jaga.policy.release import load_release
from jaga.store import vault
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_text
from jaga.store.room import require_room


class BatchFileDeleted(Conflict):
    """The file's days are over."""

    code = "batch_file_deleted"
    status = 410
    sentence = N_("The file of this batch was deleted, since its days were over.")
    remedy = N_("If rows of it are still to be filed, send the file again.")


def require_file(batch: Batch) -> None:
    """Raises BatchFileDeleted."""
    if batch.file_deleted_at is not None:
        raise BatchFileDeleted


_STARTS_FROM = (BatchState.READY, BatchState.CANCELLED)
_CANCELS_FROM = (BatchState.RECEIVED, BatchState.READY, BatchState.RUNNING)


class BatchMovedOn(IllegalTransition):
    """The batch's state does not allow this."""

    code = "batch_moved_on"
    sentence = N_("The file has moved on, so this step is no longer possible.")
    remedy = N_("Reload its page to see where it stands now.")


@dataclass(frozen=True)
class NewBatch:
    """What the sender says about a file.

    `platform` and `category` apply to rows that name none.

    `start`: file the valid rows right after validation; otherwise a person starts it after the preview. `key_id`: the
    API key that sends it; the valid rows count towards that key's daily limit when started.
    """

    name: str
    platform: str = ""
    category: str = ""
    start: bool = False
    key_id: int | None = None


@dataclass(frozen=True)
class SubmittedBatch:
    """The batch of a file. `repeated`: the sender submitted it before, so it was not created again."""

    batch_id: int
    repeated: bool
    state: BatchState


def submit_batch(new: NewBatch, pieces: Iterable[bytes], *, actor: Actor) -> SubmittedBatch:
    """Seal a file and queue its validation.

    Submitting the same file again returns the same batch.

    It is validated again if it failed, or if nothing was filed and platform or category changed. Raises NotPermitted,
    NotInStanding, InvalidInput, FileNotUsable if empty or too large, DayUsedUp, StorageFull.
    """
    sender = sender_of(actor)
    _check_registration(sender)
    new = replace(new, name=new.name.strip()[:120] or "batch")
    _check(new)
    require_room()
    sha256, size = vault.seal_pieces(_bounded(pieces), None)
    with transaction.atomic():
        batch, made = Batch.objects.select_for_update().get_or_create(
            sender_key=sender.key,
            sha256=sha256,
            defaults={
                "organisation_id": sender.organisation_id,
                "person_id": sender.person_id,
                "channel": sender.channel,
                "key_id": new.key_id,
                "name": new.name,
                "size": size,
                "platform": new.platform,
                "category": new.category,
                "starts_itself": new.start,
                "created_at": now(),
            },
        )
        if batch.file_deleted_at is not None:  # It is there again.
            batch.file_deleted_at = None
            batch.save(update_fields=["file_deleted_at"])
        if made or _is_to_be_looked_at_anew(batch, new):
            _validate_anew(batch, new, sender)
            append(
                "submit_batch",
                {"batch": batch.pk, "sha256": sha256, "size": size, "again": not made},
                actor=actor,
                case_id=None,
            )
        elif new.start and batch.state in _STARTS_FROM:
            _start(batch, actor, new.key_id)
        elif new.start and batch.state == BatchState.RECEIVED:
            batch.starts_itself, batch.key_id = True, new.key_id or batch.key_id
            batch.save(update_fields=["starts_itself", "key"])
        return SubmittedBatch(batch.pk, not made, BatchState(batch.state))


def _check_registration(sender: BatchSender) -> None:
    """Raise NotInStanding unless an external sender's registration is active."""
    if sender.organisation_id is not None and sender.person_id is not None:
        check_registration(sender.person_id)


def _check(new: NewBatch) -> None:
    errors = check_text("name", new.name, 120)
    if new.platform and not platforms_of([new.platform]):
        errors.append(FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list.")))
    if new.category and new.category not in {known.key for known in load_release().categories}:
        errors.append(FieldError("category", "unknown", N_("Choose what happens from the list.")))
    if errors:
        raise InvalidInput(*errors)


def _bounded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > MAX_FILE:
            raise not_usable(TOO_LARGE)
        yield piece
    if not size:
        raise not_usable(NO_ROWS)


def _is_to_be_looked_at_anew(batch: Batch, new: NewBatch) -> bool:
    if batch.filed:
        return False
    other = (batch.platform, batch.category) != (new.platform, new.category)
    return batch.state == BatchState.FAILED or (
        other and batch.state != BatchState.DONE and batch.state != BatchState.RUNNING
    )


def _validate_anew(batch: Batch, new: NewBatch, sender: BatchSender) -> None:
    """Reset a batch without filed rows as if it were new."""
    batch.rows.all().delete()
    batch.state = BATCH.to(batch.state, BatchState.RECEIVED)
    batch.why, batch.tries, batch.ended_at = {}, 0, None
    batch.name, batch.platform, batch.category = new.name, new.platform, new.category
    batch.starts_itself, batch.person_id, batch.key_id = new.start, sender.person_id, new.key_id
    batch.validated_at, batch.started_at, batch.done_to, batch.notes = None, None, 0, []
    batch.save(
        update_fields=[
            "state",
            "why",
            "tries",
            "ended_at",
            "name",
            "platform",
            "category",
            "starts_itself",
            "person",
            "key",
            "validated_at",
            "started_at",
            "done_to",
            "notes",
        ]
    )


@transaction.atomic
def start_batch(batch_id: int, *, actor: Actor, key_id: int | None = None) -> None:
    """Start filing a batch's valid rows, or resume a cancelled one.

    Filed reports stay.

    `key_id` is the API key that starts it, by default the one that sent it. Raises NotPermitted, NotFound for another
    sender's batch, NotInStanding, BatchMovedOn, DayUsedUp.
    """
    _check_registration(sender_of(actor))
    batch = access_own_batch(batch_id, actor=actor)
    if batch.state not in _STARTS_FROM:
        raise BatchMovedOn
    _start(batch, actor, key_id)


def _start(batch: Batch, actor: Actor, key_id: int | None) -> None:
    require_file(batch)
    batch.tries, batch.ended_at, batch.key_id = 0, None, key_id or batch.key_id
    if batch.validated_at is None:  # cancelled before validation
        batch.state, batch.starts_itself = BATCH.to(batch.state, BatchState.RECEIVED), True
    else:
        begin_filing(batch)
    batch.save()
    append("start_batch", {"batch": batch.pk}, actor=actor, case_id=None)


def begin_filing(batch: Batch) -> None:
    """Set a batch to running and clear its preview; the caller saves it.

    At the first start its valid rows count towards the key's daily limit. Raises DayUsedUp, then nothing changes.
    """
    if batch.started_at is None and batch.key_id is not None:
        spend_at_once(batch.key_id, batch.good)
    batch.state = BATCH.to(batch.state, BatchState.RUNNING)
    batch.sample, batch.why = [], {}
    batch.started_at = batch.started_at or now()


@transaction.atomic
def cancel_batch(batch_id: int, *, actor: Actor) -> None:
    """Stop a batch before its next commit.

    Filed rows stay; it can be started again.

    Raises NotPermitted, NotFound, BatchMovedOn.
    """
    batch = access_own_batch(batch_id, actor=actor)
    if batch.state not in _CANCELS_FROM:
        raise BatchMovedOn
    batch.state, batch.ended_at = BATCH.to(batch.state, BatchState.CANCELLED), now()
    batch.save(update_fields=["state", "ended_at"])
    append("cancel_batch", {"batch": batch.pk, "filed": batch.filed}, actor=actor, case_id=None)


Mended = tuple[int, Mapping[str, str], tuple[FieldError, ...]]


def refused_with_cells(batch_id: int, *, actor: Actor) -> Iterator[Mended]:
    """Number, cells and errors of each refused row, in file order.

    Empty platform and category cells are filled with the batch's defaults, so that a resubmitted row means the same.
    Raises NotPermitted, NotFound, BatchFileDeleted immediately; EvidenceDamaged if the file is lost.
    """
    batch = own_batch(batch_id, actor=actor)
    require_file(batch)
    refused = refused_rows(batch_id, actor=actor)
    if not batch.refused:
        return iter(())
    file = vault.open_original(batch.sha256, None)
    left_out = {name: value for name, value in (("platform", batch.platform), ("category", batch.category)) if value}

    def joined() -> Iterator[Mended]:
        waiting = next(refused, None)
        with file:
            for row in read_batch(file.path).rows:
                if waiting is None:
                    return
                if row.number == waiting.number:
                    yield row.number, {**left_out, **row.cells}, waiting.errors
                    waiting = next(refused, None)

    return joined()
