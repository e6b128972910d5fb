"""Platforms that do not answer or answer unusably, and how much work waits for them. For staff who can act on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.actions import ActionState, PlatformTask, SetAsideKind
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.access_log import log_access
from jaga.records.codes import open_raw
from jaga.records.models import Action, PeriodicTaskFault, Platform, PlatformHealth, PlatformTaskHealth, SetAsideValue

SHOWN = 50  # Values set aside, per platform, on the page.
TASK_IS_FAILING = timedelta(minutes=5)


@dataclass(frozen=True)
class SilentPlatform:
    """A platform that is not called for now. `since` is its last answer, or None if it never answered."""

    name: str
    display_name: str
    since: datetime | None
    failures: int
    next_try: datetime
    why: str
    waiting: int


@dataclass(frozen=True)
class StuckPlatform:
    """A platform with more than one stuck action."""

    name: str
    display_name: str
    stuck: int


def list_silent(*, actor: Actor) -> tuple[SilentPlatform, ...]:
    """Platforms not called for now, the longest silent first. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    rows = (
        PlatformHealth.objects.filter(open_until__isnull=False)
        .select_related("platform")
        .annotate(
            waiting=Count(
                "platform__subjects__decisions__actions",
                distinct=True,
                filter=Q(platform__subjects__decisions__actions__state=ActionState.PENDING),
            )
        )
        .order_by("last_ok_at", "pk")
    )
    return tuple(
        SilentPlatform(
            row.platform.name,
            row.platform.display_name,
            row.last_ok_at,
            row.failures,
            row.open_until,
            row.why,
            row.waiting,
        )
        for row in rows
        if row.open_until
    )


def count_silent() -> int:
    """How many platforms did not answer the last call, whether or not they are still called."""
    return PlatformHealth.objects.filter(Q(open_until__isnull=False) | Q(failures__gt=0)).count()


@dataclass(frozen=True)
class FaultyTask:
    """A worker task that recently got no usable answer from a platform."""

    task: PlatformTask
    failures: int
    faults: int
    last_failed_at: datetime | None
    retry_at: datetime | None
    why: str


@dataclass(frozen=True)
class SetAsideRow:
    """A value set aside because no decision can rest on it, without its bytes.

    `sha256` covers the bytes as received.
    """

    number: int
    kind: SetAsideKind
    why: str
    sha256: str
    size: int
    times: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class FaultyPlatform:
    """A platform with unusable answers or values set aside, the newest value first."""

    name: str
    display_name: str
    tasks: tuple[FaultyTask, ...]
    set_aside: tuple[SetAsideRow, ...]
    waiting: int
    not_kept: int


@dataclass(frozen=True)
class RawValue:
    """What a platform sent, made readable: every character beyond ASCII is escaped."""

    row: SetAsideRow
    platform: str
    raw: str


def list_faulty(*, actor: Actor) -> tuple[FaultyPlatform, ...]:
    """Platforms that sent unusable data, by name. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    waiting = SetAsideValue.objects.filter(settled_at__isnull=True)
    rows = (
        Platform.objects.filter(
            Q(pk__in=waiting.values("platform")) | Q(task_health__failures__gt=0) | Q(task_health__faults__gt=0)
        )
        .distinct()
        .order_by("display_name")
    )
    return tuple(_faulty(row, waiting.filter(platform=row)) for row in rows)


def _faulty(platform: Platform, waiting: QuerySet[SetAsideValue]) -> FaultyPlatform:
    ever = Q(failures__gt=0) | Q(faults__gt=0) | Q(not_kept__gt=0)
    tasks = PlatformTaskHealth.objects.filter(ever, platform=platform).order_by("task")
    return FaultyPlatform(
        platform.name,
        platform.display_name,
        tuple(
            FaultyTask(PlatformTask(row.task), row.failures, row.faults, row.last_failed_at, row.retry_at, row.why)
            for row in tasks
        ),
        tuple(_row(row) for row in waiting.order_by("-last_seen_at", "-pk")[:SHOWN]),
        waiting.count(),
        sum(row.not_kept for row in tasks),
    )


def access_set_aside(number: int, *, actor: Actor) -> RawValue:
    """One value set aside, for a supervisor; recorded in the access log. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = SetAsideValue.objects.select_related("platform").filter(pk=number, settled_at__isnull=True).first()
    if row is None:
        raise NotFound
    log_access(None, AccessKind.REPORT, actor=actor)
    raw = open_raw(bytes(row.sealed)).decode("ascii", "backslashreplace")
    return RawValue(_row(row), row.platform.display_name, raw)


def _row(row: SetAsideValue) -> SetAsideRow:
    return SetAsideRow(
        row.pk,
        SetAsideKind(row.kind),
        row.why,
        bytes(row.digest).hex(),
        row.size,
        row.times,
        row.first_seen_at,
        row.last_seen_at,
    )


def count_set_aside() -> int:
    """How many values set aside wait for review."""
    return SetAsideValue.objects.filter(settled_at__isnull=True).count()


def faulty_platforms() -> dict[str, int]:
    """Consecutive failures per platform, for platforms with a task that is failing now."""
    rows = PlatformTaskHealth.objects.filter(failures__gt=0).order_by("platform__name")
    found: dict[str, int] = {}
    for name, failures in rows.values_list("platform__name", "failures"):
        found[name] = max(failures, found.get(name, 0))
    return found


def failing_periodic_tasks() -> list[str]:
    """Periodic tasks of the worker that failed recently."""
    since = now() - TASK_IS_FAILING
    failing = PeriodicTaskFault.objects.filter(last_failed_at__gt=since)
    return list(failing.order_by("name").values_list("name", flat=True))


def list_stuck_platforms(*, actor: Actor) -> tuple[StuckPlatform, ...]:
    """Platforms with more than one stuck action. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        Action.objects.filter(state=ActionState.STUCK)
        .values_list("decision__subject__platform__name", "decision__subject__platform__display_name")
        .annotate(stuck=Count("pk"))
        .filter(stuck__gt=1)
        .order_by("decision__subject__platform__display_name")
    )
    return tuple(StuckPlatform(*row) for row in rows)
