"""Makes an invented officer's registration active: call-back, password, and an authenticator app.

The app's secret lies beside the practice password; `jaga practice code` prints its current code.
"""

from datetime import timedelta
from pathlib import Path

import pyotp
from allauth.mfa.totp.internal.auth import generate_totp_secret

from jaga.app.services.errors import write_private
from jaga.core.actors import CLI
from jaga.core.clock import now
from jaga.core.terms.people import RegistrationStatus
from jaga.people.models import Person
from jaga.people.reads.roster import registration_status
from jaga.people.verbs.officers import CallBack, register_officer
from jaga.people.verbs.people import actor_for, change_password
from jaga.people.verbs.second_factor import add_totp, has_factor
from jaga_practice.app_codes import secret_of
from jaga_practice.languages import spoken

PERIOD = 30  # seconds that an app shows a code
CALLED = CallBack(
    spoken("+62 21 555 0100", "+32 2 000 0100"),
    spoken("Buku alamat instansi (latihan)", "The authority's address book (practice)"),
)


def register(officer: Person, kept: Path, password: str) -> None:
    """Activate the officer's registration, as a roster keeper. Idempotent."""
    found = registration_status(officer.pk)
    if found is RegistrationStatus.UNREGISTERED:
        register_officer(officer.pk, CALLED, keeper=True, actor=CLI)
    if not officer.has_usable_password():
        change_password(officer.pk, password, actor=CLI)
    if not has_factor(officer.pk):
        secret = generate_totp_secret()
        add_totp(secret, _spare_code(secret), actor=actor_for(officer))
        write_private(secret_of(officer.username, kept), secret.encode())


def _spare_code(secret: str) -> str:
    """A code of the app that its owner does not need any more: each counts once, and the story may sign in at once.

    The one of half a minute ago, which is still taken; at the very end of a half minute the present one.
    """
    moment = now()
    left = PERIOD - moment.timestamp() % PERIOD
    return pyotp.TOTP(secret).at(moment - timedelta(seconds=PERIOD if left > 2 else 0))
