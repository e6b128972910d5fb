"""Batches: a file of many reports is sealed, looked at, and filed when a person starts it. Its hash is its identity.

Here is what people do to a batch. What the worker does with it: `batch_look`, `batch_filing`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from jaga.casework.cases.accounts import platforms_of
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import check_text
from jaga.casework.people.registration import check_standing
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput
from jaga.core.lifecycles import BATCH
from jaga.core.terms import BatchState
from jaga.exchange.rows import MAX_FILE, NO_ROWS, TOO_LARGE, not_usable
from jaga.policy import load_release
from jaga.records import vault
from jaga.records.access.batches import BatchSender, access_own_batch, sender_of
from jaga.records.access.people.api_keys import spend_at_once
from jaga.records.models import Batch
from jaga.records.room import require_room

_STARTS_FROM = (BatchState.READY, BatchState.CANCELLED)
_CANCELS_FROM = (BatchState.RECEIVED, BatchState.READY, BatchState.RUNNING)


class BatchMovedOn(IllegalTransition):
    """The batch is not in a state in which this can be done."""

    code = "batch_moved_on"
    sentence = N_("The file has moved on, so this step is no longer possible.")
    remedy = N_("Reload its page to see where it stands now.")


@dataclass(frozen=True)
class NewBatch:
    """What the sender says of a file. `platform` and `category` are for rows that name none.

    `start`: file its good rows as soon as it was looked at; without it a person starts it after the preview.
    `key_id`: of the key that sends it, in whose day the good rows count once they are started.
    """

    name: str
    platform: str = ""
    category: str = ""
    start: bool = False
    key_id: int | None = None


@dataclass(frozen=True)
class SubmittedBatch:
    """The batch of this file; `known`: the sender has sent it before, and nothing is made twice."""

    batch_id: int
    known: bool
    state: BatchState


def submit_batch(new: NewBatch, pieces: Iterable[bytes], *, actor: Actor) -> SubmittedBatch:
    """Seal the file and have it looked at. The same file of the same sender is the batch that it was before.

    One that failed, or of which nothing was filed and whose platform or category is now another, is looked at anew.
    Raises NotPermitted, NotInStanding, InvalidInput, FileNotUsable for one that is empty or too large, DayUsedUp,
    NoRoom.
    """
    sender = sender_of(actor)
    _check_standing(sender)
    new = replace(new, name=new.name.strip()[:120] or "batch")
    _check(new)
    require_room()
    sha256, size = vault.seal_pieces(_bounded(pieces))
    with transaction.atomic():
        batch, made = Batch.objects.select_for_update().get_or_create(
            sender_key=sender.key, sha256=sha256, defaults={
                "organisation_id": sender.organisation_id, "person_id": sender.person_id, "channel": sender.channel,
                "key_id": new.key_id, "name": new.name, "size": size, "platform": new.platform,
                "category": new.category, "starts_itself": new.start, "created_at": now()})
        if made or _is_to_be_looked_at_anew(batch, new):
            _look_anew(batch, new, sender)
            enter("submit_batch", {"batch": batch.pk, "sha256": sha256, "size": size, "again": not made}, actor=actor,
                  case_id=None)
        elif new.start and batch.state in _STARTS_FROM:
            _start(batch, actor, new.key_id)
        elif new.start and batch.state == BatchState.RECEIVED:
            batch.starts_itself, batch.key_id = True, new.key_id or batch.key_id
            batch.save(update_fields=["starts_itself", "key"])
        return SubmittedBatch(batch.pk, not made, BatchState(batch.state))


def _check_standing(sender: BatchSender) -> None:
    """Outside senders only while their registration is in order. Raises NotInStanding."""
    if sender.organisation_id is not None and sender.person_id is not None:
        check_standing(sender.person_id)


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
    return batch.state == BatchState.FAILED or (other and batch.state != BatchState.DONE
                                                and batch.state != BatchState.RUNNING)


def _look_anew(batch: Batch, new: NewBatch, sender: BatchSender) -> None:
    """A batch of which nothing was filed, as if it had come in just now."""
    batch.rows.all().delete()
    batch.state = BATCH.to(batch.state, BatchState.RECEIVED)
    batch.why, batch.tries, batch.ended_at = {}, 0, None
    batch.name, batch.platform, batch.category = new.name, new.platform, new.category
    batch.starts_itself, batch.person_id, batch.key_id = new.start, sender.person_id, new.key_id
    batch.looked_at, batch.started_at, batch.done_to, batch.notes = None, None, 0, []
    batch.save(update_fields=["state", "why", "tries", "ended_at", "name", "platform", "category", "starts_itself",
                              "person", "key", "looked_at", "started_at", "done_to", "notes"])


@transaction.atomic
def start_batch(batch_id: int, *, actor: Actor, key_id: int | None = None) -> None:
    """File its good rows, or go on with those of one that was cancelled. Reports that are filed stay.

    `key_id`: of the key that starts it; without one, the key that sent it counts.
    Raises NotFound for anybody else's, NotInStanding, BatchMovedOn, DayUsedUp.
    """
    _check_standing(sender_of(actor))
    batch = access_own_batch(batch_id, actor=actor)
    if batch.state not in _STARTS_FROM:
        raise BatchMovedOn
    _start(batch, actor, key_id)


def _start(batch: Batch, actor: Actor, key_id: int | None) -> None:
    batch.tries, batch.ended_at, batch.key_id = 0, None, key_id or batch.key_id
    if batch.looked_at is None:  # cancelled before anybody had looked
        batch.state, batch.starts_itself = BATCH.to(batch.state, BatchState.RECEIVED), True
    else:
        begin_filing(batch)
    batch.save()
    enter("start_batch", {"batch": batch.pk}, actor=actor, case_id=None)


def begin_filing(batch: Batch) -> None:
    """The state of a batch whose rows are to be filed from now on; the caller saves it. The preview is forgotten.

    The first time its good rows count in the day of its key. Raises DayUsedUp; then nothing is changed.
    """
    if batch.started_at is None and batch.key_id is not None:
        spend_at_once(batch.key_id, batch.good)
    batch.state = BATCH.to(batch.state, BatchState.RUNNING)
    batch.sample, batch.why = [], {}
    batch.started_at = batch.started_at or now()


@transaction.atomic
def cancel_batch(batch_id: int, *, actor: Actor) -> None:
    """Stop before the next commit. What was filed stays filed; it can be started again. Raises NotFound, BatchMovedOn.
    """
    batch = access_own_batch(batch_id, actor=actor)
    if batch.state not in _CANCELS_FROM:
        raise BatchMovedOn
    batch.state, batch.ended_at = BATCH.to(batch.state, BatchState.CANCELLED), now()
    batch.save(update_fields=["state", "ended_at"])
    enter("cancel_batch", {"batch": batch.pk, "filed": batch.filed}, actor=actor, case_id=None)
