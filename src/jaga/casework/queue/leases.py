"""Leases: one reviewer works on a case at a time.

Each lease has a fencing token that grows, so that a person whose lease was lost cannot decide.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from jaga.casework.cases.errors import AlreadyVoted
from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import required_text
from jaga.casework.queue.exposure_limits import require_room
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.models import Case, Lease, Vote

MAX_REASON = 500


@dataclass(frozen=True)
class LeaseHeld:
    """A lease held by the actor. Pass `fence` to every verb that depends on it."""

    case_id: int
    fence: int
    expires_at: datetime


class LeaseTaken(Conflict):
    """Somebody else holds the lease."""

    code = "lease_taken"
    sentence = N_("%(holder)s is working on this case until %(until)s.")
    remedy = N_("Take another case, or ask them to hand it back.")


class LeaseLost(Conflict):
    """The lease expired or was taken over; nothing was changed."""

    code = "lease_lost"
    sentence = N_("Your hold on this case has ended, so nothing was decided.")
    remedy = N_("Open the case again. Your text is kept on the page.")


class NothingHeld(Conflict):
    """There is no lease to take over."""

    code = "nothing_held"
    sentence = N_("Nobody else holds this case any more.")
    remedy = N_("Take it like any other case.")


@transaction.atomic
def take_lease(case_id: int, *, actor: Actor) -> LeaseHeld:
    """Take the lease of a case for the policy's lease time, or extend one's own.

    Reversible: `release_lease`.

    Raises NotPermitted, NotFound (also without the clearance), LeaseTaken, AlreadyVoted, IllegalTransition if there is
    nothing to decide, BudgetSpent or RotationDue (`casework.queue.exposure_limits`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if Vote.in_force.filter(case=case, person_id=person).exists():
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
    """Extend the lease with this fencing token by another lease time. Raises NotPermitted, LeaseLost."""
    person, moment, until = actor.require(Role.REVIEWER, Role.SUPERVISOR), now(), _end_of_a_lease()
    held = Lease.objects.filter(
        case_id=case_id, fence=fence, holder_id=person, released_at__isnull=True, expires_at__gt=moment
    )
    if not held.update(expires_at=until):
        raise LeaseLost
    return LeaseHeld(case_id, fence, until)


@transaction.atomic
def take_over_lease(case_id: int, reason: str, *, actor: Actor) -> LeaseHeld:
    """Take over somebody's lease, for supervisors: a colleague fell ill, or a deadline is near.

    Drafts are kept.

    The old fencing token becomes invalid. Irreversible, but the case can be released. Exposure limits do not apply.
    Raises NotPermitted, NotFound, NothingHeld, AlreadyVoted, IllegalTransition, InvalidInput (`reason`).
    """
    person = actor.require(Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if Vote.in_force.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    required_text("reason", reason, most=MAX_REASON, needed=N_("Say in at least %(least)s characters why."))
    moment, until = now(), _end_of_a_lease()
    held = (
        Lease.objects.filter(case=case, released_at__isnull=True, expires_at__gt=moment)
        .exclude(holder_id=person)
        .first()
    )
    if held is None:
        raise NothingHeld
    held.released_at = moment
    held.save(update_fields=["released_at"])
    fence = _next_fence(case)
    Lease.objects.create(
        case=case,
        holder_id=person,
        fence=fence,
        taken_at=moment,
        expires_at=until,
        took_over=held,
        reason=reason.strip(),
    )
    append("take_over_lease", {"from": held.holder_id}, actor=actor, case_id=case.pk)
    return LeaseHeld(case.pk, fence, until)


def _end_of_a_lease() -> datetime:
    return now() + timedelta(minutes=load_release().enforcement.lease_minutes)


def _next_fence(case: Case) -> int:
    return (Lease.objects.filter(case=case).aggregate(last=Max("fence"))["last"] or 0) + 1


@transaction.atomic
def release_lease(case_id: int, *, actor: Actor) -> None:
    """Release one's own lease. Does nothing without one. Raises NotPermitted."""
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    Lease.objects.filter(case_id=case_id, holder_id=person, released_at__isnull=True).update(released_at=now())


def require_free(case: Case, person: int) -> Lease | None:
    """Check that nobody else holds the locked case; returns the open lease: the person's own, or an expired one.

    For changes that would affect whoever is judging the case. Raises LeaseTaken.
    """
    active = Lease.objects.filter(case=case, released_at__isnull=True).select_related("holder").first()
    if active and active.holder_id != person and active.expires_at > now():
        raise LeaseTaken(holder=active.holder.display_name, until=active.expires_at)
    return active


def require_lease(case: Case, fence: int, person: int) -> Lease:
    """The person's lease with this fencing token. Raises LeaseLost."""
    lease = Lease.objects.filter(
        case=case, fence=fence, holder_id=person, released_at__isnull=True, expires_at__gt=now()
    ).first()
    if lease is None:
        raise LeaseLost
    return lease
