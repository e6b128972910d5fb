"""People with a second factor, for tests of pages that ask for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from unittest.mock import patch

import pyotp
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.people.models import Person
from jaga.people.reads.roster import ASKING
from jaga.people.verbs import people, second_factor

PASSWORD = "a-long-practice-password"


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Like `frozen`, and also for django-allauth, which reads the machine's clock."""
    with frozen(moment), patch("time.time", return_value=moment.timestamp()):
        yield


@dataclass(frozen=True)
class App:
    """A person's authenticator app and recovery codes."""

    secret: str
    paper: tuple[str, ...]

    def code(self) -> str:
        """The app's present code, which the server accepts: used codes are forgotten."""
        for row in Authenticator.objects.filter(type=Authenticator.Type.TOTP):
            row.data.pop("last_step", None)
            row.save()
        cache.clear()
        return pyotp.TOTP(self.secret).at(now())


def with_app(actor: Actor) -> App:
    """Set up an authenticator app for this person, some minutes ago."""
    secret = pyotp.random_base32()
    with at(now() - timedelta(minutes=3)):
        second_factor.add_totp(secret, pyotp.TOTP(secret).at(now()), actor=actor)
    return App(secret, paper_of(actor))


def paper_of(actor: Actor) -> tuple[str, ...]:
    """The unused recovery codes."""
    row = Authenticator.objects.get(user_id=actor.person_id, type=Authenticator.Type.RECOVERY_CODES)
    return tuple(row.wrap().get_unused_codes())


def exempt(actor: Actor) -> None:
    """Let this person into the console with the password alone, where that is possible."""
    if not actor.roles & ASKING:
        second_factor.demand_no_factor(actor.person_id or 0, actor=CLI)


def with_password(actor: Actor) -> str:
    """Give this person the tests' password if needed; returns the user name."""
    person = Person.objects.get(pk=actor.person_id)
    if not person.check_password(PASSWORD):
        people.change_password(person.pk, PASSWORD, actor=CLI)
    return person.username


def signs_in(actor: Actor) -> Client:
    """A client that has passed the password step only."""
    client = Client()
    client.cookies["jaga_language"] = "en"
    answer = client.post("/console/sign-in/", {"username": with_password(actor), "password": PASSWORD})
    assert answer.status_code == 302
    return client


def show_factor(client: Client, person_id: int | None, moment: datetime | None = None) -> None:
    """Record in the client's session that a second factor was entered at that time, or just now."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": (moment or now()).timestamp()}]
    session["account_authentication_methods_user"] = user_id_to_str(Person.objects.get(pk=person_id))
    session.save()
