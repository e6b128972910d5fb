"""Registered officers: invited by their agency's roster keeper, called back by us, renewed, suspended, removed.

The same verbs serve the people of trusted flaggers. A keeper can only invite officers. An invitation that fell into the
wrong hands (the keeper's included) gives no rights before our call-back.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction

from jaga.authorities.models import SigningKey
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms.people import Language, OrganisationKind, Role
from jaga.decisions.verbs.votes import withdraw_from_work
from jaga.people.models import OfficerKey, OfficerRegistration, Person
from jaga.people.reads.roster import ASKING, organisation_to_invite_to, registration_for
from jaga.people.verbs.people import NewPerson, end_access, enrol
from jaga.people.verbs.registration import check_registration
from jaga.policy.release import default_language
from jaga.store.codes import invitation_hash, new_invitation
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_person
from jaga.store.kernel.validation import check_required, required_text
from jaga.webhooks.verbs import end_webhooks

LIFETIME = timedelta(days=180)
INVITATION_LIFETIME = timedelta(days=7)
MOST_WHY = 500
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{4,39}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")


class InvitationEnded(JagaError):
    """The link was used, replaced, or has expired."""

    code = "invitation_ended"
    status = 404
    sentence = N_("This invitation is no longer open.")
    remedy = N_("If you have used it already, sign in. Otherwise ask whoever invited you for a new one.")


class NotTheKeepers(NotPermitted):
    """A keeper does this for others; for a keeper, our administrator does it."""

    code = "not_the_keepers"
    sentence = N_("Nobody does this for their own registration.")
    remedy = N_("Ask our administrator.")


class AlreadyAccepted(Conflict):
    """A new link for somebody with an account would allow taking it over."""

    code = "already_accepted"
    sentence = N_("This person has accepted an invitation already.")
    remedy = N_("If they lost their password or their second factor, our administrator can let them begin anew.")


class NotAcceptedYet(Conflict):
    """A call-back confirms the holder of the account. While the link is open, nobody knows who that will be."""

    code = "not_accepted_yet"
    sentence = N_("This person has not accepted the invitation yet, so a call would prove nothing.")
    remedy = N_("Wait until they have accepted, then telephone and ask whether it was them.")


@dataclass(frozen=True)
class CallBack:
    """A call-back by our staff: the number, and where we found it independently."""

    number: str
    found_in: str


@dataclass(frozen=True)
class NewOfficer:
    """The person to invite."""

    organisation_id: int
    username: str
    display_name: str
    language: Language = field(default_factory=default_language)
    keeper: bool = False


@dataclass(frozen=True)
class Invited:
    """A new invitation. `secret` is shown once and not stored."""

    person_id: int
    secret: str
    until: datetime


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def _check_call(call: CallBack) -> list[FieldError]:
    errors = check_required("found_in", call.found_in, most=200, needed=N_("Say where you found the number yourself."))
    if not _NUMBER.fullmatch(call.number.strip()):
        errors.append(FieldError("number", "not_a_number", N_("This is not a telephone number.")))
    return errors


def _called(row: OfficerRegistration, call: CallBack, actor: Actor) -> None:
    row.called_back_by_id, row.called_back_at = actor.person_id, now()
    row.called_number, row.number_found_in = call.number.strip(), call.found_in.strip()


@transaction.atomic
def register_officer(person_id: int, call: CallBack | None = None, *, keeper: bool = False, actor: Actor) -> None:
    """Register an existing officer without an invitation, for example one created on the server.

    Without `call` they are active once a call-back is recorded. Raises NotPermitted, NotFound, InvalidInput, and
    Conflict for somebody who is registered already.
    """
    _administrator(actor)
    person = Person.objects.select_related("organisation").filter(pk=person_id, is_active=True).first()
    if person is None or not person.role_set() & ASKING:
        raise NotFound
    if call is not None and (errors := _check_call(call)):
        raise InvalidInput(*errors)
    if OfficerRegistration.objects.filter(person=person).exists():
        raise Conflict
    moment = now()
    row = OfficerRegistration(
        person=person,
        keeper=keeper,
        registered_by_id=actor.person_id,
        registered_at=moment,
        accepted_at=moment,
        expires_at=moment + LIFETIME,
    )
    if call is not None:
        _called(row, call, actor)
    row.save(force_insert=True)
    append(
        "register_officer",
        {"person": person.pk, "keeper": keeper, "called_back": call is not None},
        actor=actor,
        case_id=None,
    )


@transaction.atomic
def invite(new: NewOfficer, call: CallBack | None = None, *, actor: Actor) -> Invited:
    """Create a person without a password and the one-time link to set one.

    Reversible: `remove`.

    A keeper invites officers of their own organisation, never keepers. An administrator invites anybody, but a keeper
    only after a call-back. Raises NotPermitted, NotFound, InvalidInput, NameTaken.
    """
    organisation = organisation_to_invite_to(new.organisation_id, actor=actor)
    administers = Role.ADMINISTRATOR in actor.roles
    if not administers and (new.keeper or call is not None):
        raise NotPermitted
    errors = check_required("display_name", new.display_name, most=120, needed=N_("This must not be empty."))
    if not _NAME.fullmatch(new.username):
        errors.append(
            FieldError("username", "not_a_name", N_("Small letters, digits, dots and hyphens; at least two of them."))
        )
    if new.keeper or call is not None:
        errors += _check_call(call or CallBack("", ""))
    if errors:
        raise InvalidInput(*errors)
    role = Role.FLAGGER if organisation.kind == OrganisationKind.FLAGGER else Role.OFFICER
    person = enrol(
        NewPerson(new.username, new.display_name.strip(), organisation.number, (role,), None, new.language), actor=actor
    )
    moment = now()
    row = OfficerRegistration(
        person=person,
        keeper=new.keeper,
        registered_by_id=actor.person_id,
        registered_at=moment,
        expires_at=moment + LIFETIME,
    )
    if call is not None:
        _called(row, call, actor)
    made = _new_link(row)
    row.save(force_insert=True)
    append(
        "invite_officer",
        {
            "person": person.pk,
            "organisation": organisation.number,
            "keeper": new.keeper,
            "called_back": call is not None,
        },
        actor=actor,
        case_id=None,
    )
    return made


def _new_link(row: OfficerRegistration) -> Invited:
    secret, until = new_invitation(), now() + INVITATION_LIFETIME
    row.invitation_hash, row.invitation_until = invitation_hash(secret), until
    return Invited(row.person_id, secret, until)


@transaction.atomic
def invite_again(person_id: int, *, actor: Actor) -> Invited:
    """Create a new link and invalidate the old one.

    After acceptance only an administrator can do this, and it resets the account: password, second factors and keys are
    removed, and another call-back is required. A call-back is also required anew if a keeper requests the link. Raises
    NotPermitted, NotFound, AlreadyAccepted.
    """
    row = registration_for(person_id, actor=actor, lock=True)
    anew, administers = row.accepted_at is not None, Role.ADMINISTRATOR in actor.roles
    if anew and not administers:
        raise AlreadyAccepted
    if anew:
        _begin_anew(row)
        end_webhooks(person_id, actor=actor)
    elif not administers:
        _forget_call(row)
    row.person.set_unusable_password()  # also the password of whoever used the last link without adding a factor
    row.person.save(update_fields=["password"])
    Authenticator.objects.filter(user_id=person_id).delete()  # also one that was added just before this link
    made = _new_link(row)
    row.save()
    append("invite_officer_again", {"person": person_id, "anew": anew}, actor=actor, case_id=None)
    return made


def _begin_anew(row: OfficerRegistration) -> None:
    person, moment = row.person, now()
    for keys in (OfficerKey, SigningKey):
        keys.objects.filter(officer=person, revoked_at__isnull=True).update(revoked_at=moment)
    row.accepted_at = None
    _forget_call(row)


def _forget_call(row: OfficerRegistration) -> None:
    row.called_back_at = row.called_back_by_id = None
    row.called_number = row.number_found_in = ""


@transaction.atomic
def record_call_back(person_id: int, call: CallBack, *, actor: Actor) -> None:
    """Record that our staff telephoned the officer's agency, which knows the officer.

    Replaces an earlier number.

    Only after acceptance: until then anybody with the link, the keeper included, could take the account. Raises
    NotPermitted, NotFound, NotTheKeepers, NotAcceptedYet, InvalidInput.
    """
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    if row.person_id == actor.person_id:
        raise NotTheKeepers
    if row.accepted_at is None:
        raise NotAcceptedYet
    if errors := _check_call(call):
        raise InvalidInput(*errors)
    _called(row, call, actor)
    row.save()
    append("record_call_back", {"person": person_id}, actor=actor, case_id=None)


def _someone_elses(person_id: int, actor: Actor) -> OfficerRegistration:
    """The registration, locked. A keeper cannot change their own or another keeper's. Raises NotTheKeepers."""
    row = registration_for(person_id, actor=actor, lock=True)
    if Role.ADMINISTRATOR not in actor.roles and (row.person_id == actor.person_id or row.keeper):
        raise NotTheKeepers
    return row


