"""Watches, listed and one by one.

What was captured of the public pages that a watch flagged, as the page of their case shows it.

The pictures that flagged observations of a case name, as its page shows them: never an address, never bytes.

Which rules make no cases at present, since people found them wrong too often.

The files of a watch that are taken in at once, with what became of their blocks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from jaga.cases.models.cases import Case, Platform
from jaga.cases.reads.case_view import takes_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import CaptureState, MediaState, SourceKind, SourceState, WatchState
from jaga.policy.local_time import start_of_day, today
from jaga.watch.models.kept import WatchCapture, WatchFinding, WatchMedia
from jaga.watch.models.watches import Backlog, RuleSuspension, Watch, WatchDay, WatchProgress

CAPTURES_SHOWN = 50


@dataclass(frozen=True)
class CaptureView:
    """One page. `why` says in a few words why something is missing."""

    state: CaptureState
    report_id: int
    found_at: datetime
    ended_at: datetime | None
    why: str


@takes_case
def captures_of(case: Case) -> tuple[CaptureView, ...]:
    """The captures of the case's observations, newest first."""
    rows = (
        WatchCapture.objects.filter(finding__report__case=case)
        .order_by("-found_at", "-pk")
        .values_list("state", "finding__report", "found_at", "ended_at", "why")[:CAPTURES_SHOWN]
    )
    return tuple(
        CaptureView(CaptureState(state), report, found_at, ended_at, why)
        for state, report, found_at, ended_at, why in rows
    )


MEDIA_SHOWN = 40


@dataclass(frozen=True)
class MediaView:
    """One file. `sha256` is as the source names it, "" if it does not; `why` says why there are no bytes."""

    media_id: int
    report_id: int
    number: int
    sha256: str
    state: MediaState
    asked_by: str
    asked_at: datetime | None
    why: str


@takes_case
def media_of(case: Case) -> tuple[MediaView, ...]:
    """The files that the case's observations name, those of the newest first."""
    rows = (
        WatchMedia.objects.filter(report__case=case)
        .order_by("-report_id", "number")
        .values_list("pk", "report_id", "number", "sha256", "state", "asked_by__display_name", "asked_at", "why")[
            :MEDIA_SHOWN
        ]
    )
    return tuple(
        MediaView(pk, report, number, sha256, MediaState(state), asked_by or "", asked_at, why)
        for pk, report, number, sha256, state, asked_by, asked_at, why in rows
    )


def rules_off() -> frozenset[str]:
    """The rules that are off. Those that look for possible victims never are."""
    return frozenset(
        RuleSuspension.objects.filter(ended_at__isnull=True, alarm_only=False).values_list("rule", flat=True)
    )


SEES = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
STARTS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
WATCHES_SHOWN = 50
STALLED_AFTER = timedelta(minutes=5)
_COUNTS = ("observed", "edits", "flagged", "filed", "repeated", "opted_out", "deleted", "over_budget", "set_aside")


@dataclass(frozen=True)
class WatchCounts:
    """Sums over days of a watch (`watch.models.watches.WatchDay`)."""

    observed: int = 0
    edits: int = 0
    flagged: int = 0
    filed: int = 0
    repeated: int = 0
    opted_out: int = 0
    deleted: int = 0
    over_budget: int = 0
    set_aside: int = 0


@dataclass(frozen=True)
class SourceProgress:
    """How the reading of a started watch goes. `lag` and `rate` (observations an hour, today) are None if unknown."""

    state: SourceState
    version: str
    read_at: datetime | None
    new_at: datetime | None
    failed_at: datetime | None
    why: str
    retry_at: datetime | None
    lag: timedelta | None
    rate: float | None

    @property
    def needs_person(self) -> bool:
        """Whether it does not go on by itself."""
        return self.state in (SourceState.REFUSED, SourceState.WENT_BACK)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.state in (SourceState.READING, SourceState.WAITING)


