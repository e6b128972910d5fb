"""The dashboard's numbers, precomputed by the worker: a page reads two small tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.operations.closed_counts import installed_on
from jaga.records.models import Platform, Tally

AUDIENCE = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)


@dataclass(frozen=True)
class DashboardNumbers:
    """Numbers by name and key, and when they were counted (None: never). A missing number is 0."""

    by_name: Mapping[str, Mapping[str, int]]
    counted_at: datetime | None
    periods_counted_at: datetime | None = None  # Of the numbers over weeks and months.

    def of(self, name: str) -> Mapping[str, int]:
        """All numbers of that name by key."""
        return self.by_name.get(name, {})

    def one(self, name: str, key: str = "") -> int:
        """One number."""
        return self.of(name).get(key, 0)


def see_numbers(*, actor: Actor) -> DashboardNumbers:
    """The dashboard's numbers. Raises NotPermitted for anyone but supervisors, administrators and auditors."""
    actor.require(*AUDIENCE)
    found: dict[str, dict[str, int]] = {}
    counted: dict[str, datetime] = {}
    for name, key, number, at in Tally.objects.order_by("pk").values_list("name", "key", "number", "counted_at"):
        found.setdefault(name, {})[key] = number
        if name in ("counted", "counted_periods"):
            counted[name] = at
    return DashboardNumbers(found, counted.get("counted"), counted.get("counted_periods"))


def app_names(*, actor: Actor) -> Mapping[str, str]:
    """The chat apps' names by the number under which they are counted. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    return {str(pk): name for pk, name in Platform.objects.order_by("display_name").values_list("pk", "display_name")}


def counted_since(*, actor: Actor) -> date | None:
    """The day this installation began. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    return installed_on()
