"""How often each person sent the prepared sentence unchanged (`Vote.as_prepared`)."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.models import Vote

LEAST_VOTES = 10


@dataclass(frozen=True)
class UnchangedShare:
    """One person's votes with facts in the quality window, and how many of them hold the prepared sentence."""

    name: str
    votes: int
    unchanged: int

    @property
    def percent(self) -> float:
        """The share sent unchanged, in percent."""
        return 100 * self.unchanged / self.votes


def unchanged_shares(*, actor: Actor) -> tuple[UnchangedShare, ...]:
    """Each person with at least `LEAST_VOTES` votes with facts, the highest share first. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR)
    since = now() - timedelta(days=load_release().quality.window_days)
    rows = (
        Vote.objects.filter(cast_at__gt=since)
        .exclude(facts="")
        .values("person_id", "person__display_name")
        .annotate(votes=Count("pk"), unchanged=Count("pk", filter=Q(as_prepared=True)))
        .filter(votes__gte=LEAST_VOTES)
    )
    found = [UnchangedShare(row["person__display_name"], row["votes"], row["unchanged"]) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.percent, one.name)))
