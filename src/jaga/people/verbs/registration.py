"""Registration status: whether an officer or flagger may act, with the reason, and when they last did.

A person's own preferences: keyboard shortcuts on or off, colours, pictures and time zone.

A person's sessions, as `allauth.usersessions` lists them.
"""

from dataclasses import dataclass
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.db import transaction

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotPermitted
from jaga.core.terms.people import RegistrationStatus, Theme
from jaga.people.models import OfficerRegistration, Preferences
from jaga.people.reads.roster import registration_status
from jaga.policy.local_time import zone_names
from jaga.store.kernel.ledger import append


@dataclass(frozen=True)
class NewPreferences:
    """Preferences as entered."""

    keys_on: bool
    theme: str
    greyscale: bool
    blur: bool
    time_zone: str


@transaction.atomic
def save_preferences(new: NewPreferences, *, actor: Actor) -> None:
    """Save the actor's preferences.

    Reversible by saving again.

    Makes no ledger entry: no case is affected, and what a person finds hard to look at is private. Raises NotPermitted
    for an actor who is not a person, InvalidInput (`theme`, `time_zone`).
    """
    if actor.person_id is None:
        raise NotPermitted
    errors = []
    if new.theme not in set(Theme):
        errors.append(FieldError("theme", "unknown", N_("Choose one of the three.")))
    if new.time_zone not in zone_names():
        errors.append(FieldError("time_zone", "unknown", N_("Choose a time zone of the list.")))
    if errors:
        raise InvalidInput(*errors)
    Preferences.objects.update_or_create(
        person_id=actor.person_id,
        defaults={
            "keys_on": new.keys_on,
            "theme": new.theme,
            "greyscale": new.greyscale,
            "blur": new.blur,
            "time_zone": new.time_zone,
        },
    )


USE_IS_NOTED_EVERY = timedelta(hours=1)

_SENTENCES = {
    RegistrationStatus.INVITED: N_("Your invitation has not been accepted yet."),
    RegistrationStatus.NOT_CALLED_BACK: N_("You are registered, but we have not telephoned your agency yet."),
    RegistrationStatus.EXPIRED: N_("Your registration has ended because nobody renewed it."),
    RegistrationStatus.SUSPENDED: N_("Your registration is suspended."),
    RegistrationStatus.UNREGISTERED: N_("You are not registered as an officer here."),
}
_REMEDIES = {
    RegistrationStatus.INVITED: N_(
        "Open the link of the invitation; if it has ended, ask your roster keeper for a new one."
    ),
    RegistrationStatus.NOT_CALLED_BACK: N_("Wait for our call. Nothing can be asked before it."),
    RegistrationStatus.EXPIRED: N_("Ask the roster keeper of your agency to renew it."),
    RegistrationStatus.SUSPENDED: N_("Ask the roster keeper of your agency, or our administrator, for the reason."),
    RegistrationStatus.UNREGISTERED: N_("Ask the roster keeper of your agency for an invitation."),
}


class NotInStanding(NotPermitted):
    """The registration is not active; the sentence says why."""

    code = "not_in_standing"

    def __init__(self, found: RegistrationStatus) -> None:
        self.registration = found
        super().__init__(_SENTENCES[found], _REMEDIES[found])


def check_registration(person_id: int) -> None:
    """Raise NotInStanding unless the registration is active."""
    found = registration_status(person_id)
    if found is not RegistrationStatus.ACTIVE:
        raise NotInStanding(found)


def note_use(person_id: int) -> None:
    """Record the last use, at most once an hour. Unused registrations should be ended."""
    moment = now()
    row = OfficerRegistration.objects.filter(person_id=person_id)
    (row.filter(last_used_at__isnull=True) | row.filter(last_used_at__lt=moment - USE_IS_NOTED_EVERY)).update(
        last_used_at=moment
    )


def session_moved(before: str, after: str) -> None:
    """Keep the list entry when the session gets a new key."""
    UserSession.objects.filter(session_key=before).update(session_key=after)


def end_sessions_of(person_id: int) -> None:
    """End all sessions of this person."""
    for session in UserSession.objects.filter(user_id=person_id):
        session.end()


def note_sessions_ended(*, actor: Actor) -> None:
    """Record that the person ended their other sessions. Call it in the transaction that did."""
    append("end_own_sessions", {"person": actor.person_id}, actor=actor, case_id=None)
