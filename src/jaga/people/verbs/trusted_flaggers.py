"""Trusted flaggers (DSA art. 22): their field, validity and suspension.

Another body awards the status; we record it. Reports of a trusted flagger raise a case's priority a little
(`screening.engine.priority`) and decide nothing. A flagger that sends wrong reports is suspended, with reasons that it
can read.

Skills of our staff, and clearances for cases that are hidden from others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import Clearance, OrganisationKind, Role
from jaga.decisions.verbs.votes import withdraw_from_work
from jaga.people.models import FlaggerProfile, FlaggerSuspension, Organisation, Person
from jaga.people.reads.trusted_flaggers import trusts
from jaga.policy.local_time import end_of_day_of_local_time
from jaga.policy.release import load_release
from jaga.queue.models import PersonClearance, PersonSkill
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_person
from jaga.store.kernel.validation import LONGEST_WORDS, check_required, required_text
from jaga.store.reads import READERS

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
    expires_at = end_of_day_of_local_time(until) if until else None
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


LONGEST_NAME, LONGEST_ADDRESS, MOST_WHY = 200, 200, 2000
_BY_FLAGGERS = """
SELECT r.case_id, r.organisation_id, r.category, r.received_at FROM records_report r
JOIN records_organisation o ON o.id = r.organisation_id
WHERE r.case_id = ANY(%s::bigint[]) AND o.kind = %s AND r.withdrawn_at IS NULL LIMIT %s"""


class SuspendedAlready(Conflict):
    """The flagger has an open suspension already."""

    code = "suspended_already"
    sentence = N_("This trusted flagger is suspended already.")
    remedy = N_("Reload the page to see why and since when.")


@dataclass(frozen=True)
class FlaggerFacts:
    """The recorded facts about a trusted flagger."""

    expertise: tuple[str, ...]
    awarded_by: str
    awarded_on: date | None
    valid_until: date | None
    website: str = ""


def _flagger(organisation_id: int) -> Organisation:
    found = Organisation.objects.filter(pk=organisation_id, kind=OrganisationKind.FLAGGER).first()
    if found is None:
        raise NotFound
    return found


def _suspender(actor: Actor) -> None:
    if not actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        raise NotPermitted


@transaction.atomic
def describe_flagger(organisation_id: int, facts: FlaggerFacts, *, actor: Actor) -> None:
    """Record who awarded the status, for which categories and until when.

    Calling it again corrects the record.

    Raises NotPermitted, NotFound, InvalidInput.
    """
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    flagger = _flagger(organisation_id)
    categories = {category.key for category in load_release().categories}
    errors = check_required(
        "awarded_by", facts.awarded_by, most=LONGEST_NAME, needed=N_("Say who named it a trusted flagger.")
    )
    if not facts.expertise or set(facts.expertise) - categories:
        errors.append(FieldError("expertise", "unknown", N_("Choose its areas from the list.")))
    errors += [
        FieldError(name, "not_a_day", N_("Give a day, such as 2026-03-20."))
        for name in ("awarded_on", "valid_until")
        if getattr(facts, name) is None
    ]
    if facts.awarded_on and facts.valid_until and facts.valid_until < facts.awarded_on:
        errors.append(FieldError("valid_until", "before_it_began", N_("It cannot end before it began.")))
    if facts.website:
        try:
            URLValidator(schemes=["https", "http"])(facts.website[: LONGEST_ADDRESS + 1])
            fits = len(facts.website) <= LONGEST_ADDRESS
        except ValidationError:
            fits = False
        if not fits:
            errors.append(FieldError("website", "not_an_address", N_("Give the whole address, with https://.")))
    if errors:
        raise InvalidInput(*errors)
    assert facts.awarded_on
    assert facts.valid_until
    FlaggerProfile.objects.update_or_create(
        organisation=flagger,
        defaults={
            "expertise": sorted(set(facts.expertise)),
            "awarded_by": facts.awarded_by.strip(),
            "awarded_on": facts.awarded_on,
            "valid_until": facts.valid_until,
            "website": facts.website,
            "changed_at": now(),
        },
    )
    append(
        "describe_flagger",
        {"organisation": flagger.pk, "expertise": sorted(set(facts.expertise))},
        actor=actor,
        case_id=None,
    )


@transaction.atomic
def suspend_flagger(organisation_id: int, why: str, *, actor: Actor) -> None:
    """Suspend a flagger: its reports lose their priority but are still accepted (DSA art. 22(6)).

    Reversible: `end_flagger_suspension`. Raises NotPermitted, NotFound, InvalidInput, SuspendedAlready.
    """
    _suspender(actor)
    flagger = _flagger(organisation_id)
    reason = required_text("why", why, least=1, most=MOST_WHY, needed=N_("Say why."))
    try:
        with transaction.atomic():
            FlaggerSuspension.objects.create(
                organisation=flagger, began_at=now(), began_by_id=actor.person_id, why=reason
            )
    except IntegrityError:
        raise SuspendedAlready from None
    append("suspend_flagger", {"organisation": flagger.pk}, actor=actor, case_id=None)


@transaction.atomic
def end_flagger_suspension(organisation_id: int, why: str, *, actor: Actor) -> None:
    """Restore the priority of future reports. Raises NotPermitted, NotFound, InvalidInput."""
    _suspender(actor)
    row = (
        FlaggerSuspension.objects.select_for_update()
        .filter(organisation=_flagger(organisation_id), ended_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound
    reason = required_text("why", why, least=1, most=MOST_WHY, needed=N_("Say why."))
    row.ended_at, row.ended_by_id, row.why_ended = now(), actor.person_id, reason
    row.save(update_fields=["ended_at", "ended_by", "why_ended"])
    append("end_flagger_suspension", {"organisation": organisation_id}, actor=actor, case_id=None)


def flagged(cases: Sequence[Case]) -> set[int]:
    """The ids of cases that a trusted flagger reported in its field while trusted. Withdrawn reports do not count."""
    asked = ask_prepared(
        _BY_FLAGGERS, [as_array(case.pk for case in cases), OrganisationKind.FLAGGER.value, 50 * len(cases)]
    )
    found: set[int] = set()
    for case_id, organisation, category, moment in asked:
        if case_id and case_id not in found and trusts(organisation, category, moment):
            found.add(case_id)
    return found
