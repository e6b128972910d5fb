"""Leases: one reviewer holds a case at a time. The fence grows with each lease, so that a lost one cannot decide."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from jaga.casework.cases.errors import AlreadyVoted
from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import required_text
from jaga.casework.queue.exposure_limits import require_room
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition
from jaga.core.terms import Role
from jaga.policy import load_release
from jaga.records.models import Case, Lease, Vote

MAX_REASON = 500


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


class NothingHeld(Conflict):
    """Nobody else holds the case, so that there is nothing to take over."""

    code = "nothing_held"
    sentence = N_("Nobody else holds this case any more.")
    remedy = N_("Take it like any other case.")


@transaction.atomic
def take_lease(case_id: int, *, actor: Actor) -> LeaseHeld:
    """Hold the case for the policy's lease time; holding it already prolongs the lease. Reversible: `release_lease`.

    Raises NotFound without the clearance that it needs, LeaseTaken while somebody else holds it, AlreadyVoted for
    whoever has no vote left here, IllegalTransition where there is nothing to decide; BudgetSpent, RotationDue where
    lighter material is due (`casework.queue.exposure_limits`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if Vote.standing.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    moment, until = now(), _end_of_a_lease()
    active = require_free(case, person)
    if active and active.holder_id == person and active.expires_at > moment:
        active.expires_at = until
        active.save(update_fields=["expires_at"])
        return LeaseHeld(case.pk, active.fence, until)
    require_room(case, actor=actor)
    if active:
        active.released_at = moment
        active.save(update_fields=["released_at"])
    fence = _next_fence(case)
    Lease.objects.create(case=case, holder_id=person, fence=fence, taken_at=moment, expires_at=until)
    return LeaseHeld(case.pk, fence, until)


def prolong_lease(case_id: int, fence: int, *, actor: Actor) -> LeaseHeld:
    """Hold for another lease time what one holds by this fence; never takes a case. Raises LeaseLost."""
    person, moment, until = actor.require(Role.REVIEWER, Role.SUPERVISOR), now(), _end_of_a_lease()
    held = Lease.objects.filter(case_id=case_id, fence=fence, holder_id=person, released_at__isnull=True,
                                expires_at__gt=moment)
    if not held.update(expires_at=until):
        raise LeaseLost
    return LeaseHeld(case_id, fence, until)


@transaction.atomic
def take_over_lease(case_id: int, reason: str, *, actor: Actor) -> LeaseHeld:
    """Take a case from whoever holds it, for supervisors: somebody fell ill, a clock runs out. Drafts stay.

    The old fence decides nothing from then on. Not reversible, but it can be handed back to the queue. Budgets of
    exposure do not hinder it: it is for a clock or a colleague, and nobody is made to do it. Raises
    NothingHeld, AlreadyVoted, IllegalTransition, InvalidInput (field `reason`), NotPermitted.
    """
    person = actor.require(Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if Vote.standing.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    required_text("reason", reason, most=MAX_REASON, needed=N_("Say in at least %(least)s characters why."))
    moment, until = now(), _end_of_a_lease()
    held = Lease.objects.filter(case=case, released_at__isnull=True, expires_at__gt=moment).exclude(
        holder_id=person).first()
    if held is None:
        raise NothingHeld
    held.released_at = moment
    held.save(update_fields=["released_at"])
    fence = _next_fence(case)
    Lease.objects.create(case=case, holder_id=person, fence=fence, taken_at=moment, expires_at=until, took_over=held,
                         reason=reason.strip())
    enter("take_over_lease", {"from": held.holder_id}, actor=actor, case_id=case.pk)
    return LeaseHeld(case.pk, fence, until)


def _end_of_a_lease() -> datetime:
    return now() + timedelta(minutes=load_release().enforcement.lease_minutes)


def _next_fence(case: Case) -> int:
    return (Lease.objects.filter(case=case).aggregate(last=Max("fence"))["last"] or 0) + 1


@transaction.atomic
def release_lease(case_id: int, *, actor: Actor) -> None:
    """Hand the case back to the queue. Releasing what one does not hold changes nothing."""
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    Lease.objects.filter(case_id=case_id, holder_id=person, released_at__isnull=True).update(released_at=now())


def require_free(case: Case, person: int) -> Lease | None:
    """The locked case is this person's to change: nobody else is working on it. Returns the lease that is still open:
    their own, or one that ran out.

    For what would change the case under the hands of whoever judges it. Raises LeaseTaken.
    """
    active = Lease.objects.filter(case=case, released_at__isnull=True).select_related("holder").first()
    if active and active.holder_id != person and active.expires_at > now():
        raise LeaseTaken(holder=active.holder.display_name, until=active.expires_at)
    return active


def require_lease(case: Case, fence: int, person: int) -> Lease:
    """The lease with this fence, if the person still holds it. Raises LeaseLost."""
    lease = Lease.objects.filter(
        case=case, fence=fence, holder_id=person, released_at__isnull=True, expires_at__gt=now()
    ).first()
    if lease is None:
        raise LeaseLost
    return lease
