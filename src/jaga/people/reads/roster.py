"""Officers' registrations, and the roster as its keeper and administrators see it.

Devices on which someone has signed in: a signed cookie per user name, which grants no access.

Its bearer is exempt from the slowdown that others cause by guessing passwords for that name. The cookie holds a random
number and is bound to the person and the current password, so a new password invalidates all earlier cookies.

A person's display and work preferences. Private, as a choice may reveal an impairment.

The team for supervisors: skills, and clearances with their reason and expiry.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex

from allauth.mfa.models import Authenticator
from django.core import signing

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.people import Clearance, HostKind, OrganisationKind, RegistrationStatus, Role, Theme
from jaga.people.models import FactorExemption, OfficerRegistration, Organisation, Person, Preferences
from jaga.policy.release import jurisdiction
from jaga.queue.models import PersonClearance, PersonSkill
from jaga.store.codes import guess_key
from jaga.store.models import Installation
from jaga.store.reads import READERS, current_user, number_of

COOKIE_SECONDS = 180 * 24 * 3600
_LONGEST = 200


def one_name(name: str) -> str:
    """The name as it is counted: case-folded and Unicode-normalised."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def cookie_name(name: str) -> str:
    """The cookie name for this user name, which it does not reveal."""
    return f"jaga_device_{guess_key('cookie', one_name(name)).hex()[:16]}"


def device_of(name: str, cookie: str) -> str:
    """The device's number if the cookie was issued for this name and its current password; otherwise an empty
    string.
    """
    person = Person.objects.filter(username=name).first() if cookie and len(cookie) <= _LONGEST else None
    if person is None:
        return ""
    try:
        return str(signing.loads(cookie, salt=_salt(person), max_age=COOKIE_SECONDS))
    except signing.BadSignature:
        return ""


def new_cookie(name: str, cookie: str = "") -> str:
    """A new cookie for someone who has just signed in, keeping the device number if known.

    Empty for an unknown name.
    """
    person = Person.objects.filter(username=name, is_active=True).first()
    return signing.dumps(device_of(name, cookie) or token_hex(16), salt=_salt(person)) if person else ""


def _salt(person: Person) -> str:
    return f"jaga.device:{person.pk}:{person.get_session_auth_hash()}"


@dataclass(frozen=True)
class PreferencesView:
    """All of a person's preferences, with defaults filled in."""

    keys_on: bool = True
    theme: Theme = Theme.AUTO
    greyscale: bool = True
    blur: bool = True
    time_zone: str = field(default_factory=lambda: jurisdiction().time.zone)


def preferences_of(actor: Actor) -> PreferencesView:
    """The actor's own preferences. Raises NotPermitted if the actor is not a person."""
    person = current_user(number_of(actor))
    if person is None or person.chosen is None:
        return PreferencesView()
    # A column added by a later release is ignored by processes of this one.
    fields = {field.attname for field in Preferences._meta.concrete_fields}
    row = Preferences(**{name: value for name, value in person.chosen.items() if name in fields})
    return PreferencesView(row.keys_on, Theme(row.theme), row.greyscale, row.blur, row.time_zone)


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


PEOPLE_SHOWN = 200


@dataclass(frozen=True)
class ClearanceView:
    """A clearance, in force or expired."""

    number: int
    clearance: Clearance
    reason: str
    given_by: str
    given_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str
    why_ended: str
    in_force: bool


@dataclass(frozen=True)
class TeamMemberView:
    """A person who judges cases here."""

    person_id: int
    name: str
    supervises: bool
    myself: bool
    skills: tuple[str, ...]
    clearances: tuple[ClearanceView, ...]  # Newest first.

    @property
    def cleared(self) -> ClearanceView | None:
        """The clearance in force, or None."""
        return next((one for one in self.clearances if one.in_force), None)


def list_team(*, actor: Actor) -> tuple[TeamMemberView, ...]:
    """Everyone who judges cases here. Raises NotPermitted for anyone but supervisors and administrators."""
    if not actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        raise NotPermitted
    roles = [role.value for role in READERS]
    people = (
        Person.objects.filter(is_active=True, roles__role__in=roles)
        .distinct()
        .order_by("display_name", "pk")[:PEOPLE_SHOWN]
    )
    numbers = [person.pk for person in people]
    skills: dict[int, list[str]] = {number: [] for number in numbers}
    for person, skill in (
        PersonSkill.objects.filter(person__in=numbers).order_by("skill").values_list("person_id", "skill")
    ):
        skills[person].append(skill)
    clearances: dict[int, list[ClearanceView]] = {number: [] for number in numbers}
    given = PersonClearance.objects.filter(person__in=numbers).select_related("given_by", "ended_by")
    for row in given.order_by("-pk"):
        clearances[row.person_id].append(_clearance(row))
    supervisors = set(Person.objects.filter(pk__in=numbers, roles__role=Role.SUPERVISOR).values_list("pk", flat=True))
    return tuple(
        TeamMemberView(
            person.pk,
            person.display_name,
            person.pk in supervisors,
            person.pk == actor.person_id,
            tuple(skills[person.pk]),
            tuple(clearances[person.pk]),
        )
        for person in people
    )


def _clearance(row: PersonClearance) -> ClearanceView:
    return ClearanceView(
        row.pk,
        Clearance(row.clearance),
        row.reason,
        row.given_by.display_name if row.given_by else "",
        row.given_at,
        row.expires_at,
        row.ended_at,
        row.ended_by.display_name if row.ended_by else "",
        row.why_ended,
        row.ended_at is None and row.expires_at > now(),
    )
