"""Presence: who has a case open, so that two people do not read it at once.

Deleted within moments.

It makes no ledger or access log entries.
"""

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.access.queue.presence import GONE_AFTER
from jaga.records.models import Case
from jaga.records.models.queue.drafts import Presence

_FORGOTTEN_AFTER = 2 * GONE_AFTER


def be_present(case_id: int, *, actor: Actor) -> None:
    """Record that the person has this case open, whether or not they voted. Raises NotPermitted, NotFound."""
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = Case.objects.only("clearance").filter(pk=case_id).first()
    if case is None:
        raise NotFound
    refuse_uncleared(case, actor=actor)
    Presence.objects.bulk_create(
        [Presence(case_id=case_id, person_id=person, seen_at=now())],
        update_conflicts=True,
        unique_fields=["case", "person"],
        update_fields=["seen_at"],
    )


def forget_the_gone() -> int:
    """Delete expired presence; returns how many."""
    return Presence.objects.filter(seen_at__lt=now() - _FORGOTTEN_AFTER).delete()[0]
