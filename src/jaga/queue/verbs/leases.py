"""Leases: one reviewer works on a case at a time.

Each lease has a fencing token that grows, so that a person whose lease was lost cannot decide.

Drafts of the decision form, kept so that a lost lease or a dead battery loses no text.

Drafts make no ledger entries: they would reveal that somebody is about to vote.

Exposure limits: time spent in severe material is measured and kept within the policy's budget.

Figures are never used against a person.

Deleted within moments.

It makes no ledger or access log entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from jaga.cases.models.cases import Case, Lease
from jaga.cases.models.decisions import Vote
from jaga.cases.reads.case_view import takes_case
from jaga.cases.verbs.state import AlreadyVoted, locked_case
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput
from jaga.core.terms.people import Role
from jaga.policy.release import load_release
from jaga.quality.models import Exposure
from jaga.queue.models import Draft
from jaga.queue.reads.routing import anyone_else_for, exposure_of
from jaga.store.bulk import ask_prepared
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import required_text
from jaga.store.key_store.store import is_destroyed
from jaga.store.key_store.tree import Erased

KEPT = timedelta(days=7)
MAX_FIELDS, MAX_VALUES, MAX_CHARACTERS = 40, 200, 20_000  # far above what the form can hold
Fields = Mapping[str, Sequence[str]]


@transaction.atomic
def save_draft(case_id: int, fields: Fields, *, actor: Actor) -> None:
    """Store the form's fields, replacing the earlier draft.

    Needs no lease, since drafts matter when it is lost.

    Deleted with the vote, or after seven days. Raises NotPermitted, NotFound, AlreadyVoted, IllegalTransition if there
    is nothing to decide, Erased, InvalidInput if it exceeds what the form can hold.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)  # so that a late draft cannot be stored after its vote
    if Vote.in_force.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if is_destroyed(case.key_owner()):
        raise Erased
    kept = {name: list(values) for name, values in fields.items()}
    _check(kept)
    Draft.objects.update_or_create(case=case, person_id=person, defaults={"fields": kept, "saved_at": now()})


def _check(kept: dict[str, list[str]]) -> None:
    texts = [*kept, *(value for values in kept.values() for value in values)]
    if len(kept) > MAX_FIELDS or len(texts) > MAX_VALUES or sum(map(len, texts)) > MAX_CHARACTERS:
        raise InvalidInput(FieldError("facts", "too_long", N_("This is more than a draft can hold.")))
    if any("\x00" in text for text in texts):
        raise InvalidInput(FieldError("facts", "unreadable", N_("Some characters cannot be stored.")))


def forget_draft(case: Case, person: int) -> None:
    """Delete the person's draft, in the transaction of their vote."""
    Draft.objects.filter(case=case, person_id=person).delete()


def forget_old_drafts() -> int:
    """Delete expired drafts; returns how many."""
    return Draft.objects.filter(saved_at__lt=now() - KEPT).delete()[0]


BEAT = timedelta(seconds=30)  # how often an open, visible page reports
LONGEST = timedelta(minutes=10)  # counted for a page that stops reporting
_JUDGES = (Role.REVIEWER, Role.SUPERVISOR)


class BudgetSpent(Conflict):
    """The person has used up the shift's budget of severe material."""

    code = "budget_spent"
    sentence = N_("You have seen enough severe material for this shift, so this case is left for a colleague.")
    remedy = N_(
        "Take a lighter case from the queue, or rest. Nothing is recorded against you. What you hold already, "
        "you can finish."
    )


class RotationDue(Conflict):
    """Something lighter is due."""

    code = "rotation_due"
    sentence = N_(
        "You have been looking at severe material for a while, so something lighter comes next, until %(until)s."
    )
    remedy = N_(
        "Take a lighter case from the queue, or a pause. Nothing is recorded against you. What you hold "
        "already, you can finish."
    )


