"""The fast lane's gate: which of many cases wait for this person's own vote now."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import Role
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import READERS
from jaga.records.models import Case, Lease, Vote


def waiting_among(numbers: Sequence[int], *, actor: Actor) -> list[int]:
    """Those of the cases that this person could vote on, in their order; none that somebody else holds."""
    person = actor.require(*READERS)
    states = [CaseState.IN_REVIEW, CaseState.SECOND_VOTE]
    if Role.SUPERVISOR in actor.roles:
        states.append(CaseState.ADJUDICATION)
    own = Vote.standing.filter(case=OuterRef("pk"), person_id=person)
    held = Lease.objects.filter(case=OuterRef("pk"), released_at__isnull=True, expires_at__gt=now()).exclude(
        holder_id=person)
    rows = Case.objects.filter(visible_to(actor), ~Exists(own), ~Exists(held), pk__in=list(numbers), state__in=states)
    waiting = set(rows.values_list("pk", flat=True))
    return [number for number in numbers if number in waiting]
