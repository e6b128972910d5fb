"""Who may send batches and which they may see: outside users their own, staff all of the installation's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from jaga.batches.models import Batch, BatchRow
from jaga.core.actors import CLI, Actor
from jaga.core.cases import CaseState
from jaga.core.errors import FieldError, JagaError, NotFound, NotPermitted
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import OrganisationKind, Role
from jaga.core.terms.reports import BatchState, Channel
from jaga.people.models import Organisation
from jaga.store.reads import log_access

OURS = "ours"
OUR_SENDERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
OUTSIDE_SENDERS = frozenset({Role.OFFICER, Role.FLAGGER})
PAGE = 50


@dataclass(frozen=True)
class BatchSender:
    """For whom a batch is filed, through which channel, and the key by which its senders find it again."""

    key: str
    channel: Channel
    organisation_id: int | None = None
    person_id: int | None = None


def sender_of(actor: Actor) -> BatchSender:
    """The batch sender the actor represents. Raises NotPermitted."""
    if actor == CLI:
        return BatchSender(OURS, Channel.PUBLIC)
    if actor.person_id is None:
        raise NotPermitted
    if actor.roles & OUR_SENDERS:
        return BatchSender(OURS, Channel.PUBLIC, person_id=actor.person_id)
    kind = Organisation.objects.filter(people=actor.person_id).values_list("kind", flat=True).first()
    if not actor.roles & OUTSIDE_SENDERS or kind is None or kind == OrganisationKind.OPERATOR:
        raise NotPermitted
    return BatchSender(f"person:{actor.person_id}", Channel(kind), actor.organisation_id, actor.person_id)


def access_own_batch(batch_id: int, *, actor: Actor) -> Batch:
    """The batch, locked for update. Raises NotPermitted; NotFound for another sender's."""
    return _own(Batch.objects.select_for_update(), batch_id, actor)


def own_batch(batch_id: int, *, actor: Actor) -> Batch:
    """The batch. Raises NotPermitted; NotFound for another sender's."""
    return _own(Batch.objects.all(), batch_id, actor)


def _own(rows: QuerySet[Batch], batch_id: int, actor: Actor) -> Batch:
    sender = sender_of(actor)
    row = rows.filter(pk=batch_id, sender_key=sender.key).first()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True)
class BatchView:
    """A batch as its sender sees it."""

    batch_id: int
    name: str
    sha256: str
    size: int
    state: BatchState
    format: str
    encoding: str
    platform: str
    category: str
    rows: int
    good: int
    double: int
    refused: int
    filed: int
    created_at: datetime
    validated_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    ignored: tuple[str, ...] = ()
    # Remarks on how the file was read: msgids with parameters.
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()
    sample: tuple[Mapping[str, object], ...] = field(default=(), repr=False)
    why: JagaError | None = None

    @property
    def percent(self) -> int:
        """Share of valid rows already filed, in whole percent."""
        return 100 * self.filed // self.good if self.good else 0

    @property
    def left(self) -> int:
        """Valid rows not yet filed as reports."""
        return self.good - self.filed

    @property
    def may_start(self) -> bool:
        """Whether a person can start or restart it."""
        return self.state in (BatchState.READY, BatchState.CANCELLED)

    @property
    def may_cancel(self) -> bool:
        """Whether there is anything to cancel."""
        return self.state in (BatchState.RECEIVED, BatchState.READY, BatchState.RUNNING)


@dataclass(frozen=True)
class SkippedRowView:
    """A row that will not be filed: rejected with reasons, or a duplicate of row `repeats`."""

    number: int
    errors: tuple[FieldError, ...] = ()
    repeats: int | None = None


@dataclass(frozen=True)
class RowResultView:
    """The outcome of a filed row; the case number once the report is in a case."""

    number: int
    report_id: int
    reference: str
    filed: bool
    ended: bool


def list_batches(*, actor: Actor, limit: int = PAGE, before: int | None = None) -> tuple[BatchView, ...]:
    """The sender's batches, newest first. Raises NotPermitted."""
    rows = Batch.objects.filter(sender_key=sender_of(actor).key).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return tuple(_view(row) for row in rows[:limit])


def access_batch(batch_id: int, *, actor: Actor) -> BatchView:
    """One batch. Raises NotPermitted; NotFound for another sender's."""
    row = own_batch(batch_id, actor=actor)
    log_access(None, AccessKind.BATCH, actor=actor)
    return _view(row)


def list_bad_rows(batch_id: int, *, actor: Actor, after: int = 0, limit: int = PAGE) -> tuple[SkippedRowView, ...]:
    """Rows that will not be filed, in file order. Raises NotPermitted, NotFound."""
    batch = own_batch(batch_id, actor=actor)
    log_access(None, AccessKind.BATCH, actor=actor)
    rows = BatchRow.objects.filter(batch=batch, report__isnull=True, number__gt=after).order_by("number")[:limit]
    return tuple(_row(row) for row in rows)


def refused_rows(batch_id: int, *, actor: Actor) -> Iterator[SkippedRowView]:
    """All rejected rows, fetched in chunks, in file order. Raises NotPermitted, NotFound."""
    batch = own_batch(batch_id, actor=actor)
    rows = BatchRow.objects.filter(batch=batch).exclude(errors=[]).order_by("number")
    return (_row(row) for row in rows.iterator(chunk_size=2000))


def results(batch_id: int, *, actor: Actor) -> Iterator[RowResultView]:
    """All filed rows, fetched in chunks, in file order. Raises NotPermitted, NotFound."""
    batch = own_batch(batch_id, actor=actor)
    rows = (
        BatchRow.objects.filter(batch=batch, report__isnull=False)
        .order_by("number")
        .values_list("number", "report_id", "report__reference", "report__case_id", "report__case__state")
    )
    return (
        RowResultView(number, report_id or 0, reference or "", case_id is not None, state == CaseState.RESOLVED)
        for number, report_id, reference, case_id, state in rows.iterator(chunk_size=2000)
    )


def open_batches() -> list[int]:
    """Batches waiting for the worker, oldest first."""
    waiting = Batch.objects.filter(state__in=[BatchState.RECEIVED, BatchState.RUNNING])
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def state_of(batch_id: int) -> BatchState:
    """The state of a batch."""
    return BatchState(Batch.objects.values_list("state", flat=True).get(pk=batch_id))


def _view(row: Batch) -> BatchView:
    why = (
        JagaError(row.why["sentence"], row.why["remedy"], code=row.why["code"], **row.why["params"])
        if (row.why)
        else None
    )
    return BatchView(
        row.pk,
        row.name,
        row.sha256,
        row.size,
        BatchState(row.state),
        row.format,
        row.encoding,
        row.platform,
        row.category,
        row.rows_read,
        row.good,
        row.double,
        row.refused,
        row.filed,
        row.created_at,
        row.validated_at,
        row.started_at,
        row.ended_at,
        tuple(row.ignored),
        tuple((note["sentence"], note["params"]) for note in row.notes),
        tuple(row.sample),
        why,
    )


def _row(row: BatchRow) -> SkippedRowView:
    errors = tuple(FieldError(one["field"], one["code"], one["sentence"], one["params"]) for one in row.errors)
    return SkippedRowView(row.number, errors, row.repeats)
