"""Registered officers: invited by their own roster keeper, called back by us, renewed, suspended, removed.

The same verbs serve the people of trusted flaggers. No keeper can make somebody more than an officer, and an invitation
that fell into wrong hands (a keeper's own among them) opens nothing before somebody of ours has telephoned.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction

from jaga.casework.kernel.eligibility import hold_alone
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import check_required, required_text
from jaga.casework.people.people import NewPerson, end_access, enrol
from jaga.casework.people.registration import check_standing
from jaga.casework.webhooks.endpoints import end_webhooks
from jaga.casework.withdrawals.votes import withdraw_from_work
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms import Language, OrganisationKind, Role
from jaga.records.access.people.roster import ASKING, organisation_to_invite_to, registration_for
from jaga.records.codes import invitation_hash, new_invitation
from jaga.records.models import (
    OfficerKey,
    OfficerRegistration,
    Person,
    SigningKey,
)

LIFETIME = timedelta(days=180)
INVITATION_LIFETIME = timedelta(days=7)
MOST_WHY = 500
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{4,39}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")


class InvitationEnded(JagaError):
    """The link was used, replaced, or is too old."""

    code = "invitation_ended"
    status = 404
    sentence = N_("This invitation is no longer open.")
    remedy = N_("If you have used it already, sign in. Otherwise ask whoever invited you for a new one.")


class NotTheKeepers(NotPermitted):
    """A keeper does this for others, an administrator of ours for keepers."""

    code = "not_the_keepers"
    sentence = N_("Nobody does this for their own registration.")
    remedy = N_("Ask our administrator.")


class AlreadyAccepted(Conflict):
    """A new link for somebody who is signed in already would be a way to take over their access."""

    code = "already_accepted"
    sentence = N_("This person has accepted an invitation already.")
    remedy = N_("If they lost their password or their second factor, our administrator can let them begin anew.")


class NotAcceptedYet(Conflict):
    """A call counts for whoever holds the access; while a link is open, nobody knows who that will be."""

    code = "not_accepted_yet"
    sentence = N_("This person has not accepted the invitation yet, so a call would prove nothing.")
    remedy = N_("Wait until they have accepted, then telephone and ask whether it was them.")


@dataclass(frozen=True)
class CallBack:
    """That somebody of ours telephoned, under which number, and where that number was found independently."""

    number: str
    found_in: str


@dataclass(frozen=True)
class NewOfficer:
    """Whom to invite."""

    organisation_id: int
    username: str
    display_name: str
    language: Language = Language.INDONESIAN
    keeper: bool = False


@dataclass(frozen=True)
class Invited:
    """A fresh invitation: `secret` is shown once and stored nowhere."""

    person_id: int
    secret: str
    until: datetime


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def _check_call(call: CallBack) -> list[FieldError]:
    errors = check_required("found_in", call.found_in, most=200, needed=N_("Say where you found the number yourself."))
    if not _NUMBER.fullmatch(call.number.strip()):
        errors.append(FieldError("number", "not_a_number", N_("This is no telephone number.")))
    return errors


def _called(row: OfficerRegistration, call: CallBack, actor: Actor) -> None:
    row.called_back_by_id, row.called_back_at = actor.person_id, now()
    row.called_number, row.number_found_in = call.number.strip(), call.found_in.strip()


@transaction.atomic
def register_officer(person_id: int, call: CallBack | None = None, *, keeper: bool = False, actor: Actor) -> None:
    """An administrator enters an officer who needs no invitation (one who was entered on the server, say).

    Without `call` they count once a call-back is recorded. Raises NotPermitted, NotFound, InvalidInput; Conflict for
    somebody who is on the roster already.
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
    row = OfficerRegistration(person=person, keeper=keeper, registered_by_id=actor.person_id, registered_at=moment,
                              accepted_at=moment, expires_at=moment + LIFETIME)
    if call is not None:
        _called(row, call, actor)
    row.save(force_insert=True)
    enter("register_officer", {"person": person.pk, "keeper": keeper, "called_back": call is not None}, actor=actor,
          case_id=None)


@transaction.atomic
def invite(new: NewOfficer, call: CallBack | None = None, *, actor: Actor) -> Invited:
    """A person without a password, and the one-time link with which they set one. Reversible: `remove`.

    A keeper invites officers of the own organisation, never keepers. An administrator of ours invites anybody, and a
    keeper only after a call to a number that was found independently. Raises NotPermitted, NotFound, InvalidInput,
    NameTaken.
    """
    organisation = organisation_to_invite_to(new.organisation_id, actor=actor)
    administers = Role.ADMINISTRATOR in actor.roles
    if not administers and (new.keeper or call is not None):
        raise NotPermitted
    errors = check_required("display_name", new.display_name, most=120, needed=N_("This must not be empty."))
    if not _NAME.fullmatch(new.username):
        errors.append(FieldError("username", "not_a_name", N_(
            "Small letters, digits, dots and hyphens; at least two of them.")))
    if new.keeper or call is not None:
        errors += _check_call(call or CallBack("", ""))
    if errors:
        raise InvalidInput(*errors)
    role = Role.FLAGGER if organisation.kind == OrganisationKind.FLAGGER else Role.OFFICER
    person = enrol(NewPerson(new.username, new.display_name.strip(), organisation.pk, (role,), None, new.language),
                   actor=actor)
    moment = now()
    row = OfficerRegistration(person=person, keeper=new.keeper, registered_by_id=actor.person_id, registered_at=moment,
                              expires_at=moment + LIFETIME)
    if call is not None:
        _called(row, call, actor)
    made = _new_link(row)
    row.save(force_insert=True)
    enter("invite_officer", {"person": person.pk, "organisation": organisation.pk, "keeper": new.keeper,
                             "called_back": call is not None}, actor=actor, case_id=None)
    return made


