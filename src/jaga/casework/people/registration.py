"""Registration status: whether an officer or flagger may act, with the reason, and when they last did."""

from datetime import timedelta

from jaga.core.clock import now
from jaga.core.errors import N_, NotPermitted
from jaga.core.terms.people import RegistrationStatus
from jaga.records.access.people.roster import registration_status
from jaga.records.models import OfficerRegistration

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
