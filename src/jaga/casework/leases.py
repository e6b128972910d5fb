"""Leases: one reviewer holds a case at a time. The fence grows with each lease, so that a lost one cannot decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from jaga.casework.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition, NotPermitted
from jaga.core.terms import Role
from jaga.policy import load_release
from jaga.records.models import Case, Lease, Vote


@dataclass(frozen=True)
class LeaseHeld:
    """A lease that its holder has: show `fence` with every step that depends on it."""

    case_id: int
    fence: int
    expires_at: datetime


class LeaseTaken(Conflict):
    """Somebody else holds the case."""

    code = "lease_taken"
    sentence = N_("%(holder)s is working on this case until %(until)s.")
    remedy = N_("Take another case, or ask them to hand it back.")


class LeaseLost(Conflict):
    """The lease ran out or went to somebody else; nothing was changed."""

    code = "lease_lost"
    sentence = N_("Your hold on this case has ended, so nothing was decided.")
    remedy = N_("Open the case again. Your text is kept on the page.")


class AlreadyVoted(NotPermitted):
    """Second votes are another person's."""

    code = "already_voted"
    sentence = N_("You have already voted on this case.")
    remedy = N_("Another person must look at it now.")


@transaction.atomic
def take_lease(case_id: int, *, actor: Actor) -> LeaseHeld:
    """Hold the case for the policy's lease time; holding it already prolongs the lease. Reversible: `release_lease`.

    Raises LeaseTaken while somebody else holds it, AlreadyVoted for whoever has no vote left here, IllegalTransition
    where there is nothing to decide.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if Vote.objects.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    moment = now()
    until = moment + timedelta(minutes=load_release().enforcement.lease_minutes)
    active = Lease.objects.filter(case=case, released_at__isnull=True).select_related("holder").first()
    if active and active.holder_id == person and active.expires_at > moment:
        active.expires_at = until
        active.save(update_fields=["expires_at"])
        return LeaseHeld(case.pk, active.fence, until)
    if active and active.expires_at > moment:
        raise LeaseTaken(holder=active.holder.display_name, until=active.expires_at)
    if active:
        active.released_at = moment
        active.save(update_fields=["released_at"])
    fence = (Lease.objects.filter(case=case).aggregate(last=Max("fence"))["last"] or 0) + 1
    Lease.objects.create(case=case, holder_id=person, fence=fence, taken_at=moment, expires_at=until)
    return LeaseHeld(case.pk, fence, until)


@transaction.atomic
def release_lease(case_id: int, *, actor: Actor) -> None:
    """Hand the case back to the queue. Releasing what one does not hold changes nothing."""
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    Lease.objects.filter(case_id=case_id, holder_id=person, released_at__isnull=True).update(released_at=now())


def require_lease(case: Case, fence: int, person: int) -> Lease:
    """The lease with this fence, if the person still holds it. Raises LeaseLost."""
    lease = Lease.objects.filter(
        case=case, fence=fence, holder_id=person, released_at__isnull=True, expires_at__gt=now()
    ).first()
    if lease is None:
        raise LeaseLost
    return lease
