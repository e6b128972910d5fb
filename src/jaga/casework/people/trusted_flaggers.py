"""Trusted flaggers (DSA art. 22): their field, validity and suspension.

Another body awards the status; we record it. Reports of a trusted flagger raise a case's priority a little
(`screening.engine.priority`) and decide nothing. A flagger that sends wrong reports is suspended, with reasons that it
can read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required, required_text
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import OrganisationKind, Role
from jaga.policy import load_release
from jaga.records.access.people.trusted_flaggers import trusts
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.models import Case, FlaggerProfile, FlaggerSuspension, Organisation

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
