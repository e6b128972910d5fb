"""Accepting an invitation: the one-time link sets a password; a second factor must then be added."""

from dataclasses import dataclass

from django.db import transaction

from jaga.core.clock import now
from jaga.core.terms.people import OrganisationKind, Role
from jaga.people.models import OfficerRegistration, Person
from jaga.people.verbs.officers import InvitationEnded
from jaga.people.verbs.people import actor_for, check_password
from jaga.store.codes import invitation_hash
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import Act, lapsed

INVITERS = frozenset({Role.ADMINISTRATOR, Role.OFFICER, Role.FLAGGER})


@dataclass(frozen=True)
class OpenInvitation:
    """An open invitation, as the page of the link shows it."""

    username: str
    display_name: str
    organisation: str
    kind: OrganisationKind
    invited_by: str
    practice: bool


def open_invitation(secret: str) -> OpenInvitation:
    """The invitation behind a link. Changes nothing. Raises InvitationEnded."""
    row = _row(secret)
    person, by = row.person, row.registered_by
    return OpenInvitation(
        person.username,
        person.display_name,
        person.organisation.name,
        OrganisationKind(person.organisation.kind),
        by.display_name if by else "",
        person.organisation.practice,
    )


def _row(secret: str, *, lock: bool = False) -> OfficerRegistration:
    rows = OfficerRegistration.objects.select_related("person__organisation", "registered_by")
    rows = rows.select_for_update(of=("self",)) if lock else rows
    row = rows.filter(
        invitation_hash=invitation_hash(secret),
        invitation_until__gt=now(),
        removed_at__isnull=True,
        person__is_active=True,
    ).first()
    if row is None or (row.registered_by_id is not None and lapsed(Act(row.registered_by_id, INVITERS))):
        raise InvitationEnded
    return row


@transaction.atomic
def accept_invitation(secret: str, password: str) -> Person:
    """Set the invited person's password and use up the link.

    The invitation counts as accepted when the first second factor is added (`second_factor.add_totp`), and the
    registration becomes active after a call-back. The actor is the invited person. Raises InvitationEnded, InvalidInput
    for a weak password.
    """
    row = _row(secret, lock=True)
    person = row.person
    check_password(person, password)
    person.set_password(password)
    person.save(update_fields=["password"])
    row.invitation_hash = row.invitation_until = None
    row.save(update_fields=["invitation_hash", "invitation_until"])
    append("accept_invitation", {"person": person.pk}, actor=actor_for(person), case_id=None)
    return person
