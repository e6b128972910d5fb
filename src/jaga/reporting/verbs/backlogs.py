"""Backlogs: a file of public content as blocks, which workers take from the database as from a queue.

Whoever takes a block holds a lock that ends with their database session, so the block of a killed worker is free at
once. The try is counted before the work begins, and the effects of a block and `done_at` are one commit: a block is
done once or not at all. One that ended its worker `MOST_TRIES` times is left alone, and shown (`poison`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from django.db import connection, transaction
from django.db.models import Count, F, Q, Sum

from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.reports import SourceKind, SourceState
from jaga.ledger.tlog.merkle import root_of
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.reporting.verbs.monitoring import ObservedItem, file_observed
from jaga.store.kernel.ledger import append, promise_note
from jaga.watch.models.watches import Backlog, BacklogBlock, Watch, WatchDay, WatchProgress

log = structlog.get_logger("jaga.backlogs")
MOST_TRIES = 3
_BLOCK_LOCKS, _FILING = 0x6A61626C, 0x6A616266  # Advisory locks: of a block, and of filing into one platform's cases.
_LOOKED_AT = 64
_TRY_LOCK = "SELECT pg_try_advisory_lock(%s, %s)"
_UNLOCK = "SELECT pg_advisory_unlock(%s, %s)"


class FileNotPermitted(JagaError):
    """Two people have not permitted to take this file in."""

    code = "file_not_permitted"
    status = 403
    sentence = N_("No watch that runs and has the number %(watch)s names this file. Its SHA-256 is %(sha256)s.")
    remedy = N_(
        "Propose a watch of files that are taken in at once, with this hash as its scope, and let another "
        "person start it. Then give its number with --watch."
    )


class WatchEnded(JagaError):
    """The watch that permits the file stopped, ended, or used the budget of the day, before all blocks were done."""

    code = "watch_ended"
    status = 409
    sentence = N_(
        "%(done)s of %(blocks)s blocks of %(name)s are done. The watch %(watch)s was stopped or has ended, "
        "or its budget of today is used, so the others were not read."
    )
    remedy = N_(
        "To continue, repeat the command tomorrow if the watch still runs, else with another one that two "
        "people started."
    )


class BlocksLeftAlone(JagaError):
    """Some blocks ended their workers each time. All others are done."""

    code = "blocks_left_alone"
    status = 422
    sentence = N_(
        "%(count)s blocks of %(name)s ended their worker %(tries)s times and were left alone; all others "
        "are done. The first one has the bytes from %(start)s to %(end)s (%(why)s)."
    )
    remedy = N_("Look at these lines of the file; to try the blocks again, give the same command with --again.")


@dataclass(frozen=True)
class PlannedBlock:
    """A block of the file: where its bytes begin, how many there are, and their hash (`RowBlock.digest`)."""

    start: int
    size: int
    input_hash: str


@dataclass(frozen=True)
class NewBacklog:
    """A file as it is begun: which watch permits it, what it is, how it is read, and with what."""

    watch: int
    name: str
    sha256: str
    size: int
    columns: dict[str, str]
    engine: str


@dataclass(frozen=True)
class TakenBlock:
    """A block that this process holds."""

    number: int
    block_id: int
    start: int
    size: int
    input_hash: str


@dataclass(frozen=True)
class BlockFindings:
    """What was found in a block. `items` are the flagged rows whose account is one of the platform."""

    output_hash: str
    root: str
    rows: int
    unread: int
    copies: int
    flagged: int
    items: Sequence[ObservedItem]


@dataclass(frozen=True)
class BacklogProgress:
    """How far a backlog has come."""

    blocks: int
    done: int
    poison: int
    rows: int
    unread: int
    copies: int
    flagged: int
    unusable: int
    repeated: int
    filed: int
    waiting: int
    bytes_done: int


@transaction.atomic
def begin_backlog(new: NewBacklog, blocks: Iterable[PlannedBlock], *, actor: Actor) -> int:
    """Record the file and its blocks; returns its number. The same file, read in the same way by the same engine under
    the same release, is the same backlog: then nothing is changed.

    A running watch that two people started must name its hash (ADR 0093). Raises FileNotPermitted.
    """
    watch = _running(new.watch)
    if watch is None or new.sha256 not in watch.surfaces:
        raise FileNotPermitted(watch=new.watch, sha256=new.sha256)
    row, made = Backlog.objects.get_or_create(
        platform=watch.platform,
        sha256=new.sha256,
        columns=new.columns,
        policy_hash=load_release().hash,
        engine=new.engine,
        defaults={"watch": watch, "name": new.name[:120], "size": new.size, "begun_at": now()},
    )
    planned = list(blocks)
    if made:
        BacklogBlock.objects.bulk_create(
            BacklogBlock(backlog=row, number=number, start=one.start, size=one.size, input_hash=one.input_hash)
            for number, one in enumerate(planned)
        )
    if made or (row.watch_id != watch.pk and not row.receipt):
        row.watch = watch
        row.save(update_fields=["watch"])
        append(
            "begin_backlog",
            {
                "backlog": row.pk,
                "watch": watch.pk,
                "sha256": row.sha256,
                "blocks": len(planned),
                "policy": row.policy_hash,
            },
            actor=actor,
            case_id=None,
        )
    return row.pk


def _running(watch_id: int, *, locked: bool = False) -> Watch | None:
    """The watch of files, if it runs now; `locked`: it is stopped only after this transaction."""
    rows = Watch.objects.select_for_update(of=("self",), no_key=True) if locked else Watch.objects
    return (
        rows.select_related("platform")
        .filter(
            pk=watch_id, kind=SourceKind.BACKLOG, started_at__isnull=False, ended_at__isnull=True, ends_at__gt=now()
        )
        .first()
    )


def take_block(backlog_id: int) -> TakenBlock | None:
    """Take the first free block and count the try, in a commit of its own; None if none is free now.

    The lock belongs to this database session: call `give_back` in the same one.
    """
    free = BacklogBlock.objects.filter(backlog=backlog_id, done_at__isnull=True, poisoned_at__isnull=True)
    for number in free.order_by("number").values_list("pk", flat=True)[:_LOOKED_AT]:
        if not _ask(_TRY_LOCK, number):
            continue
        row = free.filter(pk=number).first()  # Whoever held the lock a moment ago may have done it.
        if row is not None and row.tries < MOST_TRIES:
            row.tries += 1
            row.save(update_fields=["tries"])
            return TakenBlock(row.number, row.pk, row.start, row.size, row.input_hash)
        if row is not None:
            row.poisoned_at = now()
            row.save(update_fields=["poisoned_at"])
            log.error("backlog_block_left_alone", backlog=backlog_id, block=row.number, why=row.why)
        _ask(_UNLOCK, number)
    return None


def give_back(taken: TakenBlock, why: str = "") -> None:
    """Let go of a block, done or not; `why` is the name of the error that ended the try."""
    if why:
        BacklogBlock.objects.filter(pk=taken.block_id, done_at__isnull=True).update(why=why[:80])
    _ask(_UNLOCK, taken.block_id)


@transaction.atomic
def finish_block(
    taken: TakenBlock,
    found: BlockFindings,
    *,
    actor: Actor,
    keep: Callable[[Watch, list[Report]], None] = lambda watch, reports: None,
    choose: Callable[[Watch, Sequence[ObservedItem]], Sequence[ObservedItem]] = lambda watch, items: items,
) -> int:
    """File what was found and mark the block as done, with one ledger entry; returns how many reports are new.

    `choose` returns the items that are filed now, and stores the others, which wait; `keep` stores what else is kept of
    the block, and is given the new reports. Both are given the watch, in the same transaction. Raises WatchEnded, then
    nothing is changed.
    """
    row = (
        BacklogBlock.objects.select_for_update(of=("self",)).select_related("backlog__platform").get(pk=taken.block_id)
    )
    if row.done_at is not None:
        return 0
    backlog = row.backlog
    if (watch := _running(backlog.watch_id, locked=True)) is None:
        raise _ended(backlog)
    with connection.cursor() as cursor:  # One block at a time for a platform: two would wait for each other's accounts.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_FILING, backlog.platform_id])
    chosen = choose(watch, found.items)
    reports = file_observed(backlog.platform, chosen, f"watch:{backlog.platform.name}", backlog.name, load_release())
    keep(watch, reports)
    row.done_at, row.why = now(), ""
    row.output_hash, row.root = found.output_hash, found.root
    row.rows_read, row.unread, row.copies, row.flagged = found.rows, found.unread, found.copies, found.flagged
    row.unusable, row.filed = found.flagged - len(found.items), len(reports)
    row.waiting, row.repeated = len(found.items) - len(chosen), len(chosen) - row.filed
    row.save()
    _count(watch, row)
    append(
        "take_in_block",
        {
            "backlog": backlog.pk,
            "block": row.number,
            "input": row.input_hash,
            "output": row.output_hash,
            "root": row.root,
            "rows": row.rows_read,
            "flagged": row.flagged,
            "reports": [report.pk for report in reports],
        },
        actor=actor,
        case_id=None,
    )
    return row.filed


def _count(watch: Watch, done: BacklogBlock) -> None:
    """Add a block to what the watch found today. A text that its block has twice counts once for the budget."""
    day, _ = WatchDay.objects.get_or_create(watch=watch, day=today())
    WatchDay.objects.filter(pk=day.pk).update(
        observed=F("observed") + done.rows_read - done.unread - done.copies,
        flagged=F("flagged") + done.flagged,
        filed=F("filed") + done.filed,
        repeated=F("repeated") + done.copies + done.repeated,
    )
    WatchProgress.objects.filter(watch=watch).update(
        state=SourceState.READING, read_at=done.done_at, new_at=done.done_at, source_version="backlog/1"
    )


def _ended(row: Backlog) -> WatchEnded:
    done = progress_of(row.pk)
    return WatchEnded(done=done.done, blocks=done.blocks, name=row.name, watch=row.watch_id)


@transaction.atomic
def finish_backlog(backlog_id: int, *, actor: Actor) -> str:
    """Finish a backlog whose blocks are all done; returns its receipt, the signed promise of the ledger entry that
    names the root over all blocks. Idempotent.

    Raises BlocksLeftAlone, WatchEnded; then nothing is changed.
    """
    row = Backlog.objects.select_for_update().get(pk=backlog_id)
    if row.receipt:
        return row.receipt
    if row.blocks.filter(done_at__isnull=True, poisoned_at__isnull=True).exists():
        raise _ended(row)
    left = row.blocks.filter(done_at__isnull=True).order_by("number")
    if first := left.first():
        raise BlocksLeftAlone(
            count=left.count(),
            name=row.name,
            tries=MOST_TRIES,
            start=first.start,
            end=first.start + first.size,
            why=first.why or "killed",
        )
    done = progress_of(backlog_id)
    root = root_of(bytes.fromhex(one) for one in row.blocks.order_by("number").values_list("root", flat=True))
    entry = append(
        "finish_backlog",
        {
            "backlog": row.pk,
            "sha256": row.sha256,
            "blocks": done.blocks,
            "rows": done.rows,
            "flagged": done.flagged,
            "filed": done.filed,
            "root": root.hex(),
            "policy": row.policy_hash,
        },
        actor=actor,
        case_id=None,
    )
    row.finished_at, row.receipt = now(), promise_note(entry)
    row.save(update_fields=["finished_at", "receipt"])
    return row.receipt


def try_again(backlog_id: int) -> int:
    """Give the blocks that were left alone their tries back; returns how many."""
    return BacklogBlock.objects.filter(backlog=backlog_id, poisoned_at__isnull=False).update(
        poisoned_at=None, tries=0, why=""
    )


def progress_of(backlog_id: int) -> BacklogProgress:
    """How far the backlog has come."""
    names = {
        "rows": "rows_read",
        **{name: name for name in ("unread", "copies", "flagged", "unusable", "repeated", "filed", "waiting")},
    }
    found = BacklogBlock.objects.filter(backlog=backlog_id).aggregate(
        blocks=Count("pk"),
        done=Count("pk", filter=Q(done_at__isnull=False)),
        poison=Count("pk", filter=Q(poisoned_at__isnull=False)),
        bytes_done=Sum("size", filter=Q(done_at__isnull=False) | Q(poisoned_at__isnull=False), default=0),
        **{f"n_{name}": Sum(column, default=0) for name, column in names.items()},
    )
    counted = {name: int(found[f"n_{name}"]) for name in names}
    return BacklogProgress(found["blocks"], found["done"], found["poison"], bytes_done=found["bytes_done"], **counted)


def is_open(backlog_id: int) -> bool:
    """Whether some block still waits or is at work, and may be read: the watch runs and its budget is not used."""
    left = BacklogBlock.objects.filter(backlog=backlog_id, done_at__isnull=True, poisoned_at__isnull=True).exists()
    return left and _may_read(Backlog.objects.values_list("watch_id", flat=True).get(pk=backlog_id))


def _may_read(watch_id: int) -> bool:
    watch = _running(watch_id)
    if watch is None:
        return False
    used = WatchDay.objects.filter(watch=watch, day=today()).values_list("observed", flat=True).first()
    return (used or 0) < watch.budget


def _ask(statement: str, number: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_BLOCK_LOCKS, number])
        return bool(cursor.fetchone()[0])