@takes_case
@transaction.atomic
def count_exposure(case: Case, *, actor: Actor) -> None:
    """Record that the person opened this case's page; an earlier page ends. Call it once for each page."""
    person, moment = actor.require(*_JUDGES), now()
    _end(person, moment)
    Exposure.objects.create(person_id=person, case=case, severity=case.severity, at=moment)


@transaction.atomic
def count_text_exposure(*, actor: Actor) -> None:
    """Record that the person opened a text of the sample; an earlier page ends.

    Each counts as severe: any of them may be, and a weight by its content would say what a program thinks of it.
    """
    person, moment = actor.require(*_JUDGES), now()
    _end(person, moment)
    Exposure.objects.create(person_id=person, case=None, severity=load_release().wellness.severe_from, at=moment)


def require_room_for_texts(*, actor: Actor) -> None:
    """Check that the person may be given texts of the sample now. Raises BudgetSpent, RotationDue."""
    exposure = exposure_of(actor)
    if exposure.lighter_only:
        raise BudgetSpent if exposure.lighter_until is None else RotationDue(until=exposure.lighter_until)


def leave_case(*, actor: Actor) -> None:
    """Record that the person moved to a page without a case."""
    if actor.person_id is not None and actor.roles.intersection(_JUDGES) and _open(actor.person_id):
        with transaction.atomic():
            _end(actor.person_id, now())


@takes_case
@transaction.atomic
def beat(case: Case, *, actor: Actor) -> None:
    """Record that the case's page was visible until now.

    Raises NotPermitted.

    Counts at most the time since the person was last seen; the client's clock is not trusted.
    """
    person, moment = actor.require(*_JUDGES), now()
    _lock(person)
    row = Exposure.objects.filter(person_id=person).order_by("-at", "-pk").first()
    if row is None or row.ended_at is not None or row.case_id != case.pk:
        _end(person, moment)  # the earlier page counts until now, this one from now on
        last = Exposure.objects.filter(person_id=person).aggregate(last=Max("ended_at"))["last"]
        row = Exposure(person_id=person, case=case, severity=case.severity, at=moment)
        since = max(last, moment - BEAT) if last else moment - BEAT
    else:
        since = row.beaten_at or row.at
    row.seconds += _seconds(since, moment, BEAT)
    row.beaten_at = moment
    row.save()


def require_room(case: Case, *, actor: Actor) -> None:
    """Check that the person may be given this case now.

    Raises BudgetSpent, RotationDue.

    Lighter cases are always allowed. So is an urgent victim-first case if no other colleague at work has budget left
    for it.
    """
    if case.severity < load_release().wellness.severe_from:
        return
    exposure = exposure_of(actor)
    if not exposure.lighter_only or (case.urgent and case.victim_first and not anyone_else_for(case, actor=actor)):
        return
    if exposure.spent or exposure.lighter_until is None:
        raise BudgetSpent
    raise RotationDue(until=exposure.lighter_until)


def _open(person: int) -> bool:
    return bool(ask_prepared("SELECT 1 FROM records_exposure WHERE person_id = %s AND ended_at IS NULL", [person]))


def _lock(person: int) -> None:
    """Serialise concurrent pages of one person."""
    ask_prepared("SELECT 1 FROM records_person WHERE id = %s FOR NO KEY UPDATE", [person])


def _end(person: int, moment: datetime) -> None:
    _lock(person)
    row = Exposure.objects.filter(person_id=person, ended_at__isnull=True).first()
    if row is None:
        return
    longest = BEAT if row.beaten_at else LONGEST
    row.seconds += _seconds(row.beaten_at or row.at, moment, longest)
    row.ended_at = max(moment, row.at)
    row.save(update_fields=["seconds", "ended_at"])


def _seconds(since: datetime, until: datetime, longest: timedelta) -> int:
    return max(0, int(min(until - since, longest).total_seconds()))


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
    nothing to decide, BudgetSpent or RotationDue (`queue.verbs.leases`).
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
