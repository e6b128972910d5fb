"""Routing: puts each case into a queue by the policy's rules, unless a person chose another queue.

Queues affect neither who decides a case nor its deadline.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from jaga.casework.kernel.ledger import append, append_changes, append_many
from jaga.casework.kernel.validation import LONGEST_WORDS, required_text
from jaga.casework.queue.case_access import WORKERS, open_case, write_note
from jaga.casework.queue.leases import require_free
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.cases import NoteKind
from jaga.core.terms.people import Clearance
from jaga.policy import PolicyRelease, load_release
from jaga.policy.routing import Placed, RoutingFacts
from jaga.records.access.base.clearance import cleared_people
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, Lease

ROUTED_AT_ONCE = 500
_WRITE = (
    "UPDATE records_case c SET queue = w.queue, queue_fixed = w.fixed, routed_by = w.routed_by,"
    " clearance = w.clearance, assigned_to_id = w.assigned FROM unnest(%s::bigint[], %s::text[], %s::boolean[],"
    " %s::text[], %s::text[], %s::bigint[]) AS w(id, queue, fixed, routed_by, clearance, assigned)"
    " WHERE c.id = w.id"
)


@takes_case
def placed(case: Case, release: PolicyRelease) -> Placed:
    """The queue that the rules choose, and the rule."""
    return release.routing.place(
        RoutingFacts(
            case.category,
            case.channel,
            case.language,
            case.severity,
            case.victim_first,
            case.flagged,
            case.subject.platform.name,
        )
    )


def route(case: Case, *, actor: Actor) -> None:
    """Put a locked case into the queue of the rules.

    Idempotent.

    A person's choice is kept, unless it would show the case to people without the required clearance.
    """
    route_all([case], actor=actor)


def route_all(cases: Sequence[Case], *, actor: Actor) -> None:
    """`route` for many locked cases in a few statements."""
    moved = place_all(cases)
    columns = [
        [getattr(case, name) for case in cases]
        for name in ("pk", "queue", "queue_fixed", "routed_by", "clearance", "assigned_to_id")
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, columns)
    append_many([("route_case", {"queue": case.queue}, actor, case.pk) for case in moved])


def place_all(cases: Sequence[Case]) -> list[Case]:
    """Set queue and clearance of these locked cases by the rules, to be written by the caller; returns those whose
    queue is another one. People without the clearance lose their lease.
    """
    release, before = load_release(), {case.pk: case.queue for case in cases}
    for case in cases:
        _place(case, release)
    return [case for case in cases if case.queue != before[case.pk]]


def _place(case: Case, release: PolicyRelease) -> None:
    wanted = placed(case, release).queue
    needed = wanted.clearance or ""
    chosen = release.routing.queue(case.queue)
    if case.queue_fixed and chosen.key == case.queue and (not needed or chosen.clearance == wanted.clearance):
        needed = chosen.clearance or ""
    else:
        case.queue, case.queue_fixed = wanted.key, False
    case.routed_by = release.hash
    _close(case, needed)


def _close(case: Case, needed: str) -> None:
    """Apply a clearance: people without it lose lease and assignment."""
    case.clearance = needed
    if not needed:
        return
    cleared = cleared_people(Clearance(needed))
    if case.assigned_to_id is not None and not cleared.filter(pk=case.assigned_to_id).exists():
        case.assigned_to = None
    Lease.objects.filter(case=case, released_at__isnull=True).exclude(holder__in=cleared.values("pk")).update(
        released_at=now()
    )


@transaction.atomic
def reroute_case(case_id: int, queue: str, reason: str, *, actor: Actor) -> None:
    """Put a case into a queue by hand, or with "" return it to the rules.

    While somebody else holds the lease, it can only move into a queue with a clearance, which must not wait. Raises
    NotPermitted, NotFound, IllegalTransition, LeaseTaken, InvalidInput (`reason`; `queue` if unknown or less restricted
    than the rules require).
    """
    case = open_case(case_id, actor=actor)
    person, release = actor.require(*WORKERS), load_release()
    why = required_text("reason", reason, least=1, most=LONGEST_WORDS, needed=N_("Say why."))
    queues = {one.key: one for one in release.routing.queues}
    if queue and queue not in queues:
        raise InvalidInput(FieldError("queue", "unknown", N_("Choose a queue of the list.")))
    wanted = placed(case, release).queue
    if queue and wanted.clearance and queues[queue].clearance != wanted.clearance:
        raise InvalidInput(
            FieldError(
                "queue", "not_closed", N_("This case is for people with a clearance. It cannot go into an open queue.")
            )
        )
    chosen = queues[queue] if queue else wanted
    if not chosen.clearance or chosen.clearance == case.clearance:
        require_free(case, person)
    case.queue, case.queue_fixed, case.routed_by = chosen.key, bool(queue), release.hash
    _close(case, chosen.clearance or "")
    case.save(update_fields=["queue", "queue_fixed", "routed_by", "clearance", "assigned_to"])
    note = write_note(case, NoteKind.REROUTE, why, person)
    append(
        "reroute_case",
        {"queue": case.queue, "by_hand": case.queue_fixed, "note": note.pk},
        actor=actor,
        case_id=case.pk,
    )


def route_by_this_release() -> int:
    """Route waiting cases that were routed by another policy release, `ROUTED_AT_ONCE` at a time; returns how many."""
    current = load_release().hash
    others = Case.objects.filter(state__in=VOTING_STATES).exclude(routed_by=current)
    numbers = list(others.order_by("pk").values_list("pk", flat=True)[:ROUTED_AT_ONCE])
    for number in numbers:
        with transaction.atomic():
            case = (
                others.select_for_update(of=("self",), no_key=True)
                .select_related("subject__platform")
                .filter(pk=number)
                .first()
            )
            if case is not None:
                route(case, actor=SYSTEM)
                append_changes(actor=SYSTEM, case_id=case.pk)
    return len(numbers)
