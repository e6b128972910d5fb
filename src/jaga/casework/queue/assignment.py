"""Assigning, snoozing, escalating and skipping cases, and notes of the team. None of it decides a case."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import LONGEST_WORDS, required_text
from jaga.casework.queue.case_access import WORKERS, leave, open_case, visible_case, write_note
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import as_utc, now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotPermitted
from jaga.core.terms.cases import NoteKind
from jaga.core.terms.people import Clearance, Role
from jaga.records.access.base.clearance import cleared_people
from jaga.records.models import Case, Lease, Person, Skip

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

    Snoozes set by the system belong to `casework.queue.reopened_matters`.
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
