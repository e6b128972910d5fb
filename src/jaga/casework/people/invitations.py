"""Accepting an invitation: the one-time link becomes a password and a second factor, in one step."""

from dataclasses import dataclass, field

from django.db import transaction

from jaga.casework.kernel.eligibility import Act, lapsed
from jaga.casework.kernel.ledger import enter
from jaga.casework.people.officers import InvitationEnded
from jaga.casework.people.passkeys import Site, add_passkey
from jaga.casework.people.people import actor_for, check_password
from jaga.casework.people.second_factor import add_totp
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import FieldError, InvalidInput
from jaga.core.terms import OrganisationKind, RegistrationStatus, Role
from jaga.records.access.people.roster import standing_of
from jaga.records.codes import invitation_hash
from jaga.records.models import OfficerRegistration, Person


@dataclass(frozen=True)
class ShownCode:
    """A code app: its secret, and a code of it."""

    secret: str = field(repr=False)
    code: str


@dataclass(frozen=True)
class ShownPasskey:
    """A passkey, as the browser made it."""

    answer: str = field(repr=False)
    challenge: bytes
    site: Site


INVITERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FLAGGER})


@dataclass(frozen=True)
class OpenInvitation:
    """An invitation that can be accepted now, as the link shows it. `actor` is the invited person."""

    actor: Actor
    username: str
    display_name: str
    organisation: str
    kind: OrganisationKind
    invited_by: str
    practice: bool


def open_invitation(secret: str) -> OpenInvitation:
    """Whose invitation this link is. Raises InvitationEnded. Changes nothing."""
    row = _row(secret)
    person, by = row.person, row.registered_by
    return OpenInvitation(
        actor_for(person), person.username, person.display_name, person.organisation.name,
        OrganisationKind(person.organisation.kind), by.display_name if by else "", person.organisation.practice)


def _row(secret: str, *, lock: bool = False) -> OfficerRegistration:
    rows = OfficerRegistration.objects.select_related("person__organisation", "registered_by")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    row = rows.filter(invitation_hash=invitation_hash(secret), invitation_until__gt=now(), removed_at__isnull=True,
                      person__is_active=True).first()
    if row is None or (row.registered_by_id is not None and lapsed(Act(row.registered_by_id, INVITERS))):
        raise InvitationEnded
    return row


@dataclass(frozen=True)
class AcceptedInvitation:
    """Who can sign in from now on, their list of recovery codes, and whether they count already."""

    person: Person
    codes: tuple[str, ...] = field(repr=False)
    standing: RegistrationStatus


@transaction.atomic
def accept_invitation(secret: str, password: str, shown: ShownCode | ShownPasskey) -> AcceptedInvitation:
    """The invited person, who alone has the link, gets password and factor; the link opens nothing any more.

    They count only once somebody of ours has telephoned. The actor is the person whom the link names. Raises
    InvitationEnded, InvalidInput (password and code are told at once), PasskeyRefused.
    """
    row = _row(secret, lock=True)
    person, errors = row.person, list[FieldError]()
    codes: tuple[str, ...] = ()
    try:
        check_password(person, password)
    except InvalidInput as weak:
        errors += weak.errors
    actor = actor_for(person)
    try:
        if isinstance(shown, ShownCode):
            codes = add_totp(shown.secret, shown.code, actor=actor)
        elif not errors:
            codes = add_passkey("", shown.answer, shown.challenge, shown.site, actor=actor)
    except InvalidInput as wrong:
        errors += wrong.errors
    if errors:
        raise InvalidInput(*errors)
    person.set_password(password)
    person.save(update_fields=["password"])
    row.invitation_hash = row.invitation_until = None
    row.accepted_at = now()
    row.save(update_fields=["invitation_hash", "invitation_until", "accepted_at"])
    enter("accept_invitation", {"person": person.pk}, actor=actor, case_id=None)
    return AcceptedInvitation(person, codes, standing_of(row, now()))
