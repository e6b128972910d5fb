"""Skills of our staff, and clearances for cases that are hidden from others."""

from datetime import date, timedelta

from django.db import IntegrityError, transaction

from jaga.casework.kernel.eligibility import lock_person
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import LONGEST_WORDS, required_text
from jaga.casework.withdrawals.votes import withdraw_from_work
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import Clearance, Role
from jaga.policy import load_release
from jaga.policy.local_time import end_of_day
from jaga.records.access.base.clearance import READERS
from jaga.records.models import Person, PersonClearance, PersonSkill

LONGEST_CLEARANCE = timedelta(days=366)
GIVERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


class OwnClearance(NotPermitted):
    """Nobody gives themselves a clearance."""

    code = "own_clearance"
    sentence = N_("Nobody gives a clearance to themselves.")
    remedy = N_("Ask another supervisor or the administrator.")


class ClearedAlready(Conflict):
    """The person has this clearance already."""

    code = "cleared_already"
    sentence = N_("This person has that clearance already.")
    remedy = N_("End it first if it should last longer.")


def colleague(person_id: int) -> Person:
    """A person who works on cases here, locked. Raises NotFound."""
    roles = [role.value for role in READERS]
    found = Person.objects.select_for_update(of=("self",)).filter(pk=person_id, is_active=True).first()
    if found is None or not found.roles.filter(role__in=roles).exists():
        raise NotFound
    return found


@transaction.atomic
def set_skills(person_id: int, skills: frozenset[str], *, actor: Actor) -> None:
    """Set a person's skills to exactly these. Reversible. Raises NotPermitted, NotFound, InvalidInput."""
    giver = actor.require(Role.SUPERVISOR)
    person = colleague(person_id)
    if skills - {one.key for one in load_release().routing.skills}:
        raise InvalidInput(FieldError("skills", "unknown", N_("Choose skills of the list.")))
    held = frozenset(PersonSkill.objects.filter(person=person).values_list("skill", flat=True))
    PersonSkill.objects.filter(person=person, skill__in=held - skills).delete()
    for skill in sorted(held - skills):
        append("take_skill", {"person": person.pk, "skill": skill}, actor=actor, case_id=None)
    for skill in sorted(skills - held):
        PersonSkill.objects.create(person=person, skill=skill, given_by_id=giver, given_at=now())
        append("give_skill", {"person": person.pk, "skill": skill}, actor=actor, case_id=None)


@transaction.atomic
def give_clearance(person_id: int, clearance: Clearance, reason: str, until: date | None, *, actor: Actor) -> int:
    """Give a clearance up to and including the local day `until`, at most a year; returns its id.

    Reversible: `end_clearance`. Raises NotPermitted, OwnClearance, NotFound, ClearedAlready, InvalidInput (`reason`,
    `until`).
    """
    _may_give(actor)
    if person_id == actor.person_id:
        raise OwnClearance
    person, moment = colleague(person_id), now()
    why = required_text("reason", reason, least=1, most=LONGEST_WORDS, needed=N_("Say why."))
    expires_at = end_of_day(until) if until else None
    if expires_at is None or not moment < expires_at <= moment + LONGEST_CLEARANCE:
        raise InvalidInput(FieldError("until", "missing", N_("Name a day from today on, within a year.")))
    held = PersonClearance.objects.filter(person=person, clearance=clearance, ended_at__isnull=True)
    if held.filter(expires_at__gt=moment).exists():
        raise ClearedAlready
    held.update(ended_at=moment, why_ended="")  # it has expired
    try:
        with transaction.atomic():
            row = PersonClearance.objects.create(
                person=person,
                clearance=clearance,
                reason=why,
                given_by_id=actor.person_id,
                given_at=moment,
                expires_at=expires_at,
            )
    except IntegrityError:
        raise ClearedAlready from None
    append(
        "give_clearance",
        {"person": person.pk, "clearance": clearance, "number": row.pk, "until": expires_at.isoformat()},
        actor=actor,
        case_id=None,
    )
    return row.pk


@transaction.atomic
def end_clearance(number: int, reason: str, *, actor: Actor) -> None:
    """End a clearance: the person's undecided votes in such cases are withdrawn, and leases and assignments end.

    Irreversible: a new clearance restores no votes. Raises NotPermitted, NotFound, InvalidInput (`reason`).
    """
    _may_give(actor)
    rows = PersonClearance.objects.filter(pk=number, ended_at__isnull=True)
    for person in rows.values_list("person_id", flat=True):
        lock_person(person)
    row = rows.select_for_update().first()
    if row is None:
        raise NotFound
    moment = now()
    row.why_ended = required_text("reason", reason, least=1, most=LONGEST_WORDS, needed=N_("Say why."))
    row.ended_at, row.ended_by_id = moment, actor.person_id
    row.save(update_fields=["why_ended", "ended_at", "ended_by"])
    append(
        "end_clearance",
        {"person": row.person_id, "clearance": row.clearance, "number": row.pk},
        actor=actor,
        case_id=None,
    )
    withdraw_from_work(row.person_id, actor=actor)


def _may_give(actor: Actor) -> None:
    if not actor.roles & GIVERS:
        raise NotPermitted
