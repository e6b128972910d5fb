"""The dashboard's numbers, precomputed by the worker: a page reads two small tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.models import Tally

AUDIENCE = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)


@dataclass(frozen=True)
class DashboardNumbers:
    """Numbers by name and key, and when they were counted (None: never). A missing number is 0."""

    by_name: Mapping[str, Mapping[str, int]]
    counted_at: datetime | None

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
    counted = None
    for name, key, number, at in Tally.objects.order_by("pk").values_list("name", "key", "number", "counted_at"):
        found.setdefault(name, {})[key] = number
        counted = at if name == "counted" else counted
    return DashboardNumbers(found, counted)
