"""Reading of running watches: what to read next, and taking in a batch. Cursor and effects are one commit.

Nothing is accepted twice: an observation is known by platform, id and content; if a source changes its ids, by account,
surface, moment and content. Nothing accepted is lost: if a commit fails, the cursor stays, and the same is read again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from jaga.cases.verbs.accounts import FiledReport
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.observations import (
    Observation,
    ObservedBatch,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceStalled,
    SourceUnreachable,
    SourceWentBack,
)
from jaga.core.terms.cases import PlatformTask
from jaga.core.terms.reports import ObservationKind, SourceKind, SourceState
from jaga.policy.local_time import end_of_day_of_local_time, today
from jaga.policy.release import load_release
from jaga.reporting.verbs.monitoring import file_flagged, flags_of, kept_text, storable
from jaga.store.codes import account_key, content_key, observed_key, origin_key, seal_observed
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import keep_set_aside
from jaga.watch.models.kept import ObservedHash, WatchFinding, WatchSample
from jaga.watch.models.watches import Watch, WatchDay, WatchProgress
from jaga.watch.verbs.lookups import Flagged, keep_for_queries
from jaga.watch.verbs.media import name_media, promise_captures
from jaga.watch.verbs.people_sample import WatchedText, keep_candidates
from jaga.watch.verbs.waiting_texts import AccountText, numbers_of, sealed_to_wait, which_wait
from jaga.watch.verbs.watches import WATCHERS, WatchOver, locked_watch, note_opt_ins, note_opt_outs, unread_until

READ_AT_MOST = 1000
"""Observations asked for at a time."""
REPEATS_SHOWN = 3
"""So many readings one after another that hold only what is known make the source a repeating one."""
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_SILENCE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=10)
"""After no answer, so that a source that recovers is soon read again; after an unusable one, and after repeats."""
LONGEST_ASKED_FOR = timedelta(hours=1)

FEWEST_RENUMBERED = 3
"""So many texts of a batch, and more than half of what would be new, were read before under other ids: then the source
has changed its ids. Fewer are taken for new: an account may publish the same twice within a second.
"""

_KNOW = """
INSERT INTO records_observedhash (native, content, origin, at)
SELECT native, content, origin, %(at)s
FROM unnest(%(natives)s::bytea[], %(contents)s::bytea[], %(origins)s::bytea[]) AS new(native, content, origin)
ON CONFLICT (native, content) DO NOTHING RETURNING native, content
"""
_KNOWN = """
SELECT native, content FROM records_observedhash o
JOIN unnest(%s::bytea[], %s::bytea[]) AS new(n, c) ON o.native = new.n AND o.content = new.c
"""
_KNOWN_ORIGINS = """
SELECT origin, content FROM records_observedhash o
JOIN unnest(%s::bytea[], %s::bytea[]) AS new(p, c) ON o.origin = new.p AND o.content = new.c
"""


@dataclass(frozen=True)
class NextReading:
    """What to read: the settings without the token's content, which only the worker opens."""

    settings: SourceSettings
    token_file: str
    cursor: str | None
    limit: int


@dataclass(frozen=True)
class TakenIn:
    """What became of a batch: the filed reports, and how many observations were new."""

    reports: tuple[FiledReport, ...]
    observed: int


@dataclass(frozen=True)
class _KeyedItem:
    """An observation with its keyed hashes."""

    one: Observation
    native: bytes
    content: bytes
    origin: bytes


def running_watches() -> list[str]:
    """The numbers of the watches that may read now."""
    moment = now()
    return [
        str(number)
        for number in Watch.objects.filter(
            Q(progress__retry_at__isnull=True)
            | Q(progress__retry_at__lte=moment)
            | Q(progress__retry_at__gt=moment + timedelta(days=2)),  # the clock was set back
            started_at__isnull=False,
            ended_at__isnull=True,
            ends_at__gt=moment,
        )
        .exclude(progress__state=SourceState.WENT_BACK)
        .exclude(kind=SourceKind.BACKLOG)
        .order_by("pk")
        .values_list("pk", flat=True)
    ]