@transaction.atomic
def renew(person_id: int, *, actor: Actor) -> datetime:
    """Extend the registration to half a year from now. Raises NotPermitted, NotFound, NotTheKeepers."""
    row = _someone_elses(person_id, actor)
    row.expires_at = now() + LIFETIME
    row.save(update_fields=["expires_at"])
    append("renew_officer", {"person": person_id}, actor=actor, case_id=None)
    return row.expires_at


@transaction.atomic
def suspend(person_id: int, why: str, *, actor: Actor) -> None:
    """Suspend a registration at once.

    Undecided matters that rest on this person's acts stop.

    Reversible by our administrator (`lift_suspension`), which restores no votes. Raises NotPermitted, NotFound,
    NotTheKeepers, InvalidInput.
    """
    row = _someone_elses(person_id, actor)
    reason = required_text("why", why, least=1, most=MOST_WHY, needed=N_("Say why."))
    row.suspended_by_id, row.suspended_at, row.suspended_why = actor.person_id, now(), reason
    row.save(update_fields=["suspended_by", "suspended_at", "suspended_why"])
    append("suspend_officer", {"person": person_id}, actor=actor, case_id=None)
    lock_person(person_id)
    withdraw_from_work(person_id, actor=actor)


@transaction.atomic
def lift_suspension(person_id: int, *, actor: Actor) -> None:
    """End a suspension.

    Administrators only, so that whoever took over a keeper's account cannot undo it.

    Raises NotPermitted, NotFound.
    """
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    row.suspended_by = row.suspended_at = None
    row.suspended_why = ""
    row.save(update_fields=["suspended_by", "suspended_at", "suspended_why"])
    append("lift_officers_suspension", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def remove(person_id: int, *, actor: Actor) -> None:
    """Remove an officer at once: sign-in, sessions, keys and invitation end.

    Their requests stay.

    Irreversible: register the person anew. Raises NotPermitted, NotFound, NotTheKeepers.
    """
    row = _someone_elses(person_id, actor)
    row.removed_at, row.keeper = now(), False
    row.invitation_hash = row.invitation_until = None
    row.save()
    end_access(person_id, actor=actor)
    append("remove_officer", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def appoint_keeper(person_id: int, *, actor: Actor) -> None:
    """Make this officer a roster keeper of their organisation. Raises NotPermitted, NotFound, NotInStanding."""
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    check_registration(person_id)
    row.keeper = True
    row.save(update_fields=["keeper"])
    append("appoint_keeper", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def end_keeper(person_id: int, *, actor: Actor) -> None:
    """End the keeper's role; they remain an officer. Raises NotPermitted, NotFound."""
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    row.keeper = False
    row.save(update_fields=["keeper"])
    append("end_keeper", {"person": person_id}, actor=actor, case_id=None)
