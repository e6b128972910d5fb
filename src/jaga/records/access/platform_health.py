"""Which platforms do not answer, and how much waits for them. Shown to those who can do something about it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from jaga.core.actors import Actor
from jaga.core.terms import ActionState, Role
from jaga.records.models import Action, PlatformHealth


@dataclass(frozen=True)
class SilentPlatform:
    """A platform that is left alone for now. `since` is its last answer, None where it never gave one."""

    name: str
    display_name: str
    since: datetime | None
    failures: int
    next_try: datetime
    why: str
    waiting: int


@dataclass(frozen=True)
class StuckPlatform:
    """A platform on which more than one action is stuck."""

    name: str
    display_name: str
    stuck: int


def list_silent(*, actor: Actor) -> tuple[SilentPlatform, ...]:
    """Platforms that are left alone, the longest silent first. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    rows = (
        PlatformHealth.objects.filter(open_until__isnull=False).select_related("platform")
        .annotate(waiting=Count("platform__subjects__decisions__actions", distinct=True, filter=Q(
            platform__subjects__decisions__actions__state=ActionState.PENDING)))
        .order_by("last_ok_at", "pk")
    )
    return tuple(
        SilentPlatform(row.platform.name, row.platform.display_name, row.last_ok_at, row.failures, row.open_until,
                       row.why, row.waiting)
        for row in rows if row.open_until
    )


def count_silent() -> int:
    """How many platforms are left alone now."""
    return PlatformHealth.objects.filter(open_until__isnull=False).count()


def list_stuck_platforms(*, actor: Actor) -> tuple[StuckPlatform, ...]:
    """Platforms with more than one stuck action. Raises NotPermitted for anybody but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        Action.objects.filter(state=ActionState.STUCK)
        .values_list("decision__subject__platform__name", "decision__subject__platform__display_name")
        .annotate(stuck=Count("pk")).filter(stuck__gt=1).order_by("decision__subject__platform__display_name")
    )
    return tuple(StuckPlatform(*row) for row in rows)
