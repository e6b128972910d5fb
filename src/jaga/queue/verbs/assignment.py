"""Assigning, snoozing, escalating and skipping cases, and notes of the team. None of it decides a case.

What the verbs of the queue share: locking a case that waits, writing notes, giving up a lease.

Routing: puts each case into a queue by the policy's rules, unless a person chose another queue.

Queues affect neither who decides a case nor its deadline.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from jaga.cases.models.cases import Case, Lease
from jaga.cases.reads.case_view import takes_case
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import as_utc, now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms.cases import NoteKind
from jaga.core.terms.people import Clearance, Role
from jaga.people.models import Person
from jaga.policy.release import PolicyRelease, load_release
from jaga.policy.routing import Placed, RoutingFacts
from jaga.queue.models import CaseNote, Skip
from jaga.queue.verbs.leases import require_free
from jaga.store.kernel.ledger import EntryContent, append, append_all, append_changes, append_many
from jaga.store.kernel.validation import LONGEST_WORDS, required_text
from jaga.store.reads import cleared_people

WORKERS = (Role.REVIEWER, Role.SUPERVISOR)


def open_case(case_id: int, *, actor: Actor) -> Case:
    """The case, locked, if it waits for a vote and the actor may see it.

    Raises NotPermitted, NotFound, IllegalTransition.
    """
    case = visible_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    return case


def visible_case(case_id: int, *, actor: Actor) -> Case:
    """The case, locked, in any state. Raises NotPermitted, NotFound."""
    actor.require(*WORKERS)
    return locked_case(case_id, actor=actor)


def write_note(case: Case, kind: NoteKind, text: str, person: int) -> CaseNote:
    """Append an internal note. The ledger records its id, not its text."""
    return CaseNote.objects.create(case=case, person_id=person, kind=kind, text=text, at=now())


def leave(case: Case, person: int) -> None:
    """Give up one's own lease of this case. Raises LeaseTaken if somebody else holds it."""
    active = require_free(case, person)
    if active:
        active.released_at = now()
        active.save(update_fields=["released_at"])


def after_vote(case: Case, *, actor: Actor) -> None:
    """After a vote, end the voter's assignment, a supervisor's escalation, and a snooze.

    The ledger entries equal those of manual steps, so that they do not reveal the vote.
    """
    fields, entries = list[str](), list[EntryContent]()
    if case.assigned_to_id == actor.person_id:
        case.assigned_to = None
        fields.append("assigned_to")
        entries.append(("unassign_case", {"person": actor.person_id}))
    if case.escalated_at is not None and Role.SUPERVISOR in actor.roles:
        case.escalated_at = None
        fields.append("escalated_at")
        entries.append(("hand_back_case", {}))
    if case.snoozed_until is not None:
        case.snoozed_until, case.snoozed_by, case.snooze_reason = None, None, ""
        fields += ["snoozed_until", "snoozed_by", "snooze_reason"]
        entries.append(("unsnooze_case", {"why": "by_hand"}))
    if fields:
        case.save(update_fields=fields)
        append_all(entries, actor=actor, case_id=case.pk)


SKIPPED_FOR = timedelta(hours=1)
SHORTEST_HOLD = timedelta(minutes=5)


class AssignedElsewhere(Conflict):
    """The case is assigned to somebody else."""

    code = "assigned_elsewhere"
    sentence = N_("This case is assigned to %(name)s.")
    remedy = N_("Ask them or a supervisor to release it.")


class AlreadyEscalated(Conflict):
    """The case is escalated already."""

    code = "already_escalated"
    sentence = N_("This case is with the supervisors already.")
    remedy = N_("A supervisor decides it or hands it back.")


@transaction.atomic
def assign_case(case_id: int, person_id: int, *, actor: Actor) -> None:
    """Assign a case to oneself or, as a supervisor, to anybody.

    Others may still take it.

    Reversible: `unassign_case`. Raises NotPermitted, NotFound, IllegalTransition, AssignedElsewhere, InvalidInput
    (`person`).
    """
    case = open_case(case_id, actor=actor)
    supervises = Role.SUPERVISOR in actor.roles
    if person_id != actor.person_id and not supervises:
        raise NotPermitted
    if case.assigned_to_id not in (None, actor.person_id, person_id) and not supervises:
        assert case.assigned_to
        raise AssignedElsewhere(name=case.assigned_to.display_name)
    if not assignable(case).filter(pk=person_id).exists():
        raise InvalidInput(FieldError("person", "unknown", N_("Choose somebody who may work on this case.")))
    if case.assigned_to_id == person_id:
        return
    case.assigned_to_id = person_id
    case.save(update_fields=["assigned_to"])
    append("assign_case", {"person": person_id}, actor=actor, case_id=case.pk)