@transaction.atomic
def begin_reading(watch_id: int) -> NextReading | None:
    """What the watch reads next, noted as begun; None if it does not run or has used the budget of the day."""
    row = (
        Watch.objects.select_related("platform", "progress")
        .filter(pk=watch_id, started_at__isnull=False, ended_at__isnull=True, ends_at__gt=now())
        .first()
    )
    if row is None or row.progress.state == SourceState.WENT_BACK:
        return None
    left = _left_today(row)
    progress = WatchProgress.objects.filter(watch=row)
    if left <= 0:
        progress.update(state=SourceState.BUDGET_USED, retry_at=end_of_day_of_local_time(today()), begun_at=None)
        return None
    progress.update(begun_at=now())
    settings = SourceSettings(SourceKind(row.kind), row.platform.name, row.url, tuple(row.surfaces))
    return NextReading(settings, row.token_file, row.progress.cursor or None, min(READ_AT_MOST, left))


def _left_today(row: Watch) -> int:
    used = WatchDay.objects.filter(watch=row, day=today()).values_list("observed", flat=True).first()
    return row.budget - (used or 0)


@transaction.atomic
def take_in(watch_id: int, batch: ObservedBatch, *, version: str = "", actor: Actor) -> TakenIn:
    """Screen what is new, keep what may be kept, file what is flagged, and store the cursor: one commit.

    Observations beyond the budget of the day are counted and not looked at. Raises NotFound; WatchOver if the watch was
    stopped meanwhile: then nothing of the batch is kept.
    """
    row = locked_watch(watch_id)
    moment = now()
    if row.started_at is None or row.ended_at or row.ends_at <= moment:
        raise WatchOver
    counts: Counter[str] = Counter()
    note_opt_outs(row.platform.name, batch.opted_out)
    note_opt_ins(row.platform.name, batch.opted_in)
    counts["deleted"] = _delete_copies(row, [one.native_id for one in batch.deletions])
    gone = {one.native_id for one in batch.deletions}
    new, repeated = _new_ones(row, [one for one in batch.observations if one.native_id not in gone], counts)
    reports = _keep(row, new, counts, actor)
    counts["set_aside"] = keep_set_aside(row.platform, PlatformTask.ROOMS, batch.set_aside, actor=actor)
    _count(row, counts)
    _advance(row, batch, version, new=len(new), repeated=repeated)
    return TakenIn(tuple(reports), len(new))


def _new_ones(row: Watch, observed: Sequence[Observation], counts: Counter[str]) -> tuple[list[_KeyedItem], int]:
    """What was not observed before, of accounts that may be read, within the budget; and how many were repeated."""
    platform = row.platform.name
    seen = [
        _KeyedItem(
            one,
            observed_key(platform, one.native_id),
            content_key(storable(one.text), one.media_hashes),
            origin_key(platform, one.account_id, one.surface, one.at),
        )
        for one in observed
    ]
    accounts = {one.account_id: account_key(platform, one.account_id) for one in observed}
    out = unread_until(set(accounts.values()))
    allowed = [one for one in seen if one.one.at >= out.get(accounts[one.one.account_id], one.one.at)]
    counts["opted_out"] = len(seen) - len(allowed)
    distinct = list({(one.native, one.content): one for one in reversed(allowed)}.values())[::-1]
    known = _pairs(_KNOWN, [[one.native for one in distinct], [one.content for one in distinct]])
    fresh = _without_renumbered([one for one in distinct if (one.native, one.content) not in known])
    left = max(_left_today(row), 0)
    counts["over_budget"] = len(fresh[left:])
    counts["repeated"] = len(allowed) - len(fresh)
    taken = fresh[:left]
    added = _pairs(
        _KNOW,
        {
            "at": now(),
            "natives": [one.native for one in taken],
            "contents": [one.content for one in taken],
            "origins": [one.origin for one in taken],
        },
    )
    # Another watch of the same platform may have taken some in since; those are its own.
    return [one for one in taken if (one.native, one.content) in added], counts["repeated"]