def _new_link(row: OfficerRegistration) -> Invited:
    secret, until = new_invitation(), now() + INVITATION_LIFETIME
    row.invitation_hash, row.invitation_until = invitation_hash(secret), until
    return Invited(row.person_id, secret, until)


@transaction.atomic
def invite_again(person_id: int, *, actor: Actor) -> Invited:
    """A new link; the old one opens nothing any more.

    For somebody who has accepted already, only an administrator can do so, and then everything begins anew: password,
    second factors and keys end, and nothing counts before another call-back. Nor does it where a keeper gets the link
    of somebody whom we had telephoned. Raises NotPermitted, NotFound, AlreadyAccepted.
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
    row.person.set_unusable_password()  # also of whoever used the last link and set up no factor
    row.person.save(update_fields=["password"])
    made = _new_link(row)
    row.save()
    enter("invite_officer_again", {"person": person_id, "anew": anew}, actor=actor, case_id=None)
    return made


def _begin_anew(row: OfficerRegistration) -> None:
    person, moment = row.person, now()
    Authenticator.objects.filter(user_id=person.pk).delete()
    for keys in (OfficerKey, SigningKey):
        keys.objects.filter(officer=person, revoked_at__isnull=True).update(revoked_at=moment)
    row.accepted_at = None
    _forget_call(row)


def _forget_call(row: OfficerRegistration) -> None:
    row.called_back_at = row.called_back_by_id = None
    row.called_number = row.number_found_in = ""


@transaction.atomic
def record_call_back(person_id: int, call: CallBack, *, actor: Actor) -> None:
    """Somebody of ours telephoned this person's agency, and it knows of the officer. Repeating it replaces the number.

    Only of somebody who has accepted: whoever has the link (a keeper's own hands among them) could be anybody until
    then. Raises NotPermitted, NotFound, NotTheKeepers, NotAcceptedYet, InvalidInput.
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
    enter("record_call_back", {"person": person_id}, actor=actor, case_id=None)


def _someone_elses(person_id: int, actor: Actor) -> OfficerRegistration:
    """The row, locked. A keeper does nothing to the own registration, nor to another keeper's."""
    row = registration_for(person_id, actor=actor, lock=True)
    if Role.ADMINISTRATOR not in actor.roles and (row.person_id == actor.person_id or row.keeper):
        raise NotTheKeepers
    return row


@transaction.atomic
def renew(person_id: int, *, actor: Actor) -> datetime:
    """The registration lasts half a year from now. Raises NotPermitted, NotFound, NotTheKeepers."""
    row = _someone_elses(person_id, actor)
    row.expires_at = now() + LIFETIME
    row.save(update_fields=["expires_at"])
    enter("renew_officer", {"person": person_id}, actor=actor, case_id=None)
    return row.expires_at


@transaction.atomic
def suspend(person_id: int, why: str, *, actor: Actor) -> None:
    """From this moment the person can ask nothing, and nothing undecided rests on them any more.

    Reversible by an administrator of ours (`lift_suspension`); that brings no vote back.
    """
    row = _someone_elses(person_id, actor)
    said = required_text("why", why, least=1, most=MOST_WHY, needed=N_("Say why."))
    row.suspended_by_id, row.suspended_at, row.suspended_why = actor.person_id, now(), said
    row.save(update_fields=["suspended_by", "suspended_at", "suspended_why"])
    enter("suspend_officer", {"person": person_id}, actor=actor, case_id=None)
    hold_alone(person_id)
    withdraw_from_work(person_id, actor=actor)


@transaction.atomic
def lift_suspension(person_id: int, *, actor: Actor) -> None:
    """The person may ask again. An administrator's verb: whoever stole a keeper's access cannot undo it."""
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    row.suspended_by = row.suspended_at = None
    row.suspended_why = ""
    row.save(update_fields=["suspended_by", "suspended_at", "suspended_why"])
    enter("lift_officers_suspension", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def remove(person_id: int, *, actor: Actor) -> None:
    """The person's time is over, at once: sign-in, open sessions, keys and invitation end. What they asked stays.

    Cannot be undone: register somebody anew. Raises NotPermitted, NotFound, NotTheKeepers.
    """
    row = _someone_elses(person_id, actor)
    row.removed_at, row.keeper = now(), False
    row.invitation_hash = row.invitation_until = None
    row.save()
    end_access(person_id, actor=actor)
    enter("remove_officer", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def appoint_keeper(person_id: int, *, actor: Actor) -> None:
    """This officer keeps the roster of the own organisation. Raises NotPermitted, NotFound, NotInStanding."""
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    check_standing(person_id)
    row.keeper = True
    row.save(update_fields=["keeper"])
    enter("appoint_keeper", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def end_keeper(person_id: int, *, actor: Actor) -> None:
    """They stay an officer and keep no roster any more. Raises NotPermitted, NotFound."""
    _administrator(actor)
    row = registration_for(person_id, actor=actor, lock=True)
    row.keeper = False
    row.save(update_fields=["keeper"])
    enter("end_keeper", {"person": person_id}, actor=actor, case_id=None)