def assignable(case: Case) -> QuerySet[Person]:
    """Active people who may work on this case."""
    if case.clearance:
        return cleared_people(Clearance(case.clearance))
    return Person.objects.filter(is_active=True, roles__role__in=[role.value for role in WORKERS]).distinct()


@transaction.atomic
def unassign_case(case_id: int, *, actor: Actor) -> None:
    """Remove one's own assignment or, as a supervisor, anybody's.

    Raises NotPermitted, NotFound, IllegalTransition, AssignedElsewhere.
    """
    case = open_case(case_id, actor=actor)
    if case.assigned_to is None:
        return
    if case.assigned_to_id != actor.person_id and Role.SUPERVISOR not in actor.roles:
        raise AssignedElsewhere(name=case.assigned_to.display_name)
    person, case.assigned_to = case.assigned_to_id, None
    case.save(update_fields=["assigned_to"])
    append("unassign_case", {"person": person}, actor=actor, case_id=case.pk)


@transaction.atomic
def snooze_case(case_id: int, until: datetime | None, reason: str, *, actor: Actor) -> None:
    """Snooze a case until a moment before its legal deadline; the actor's lease ends.

    Reversible: `unsnooze_case`.

    It returns to the queue at that moment, or earlier if somebody reports or answers. Raises NotPermitted, NotFound,
    IllegalTransition, LeaseTaken, InvalidInput (`until`, `reason`).
    """
    case = open_case(case_id, actor=actor)
    person, moment = actor.require(*WORKERS), now()
    why = required_text("reason", reason, least=1, most=LONGEST_WORDS, needed=N_("Say why."))
    if until is None or as_utc(until) < moment + SHORTEST_HOLD:
        raise InvalidInput(FieldError("until", "missing", N_("Name a moment that lies at least five minutes ahead.")))
    if as_utc(until) > case.due_at:
        raise InvalidInput(
            FieldError(
                "until", "past_deadline", N_("That is after the legal deadline of the case. Name an earlier moment.")
            )
        )
    leave(case, person)
    case.snoozed_until, case.snoozed_by_id, case.snooze_reason = as_utc(until), person, why
    case.save(update_fields=["snoozed_until", "snoozed_by", "snooze_reason"])
    note = write_note(case, NoteKind.HOLD, why, person)
    append("snooze_case", {"until": case.snoozed_until.isoformat(), "note": note.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def unsnooze_case(case_id: int, *, actor: Actor) -> None:
    """End a snooze early. Does nothing if the case is not snoozed."""
    _lift(open_case(case_id, actor=actor), "by_hand", actor)


def hold_for_now(case: Case, until: datetime, why: str, *, actor: Actor) -> bool:
    """Snooze a locked case together with others; false, and nothing changes, for one that somebody works on, holds, was
    given or has escalated. `until` lies before its deadline.
    """
    person, moment = actor.require(*WORKERS), now()
    if case.snoozed_until or case.escalated_at or case.assigned_to_id:
        return False
    if Lease.objects.filter(case=case, released_at__isnull=True, expires_at__gt=moment).exists():
        return False
    case.snoozed_until, case.snoozed_by_id, case.snooze_reason = as_utc(until), person, why
    case.save(update_fields=["snoozed_until", "snoozed_by", "snooze_reason"])
    note = write_note(case, NoteKind.HOLD, why, person)
    append("snooze_case", {"until": case.snoozed_until.isoformat(), "note": note.pk}, actor=actor, case_id=case.pk)
    return True


def lift_by_hand(case: Case, *, actor: Actor) -> None:
    """End the snooze of a locked case. Does nothing if it is not snoozed."""
    _lift(case, "by_hand", actor)


def lift_for_news(case: Case) -> None:
    """End the snooze of a locked case because somebody wrote."""
    _lift(case, "news", SYSTEM)


def lift_for_reports(case: Case) -> None:
    """End a person's snooze of a locked case if a report was filed since.

    Snoozes set by the system belong to `queue.verbs.linked_accounts`.
    """
    if case.snoozed_until is None or case.snoozed_by_id is None:
        return
    since = case.notes.filter(kind=NoteKind.HOLD).order_by("-pk").values_list("at", flat=True).first()
    if since is None or case.reports.filter(filed_at__gt=since).exists():
        _lift(case, "news", SYSTEM)


def _lift(case: Case, why: str, actor: Actor) -> None:
    if case.snoozed_until is None:
        return
    case.snoozed_until, case.snoozed_by, case.snooze_reason = None, None, ""
    case.save(update_fields=["snoozed_until", "snoozed_by", "snooze_reason"])
    append("unsnooze_case", {"why": why}, actor=actor, case_id=case.pk)


def lift_expired_holds() -> int:
    """End expired snoozes and delete expired skips. Periodic task; returns how many snoozes ended."""
    Skip.objects.filter(until__lte=now()).delete()
    numbers = list(Case.objects.filter(snoozed_until__lte=now()).values_list("pk", flat=True)[:500])
    for number in numbers:
        with transaction.atomic():
            case = Case.objects.select_for_update().filter(pk=number, snoozed_until__lte=now()).first()
            if case is not None:
                _lift(case, "over", SYSTEM)
    return len(numbers)


@transaction.atomic
def escalate_case(case_id: int, reason: str, *, actor: Actor) -> None:
    """Escalate a case: it moves to the top of the supervisors' queue; its deadline stays.

    Reversible: `hand_back_case`. Raises NotPermitted, NotFound, IllegalTransition, AlreadyEscalated, LeaseTaken,
    InvalidInput (`reason`).
    """
    case = open_case(case_id, actor=actor)
    person = actor.require(*WORKERS)
    why = required_text("reason", reason, least=1, most=LONGEST_WORDS, needed=N_("Say why."))
    if case.escalated_at is not None:
        raise AlreadyEscalated
    leave(case, person)
    _lift(case, "by_hand", actor)
    case.escalated_at = now()
    case.save(update_fields=["escalated_at"])
    note = write_note(case, NoteKind.ESCALATE, why, person)
    append("escalate_case", {"note": note.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def hand_back_case(case_id: int, reason: str, *, actor: Actor) -> None:
    """Return an escalated case to its queue, with the supervisor's answer.

    Reversible: escalate it again.

    Raises NotPermitted, NotFound, IllegalTransition, LeaseTaken, InvalidInput (`reason`).
    """
    person = actor.require(Role.SUPERVISOR)
    case = open_case(case_id, actor=actor)
    why = required_text("reason", reason, least=1, most=LONGEST_WORDS, needed=N_("Say why."))
    if case.escalated_at is None:
        return
    leave(case, person)
    case.escalated_at = None
    case.save(update_fields=["escalated_at"])
    write_note(case, NoteKind.HAND_BACK, why, person)
    append("hand_back_case", {}, actor=actor, case_id=case.pk)


@transaction.atomic
def skip_case(case_id: int, *, actor: Actor) -> None:
    """Move a case to the end of one's own queue for an hour and give up the lease.

    Reversible: `unskip_case`.

    Skips are neither counted nor shown to anybody, and are deleted after the hour. Raises NotPermitted, NotFound,
    IllegalTransition.
    """
    case, person = open_case(case_id, actor=actor), actor.require(*WORKERS)
    case.leases.filter(holder_id=person, released_at__isnull=True).update(released_at=now())
    Skip.objects.update_or_create(case=case, person_id=person, defaults={"until": now() + SKIPPED_FOR})


@transaction.atomic
def unskip_case(case_id: int, *, actor: Actor) -> None:
    """Return a skipped case to its place in one's own queue."""
    Skip.objects.filter(case_id=case_id, person_id=actor.require(*WORKERS)).delete()


@transaction.atomic
def add_note(case_id: int, text: str, *, actor: Actor) -> int:
    """Add an internal note to a case; returns its id.

    Irreversible.

    Reporters, account holders, operators and authorities never see notes. Raises NotPermitted, NotFound, InvalidInput
    (`note`).
    """
    case, person = visible_case(case_id, actor=actor), actor.require(*WORKERS)
    words = required_text("note", text, least=1, most=LONGEST_WORDS, needed=N_("Write the note."))
    note = write_note(case, NoteKind.NOTE, words, person)
    append("add_note", {"note": note.pk}, actor=actor, case_id=case.pk)
    return note.pk


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