@dataclass(frozen=True)
class WatchView:
    """One watch."""

    watch_id: int
    number: str
    state: WatchState
    platform: str
    platform_name: str  # As in addresses.
    kind: SourceKind
    url: str
    surfaces: tuple[str, ...]
    token_file: str
    token_owner: str
    legal_basis: str
    legal_citation: str
    policy_hash: str
    purpose: str
    budget: int
    ends_at: datetime
    proposed_by: str
    proposed_at: datetime
    start_until: datetime
    started_by: str
    started_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    ended_why: str
    mine: bool  # Proposed by this person, so another one starts it.
    source: SourceProgress | None
    today: WatchCounts
    total: WatchCounts

    @property
    def budget_used(self) -> int:
        """Percent of the day's budget, 0 to 100."""
        return min(100 * self.today.observed // self.budget, 100)

    @property
    def budget_share(self) -> str:
        """`budget_used` as pages write it: what was begun is not nothing."""
        return "<1" if self.today.observed and not self.budget_used else str(self.budget_used)


def number_of(watch_id: int) -> str:
    """The public number of a watch, such as W000012."""
    return f"W{watch_id:06d}"


def state_of(row: Watch, moment: datetime) -> WatchState:
    """The state, from its times; it is over at its moment, before the worker notes it."""
    if row.started_at is None:
        return WatchState.WITHDRAWN if row.ended_at or row.start_until <= moment else WatchState.PROPOSED
    if row.ended_at is not None:
        return WatchState.STOPPED if row.ended_by_id else WatchState.ENDED
    return WatchState.ENDED if row.ends_at <= moment else WatchState.RUNNING


def _rows() -> QuerySet[Watch]:
    return Watch.objects.select_related("platform", "proposed_by", "started_by", "ended_by", "progress")


def _sums(days: QuerySet[WatchDay]) -> dict[int, WatchCounts]:
    found: Iterable[Mapping[str, Any]] = days.values("watch").annotate(**{f"sum_{name}": Sum(name) for name in _COUNTS})
    return {row["watch"]: WatchCounts(**{name: row[f"sum_{name}"] for name in _COUNTS}) for row in found}


def _source(row: Watch, counts: WatchCounts, moment: datetime) -> SourceProgress | None:
    progress: WatchProgress | None = getattr(row, "progress", None)
    if progress is None:
        return None
    state = SourceState(progress.state)
    if row.ended_at is None and progress.begun_at is not None and progress.begun_at < moment - STALLED_AFTER:
        state = SourceState.STALLED
    since = max(start_of_day(today()), row.started_at or moment)  # the day of which `counts` are
    hours = (moment - since).total_seconds() / 3600
    return SourceProgress(
        state,
        progress.source_version,
        progress.read_at,
        progress.new_at,
        progress.failed_at,
        progress.why,
        progress.retry_at,
        progress.lag,
        counts.observed / hours if hours > 0.05 else None,
    )


def _view(row: Watch, actor: Actor, of_today: WatchCounts, total: WatchCounts) -> WatchView:
    moment = now()
    return WatchView(
        row.pk,
        number_of(row.pk),
        state_of(row, moment),
        row.platform.display_name,
        row.platform.name,
        SourceKind(row.kind),
        row.url,
        tuple(row.surfaces),
        row.token_file,
        row.token_owner,
        row.legal_basis,
        row.legal_citation,
        row.policy_hash,
        row.purpose,
        row.budget,
        row.ends_at,
        row.proposed_by.display_name,
        row.proposed_at,
        row.start_until,
        row.started_by.display_name if row.started_by else "",
        row.started_at,
        row.ended_by.display_name if row.ended_by else "",
        row.ended_at,
        row.ended_why,
        row.proposed_by_id == actor.person_id,
        _source(row, of_today, moment),
        of_today,
        total,
    )


def _views(rows: QuerySet[Watch], actor: Actor) -> tuple[WatchView, ...]:
    found = list(rows)
    days = WatchDay.objects.filter(watch__in=[row.pk for row in found])
    of_today, total, none = _sums(days.filter(day=today())), _sums(days), WatchCounts()
    return tuple(_view(row, actor, of_today.get(row.pk, none), total.get(row.pk, none)) for row in found)


@dataclass(frozen=True)
class WatchList:
    """What runs or waits to be started, then the latest that are over."""

    current: tuple[WatchView, ...]
    over: tuple[WatchView, ...]


def list_watches(*, actor: Actor) -> WatchList:
    """All current watches and the latest that are over, for supervisors, administrators, auditors. Raises
    NotPermitted.
    """
    actor.require(*SEES)
    views = _views(_rows().filter(ended_at__isnull=True).order_by("-pk"), actor)
    current = tuple(one for one in views if one.state in (WatchState.RUNNING, WatchState.PROPOSED))
    late = tuple(one for one in views if one not in current)
    return WatchList(
        current, late + _views(_rows().filter(ended_at__isnull=False).order_by("-pk")[:WATCHES_SHOWN], actor)
    )


def access_watch(watch_id: int, *, actor: Actor) -> WatchView:
    """One watch. Raises NotPermitted, NotFound."""
    actor.require(*SEES)
    views = _views(_rows().filter(pk=watch_id), actor)
    if not views:
        raise NotFound
    return views[0]


def faulty_watches() -> dict[str, str]:
    """The running watches whose source is not read as it should be, by number, with its state. Read by health
    checks.
    """
    moment, well = now(), (SourceState.WAITING, SourceState.READING, SourceState.BUDGET_USED)
    rows = WatchProgress.objects.filter(watch__ended_at__isnull=True, watch__ends_at__gt=moment)
    return {
        number_of(pk): SourceState.STALLED.value
        if begun_at is not None and moment - begun_at > STALLED_AFTER
        else state
        for pk, state, begun_at in rows.order_by("pk").values_list("watch", "state", "begun_at")
        if state not in well or (begun_at is not None and moment - begun_at > STALLED_AFTER)
    }


def watches_to_start(actor: Actor) -> QuerySet[Watch]:
    """Proposals that wait for a second person, who may be this one."""
    return Watch.objects.filter(started_at__isnull=True, ended_at__isnull=True, start_until__gt=now()).exclude(
        proposed_by_id=actor.person_id
    )


def watchable_platforms(*, actor: Actor) -> list[tuple[str, str]]:
    """Names and labels of the platforms about which a watch can be proposed. Raises NotPermitted."""
    actor.require(*STARTS)
    return list(Platform.objects.order_by("display_name").values_list("name", "display_name"))


def waiting_of(watch_id: int, *, actor: Actor) -> int:
    """How many flagged texts of the watch wait for people to judge the same words of other accounts.

    Raises NotPermitted.
    """
    actor.require(*SEES)
    return WatchFinding.objects.filter(watch=watch_id, same_words__isnull=False).count()


def cases_of(watch_id: int, *, actor: Actor) -> tuple[int, int]:
    """How many cases took what the watch found, and how many of them had a decision other than dismissal.

    Raises NotPermitted.
    """
    actor.require(*SEES)
    acted = Q(
        report__case__decisions__kind__in=[kind.value for kind in DecisionKind if kind is not DecisionKind.DISMISS]
    )
    found = WatchFinding.objects.filter(watch=watch_id, report__isnull=False).aggregate(
        cases=Count("report__case", distinct=True), decided=Count("report__case", filter=acted, distinct=True)
    )
    return found["cases"], found["decided"]


@dataclass(frozen=True)
class BacklogView:
    """One file: its blocks, how many are done, and how many are left alone because they ended their worker too often.

    `unusable`: flagged rows without an account of the platform that may be read. They open no case.
    """

    name: str
    blocks: int
    done: int
    left_alone: int
    unusable: int
    finished: bool


def backlogs_of(watch_id: int, *, actor: Actor) -> list[BacklogView]:
    """The files of the watch that were begun, oldest first. Raises NotPermitted."""
    actor.require(*SEES)
    rows = (
        Backlog.objects.filter(watch=watch_id)
        .order_by("pk")
        .annotate(
            all=Count("blocks"),
            done=Count("blocks", filter=Q(blocks__done_at__isnull=False)),
            left=Count("blocks", filter=Q(blocks__poisoned_at__isnull=False)),
            unusable=Sum("blocks__unusable", default=0),
        )
    )
    return [
        BacklogView(row.name, row.all, row.done, row.left, row.unusable, row.finished_at is not None) for row in rows
    ]
