"""Officers' registrations, and the roster as its keeper and administrators see it."""

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.people import HostKind, OrganisationKind, RegistrationStatus, Role
from jaga.records.models import (
    FactorExemption,
    Installation,
    OfficerRegistration,
    Organisation,
    Person,
)

ASKING = frozenset({Role.OFFICER, Role.FLAGGER})  # Roles that need a valid registration.
OUTSIDE = (OrganisationKind.MINISTRY, OrganisationKind.POLICE, OrganisationKind.AGENCY, OrganisationKind.FLAGGER)


def status_of(registration: OfficerRegistration | None, moment: datetime) -> RegistrationStatus:
    """The status the row alone implies; the most serious reason takes precedence."""
    if registration is None or registration.removed_at is not None:
        return RegistrationStatus.UNREGISTERED
    if registration.suspended_at is not None:
        return RegistrationStatus.SUSPENDED
    if registration.accepted_at is None:
        return RegistrationStatus.INVITED
    if registration.called_back_at is None:
        return RegistrationStatus.NOT_CALLED_BACK
    return RegistrationStatus.EXPIRED if registration.expires_at <= moment else RegistrationStatus.ACTIVE


def registration_status(person_id: int) -> RegistrationStatus:
    """This person's registration status now. Anyone who left or lost the role is unregistered."""
    row = (
        OfficerRegistration.objects.filter(person_id=person_id, person__is_active=True, person__roles__role__in=ASKING)
        .distinct()
        .first()
    )
    return status_of(row, now())


def keeps_roster(actor: Actor) -> bool:
    """Whether the actor keeps their own organisation's roster and is in good standing."""
    return (
        actor.person_id is not None
        and bool(actor.roles & ASKING)
        and OfficerRegistration.objects.filter(person_id=actor.person_id, keeper=True).exists()
        and registration_status(actor.person_id) is RegistrationStatus.ACTIVE
    )


@dataclass(frozen=True)
class OfficerView:
    """One registered person. The number called for verification is visible to administrators only (else empty)."""

    person_id: int
    username: str
    display_name: str
    organisation: str
    registration: RegistrationStatus
    keeper: bool
    accepted: bool
    registered_at: datetime
    invitation_until: datetime | None
    called_back_at: datetime | None
    called_back_by: str
    called_number: str
    number_found_in: str
    expires_at: datetime
    suspended_why: str
    last_used_at: datetime | None
    has_factor: bool
    mine: bool


@dataclass(frozen=True)
class InvitingOrganisation:
    """An organisation whose people are invited."""

    number: int
    name: str
    kind: OrganisationKind


@dataclass(frozen=True)
class RosterView:
    """The registered people of one organisation."""

    organisation_id: int
    organisation: str
    kind: OrganisationKind
    practice: bool
    officers: tuple[OfficerView, ...]


@dataclass(frozen=True)
class ColleagueView:
    """A staff member, and whether they have a second factor."""

    person_id: int
    username: str
    display_name: str
    organisation: str
    has_factor: bool
    exempt: bool
    mine: bool


def list_rosters(*, actor: Actor) -> tuple[RosterView, ...]:
    """For administrators every requesting or flagging organisation, for a keeper their own. Raises NotPermitted."""
    asking = Organisation.objects.filter(kind__in=OUTSIDE).order_by("name")
    if Role.ADMINISTRATOR not in actor.roles:
        if not keeps_roster(actor):
            raise NotPermitted
        asking = asking.filter(pk=actor.organisation_id or 0)
    rows = (
        OfficerRegistration.objects.filter(removed_at__isnull=True, person__organisation__in=asking)
        .select_related("person__organisation", "called_back_by")
        .prefetch_related("person__keys")
        .order_by("person__display_name", "pk")
    )
    officers, factors = list(rows), _with_factors()
    return tuple(
        RosterView(
            one.pk,
            one.name,
            OrganisationKind(one.kind),
            one.practice,
            tuple(_view(row, factors, actor) for row in officers if row.person.organisation_id == one.pk),
        )
        for one in asking
    )


def access_officer(person_id: int, *, actor: Actor) -> OfficerView:
    """One registered person, for an administrator or the keeper of their organisation.

    Raises NotFound for another organisation's people, so numbers reveal nothing, and NotPermitted for other roles.
    """
    row = registration_for(person_id, actor=actor)
    return _view(row, _with_factors(), actor)


def registration_for(person_id: int, *, actor: Actor, lock: bool = False) -> OfficerRegistration:
    """The registration row, under the rules of `access_officer`; `lock` locks it until the transaction ends."""
    administers = Role.ADMINISTRATOR in actor.roles
    if not administers and not keeps_roster(actor):
        raise NotPermitted
    rows = OfficerRegistration.objects.select_related("person__organisation", "called_back_by")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    row = rows.filter(person_id=person_id, removed_at__isnull=True).first()
    if row is None or not (administers or row.person.organisation_id == actor.organisation_id):
        raise NotFound
    return row


def organisation_to_invite_to(organisation_id: int, *, actor: Actor) -> InvitingOrganisation:
    """The organisation the actor may invite people to. Raises NotPermitted, NotFound."""
    administers = Role.ADMINISTRATOR in actor.roles
    if not administers and not keeps_roster(actor):
        raise NotPermitted
    found = Organisation.objects.filter(pk=organisation_id, kind__in=OUTSIDE).first()
    if found is None or not (administers or found.pk == actor.organisation_id):
        raise NotFound
    return InvitingOrganisation(found.pk, found.name, OrganisationKind(found.kind))


def list_colleagues(*, actor: Actor) -> tuple[ColleagueView, ...]:
    """Staff and operators' contact persons, for an administrator. Raises NotPermitted."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    outside = list(OUTSIDE)
    if Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists():
        outside = [OrganisationKind.FLAGGER]  # An authority's own staff run its installation.
    people = (
        Person.objects.filter(is_active=True, roles__isnull=False)
        .exclude(organisation__kind__in=outside)
        .exclude(roles__role__in=ASKING)
        .select_related("organisation")
        .distinct()
        .order_by("display_name", "pk")
    )
    factors, exempt = _with_factors(), set(FactorExemption.objects.values_list("person_id", flat=True))
    return tuple(
        ColleagueView(
            one.pk,
            one.username,
            one.display_name,
            one.organisation.name,
            one.pk in factors,
            one.pk in exempt,
            one.pk == actor.person_id,
        )
        for one in people
    )


def _with_factors() -> set[int]:
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return set(Authenticator.objects.filter(type__in=kinds).values_list("user_id", flat=True))


def _view(row: OfficerRegistration, factors: set[int], actor: Actor) -> OfficerView:
    person, administers = row.person, Role.ADMINISTRATOR in actor.roles
    used = [moment for moment in (row.last_used_at, *(key.last_used_at for key in person.keys.all())) if moment]
    return OfficerView(
        person.pk,
        person.username,
        person.display_name,
        person.organisation.name,
        status_of(row, now()) if person.is_active else RegistrationStatus.UNREGISTERED,
        row.keeper,
        row.accepted_at is not None,
        row.registered_at,
        row.invitation_until if row.invitation_hash else None,
        row.called_back_at,
        row.called_back_by.display_name if row.called_back_by else "",
        row.called_number if administers else "",
        row.number_found_in if administers else "",
        row.expires_at,
        row.suspended_why,
        max(used, default=None),
        person.pk in factors,
        person.pk == actor.person_id,
    )