def _without_renumbered(fresh: list[_KeyedItem]) -> list[_KeyedItem]:
    """These, without what was read before under other ids, if the source has changed its ids."""
    if len(fresh) < FEWEST_RENUMBERED:
        return fresh
    known = _pairs(_KNOWN_ORIGINS, [[one.origin for one in fresh], [one.content for one in fresh]])
    left = [one for one in fresh if (one.origin, one.content) not in known]
    renumbered = len(fresh) - len(left)
    return left if renumbered >= FEWEST_RENUMBERED and renumbered > len(left) else fresh


def _pairs(statement: str, values: Any) -> set[tuple[bytes, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return {(bytes(one), bytes(other)) for one, other in cursor.fetchall()}


def _keep(row: Watch, new: Sequence[_KeyedItem], counts: Counter[str], actor: Actor) -> list[FiledReport]:
    counts["observed"] = len(new)
    counts["edits"] = sum(one.one.kind is ObservationKind.EDIT for one in new)
    if not new:
        return []
    release = load_release()
    flags = flags_of(row.platform, [one.one for one in new], release)
    keep_candidates(
        row.kind,
        [WatchedText(one.native, one.content, kept_text(one.one), flag) for one, flag in zip(new, flags, strict=True)],
        release,
    )
    flagged = [(one, flag) for one, flag in zip(new, flags, strict=True) if flag]
    numbers = numbers_of(
        row.platform.name, [(kept_text(one.one), one.one.media_hashes, flag) for one, flag in flagged], release
    )
    waits = which_wait(
        row.platform,
        [
            AccountText(one.one.account_id, flag.category, number)
            for (one, flag), number in zip(flagged, numbers, strict=True)
        ],
        release,
    )
    filed = iter(
        file_flagged(
            row.platform,
            [(one.one, flag.category) for (one, flag), wait in zip(flagged, waits, strict=True) if not wait],
            release,
            source=f"watch:{row.platform.name}",
            actor=actor,
        )
    )
    reports = [None if wait else next(filed) for wait in waits]
    accounts = [account_key(row.platform.name, one.one.account_id) for one, _ in flagged]
    WatchFinding.objects.bulk_create(
        [
            WatchFinding(
                watch=row,
                native=one.native,
                content=one.content,
                account=account,
                category=flag.category,
                kind=one.one.kind,
                report_id=report.report_id if report else None,
                sealed=None
                if report
                else sealed_to_wait(one.one, storable(one.one.text), flag.rule)
                if wait
                else _sealed(one.one),
                seen_at=now(),
                same_words=number if wait else None,
            )
            for (one, flag), account, report, number, wait in zip(
                flagged, accounts, reports, numbers, waits, strict=True
            )
        ],
        ignore_conflicts=True,
    )
    keep_for_queries(
        row.pk,
        [
            Flagged(
                kept_text(one.one),
                flag.rule,
                flag.category,
                account,
                report.report_id if report else None,
                report.case_id if report else None,
                number,
            )
            for (one, flag), account, report, number in zip(flagged, accounts, reports, numbers, strict=True)
        ],
        release,
    )
    promise_captures(
        row, [(one.one, report.report_id) for (one, _), report in zip(flagged, reports, strict=True) if report]
    )
    name_media(
        [(one.one, report.report_id) for (one, _), report in zip(flagged, reports, strict=True) if report], release
    )
    counts["flagged"] = len(flagged)
    counts["filed"] = sum(report is not None for report in reports)
    return [report for report in reports if report]


def _sealed(one: Observation) -> bytes:
    return seal_observed(
        {
            "account": one.account_id,
            "handle": one.handle,
            "text": kept_text(one),
            "surface": storable(one.surface),
            "locator": one.locator,
            "at": one.at.isoformat(),
        }
    )


def _delete_copies(row: Watch, native_ids: Sequence[str]) -> int:
    """Delete what is kept of these texts outside cases and findings; returns of how many samples."""
    if not native_ids:
        return 0
    natives = [observed_key(row.platform.name, one) for one in native_ids]
    ObservedHash.objects.filter(native__in=natives).delete()
    return WatchSample.objects.filter(native__in=natives).delete()[0]


def _count(row: Watch, counts: Counter[str]) -> None:
    day, _ = WatchDay.objects.get_or_create(watch=row, day=today())
    if changed := {name: F(name) + number for name, number in counts.items() if number}:
        WatchDay.objects.filter(pk=day.pk).update(**changed)


def _advance(row: Watch, batch: ObservedBatch, version: str, *, new: int, repeated: int) -> None:
    progress = WatchProgress.objects.get(watch=row)
    moment = now()
    only_known = repeated > 0 and not new
    progress.repeats = progress.repeats + 1 if only_known else 0 if new else progress.repeats
    repeating = progress.repeats >= REPEATS_SHOWN
    progress.cursor, progress.read_at, progress.begun_at = batch.cursor, moment, None
    # A source that has no more was read to its end, also if it cannot tell how far behind a reading is.
    progress.lag = timedelta(0) if batch.lag is None and not batch.more else batch.lag
    progress.source_version = version or progress.source_version
    progress.new_at = moment if new else progress.new_at
    progress.failures, progress.why = 0, ""
    progress.state = SourceState.REPEATING if repeating else SourceState.READING
    progress.retry_at = moment + _pause(progress.repeats - REPEATS_SHOWN + 1) if repeating else None
    progress.save()


def _pause(failures: int, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    longer: int = 2 ** min(max(failures - 1, 0), 16)
    return min(FIRST_PAUSE * longer, longest)


@transaction.atomic
def record_failure(watch_id: int, failed: JagaError, *, actor: Actor) -> None:
    """Record that a reading failed; the cursor stays, and it is tried again after a pause. Other watches go on."""
    row = Watch.objects.select_related("platform").get(pk=watch_id)
    progress = WatchProgress.objects.select_for_update(of=("self",)).get(watch=row)
    moment = now()
    progress.state = _state_of(failed)
    progress.failures += 1
    progress.failed_at, progress.begun_at = moment, None
    progress.why = (failed.why if isinstance(failed, SourceUnreachable) and failed.why else failed.code)[:200]
    pause = (
        LONGEST_PAUSE
        if progress.state == SourceState.REFUSED
        else _pause(progress.failures, LONGEST_SILENCE if progress.state == SourceState.UNREACHABLE else LONGEST_PAUSE)
    )
    if isinstance(failed, SourceUnreachable) and failed.retry_after is not None:
        pause = max(pause, min(timedelta(seconds=failed.retry_after), LONGEST_ASKED_FOR))
    progress.retry_at = moment + pause
    progress.save()
    if isinstance(failed, SourceUnreachable) and failed.set_aside:
        keep_set_aside(row.platform, PlatformTask.ROOMS, failed.set_aside, actor=actor)


def _state_of(failed: JagaError) -> SourceState:
    if isinstance(failed, SourceWentBack):
        return SourceState.WENT_BACK
    if isinstance(failed, SourceStalled):
        return SourceState.STALLED
    if isinstance(failed, SourceRefused) or not isinstance(failed, SourceUnreachable):
        return SourceState.REFUSED  # a configuration error too: a person must act
    return SourceState.FAULTY if isinstance(failed, SourceFault) else SourceState.UNREACHABLE


@transaction.atomic
def go_on_from_present(watch_id: int, *, actor: Actor) -> None:
    """Let a running watch forget its cursor and go on from the present: what came in between is not read.

    A person's recorded decision, for instance when the source went back in time. Irreversible. Raises NotPermitted,
    NotFound, WatchOver.
    """
    actor.require(*WATCHERS)
    row = locked_watch(watch_id)
    if row.started_at is None or row.ended_at:
        raise WatchOver
    WatchProgress.objects.filter(watch=row).update(
        cursor="", state=SourceState.WAITING, why="", failures=0, repeats=0, retry_at=None
    )
    append("restart_watch_reading", {"watch": row.pk}, actor=actor, case_id=None)
