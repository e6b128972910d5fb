"""People with a second factor, for the tests of pages that ask for it."""

from dataclasses import dataclass
from datetime import timedelta

import pyotp
from django.test import Client
from tests.web.console.conftest import PASSWORD

from jaga.casework.people import people, second_factor
from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.records.models import Person, TotpSecret


@dataclass(frozen=True)
class App:
    """Somebody's app for codes, and their list on paper."""

    secret: str
    paper: tuple[str, ...]

    def code(self) -> str:
        """What the app shows now. It was never shown before: the last step that was taken is forgotten."""
        TotpSecret.objects.update(last_step=0)
        return pyotp.TOTP(self.secret).at(now())


def with_app(actor: Actor) -> App:
    """Set up an app for this person, some minutes ago."""
    secret = second_factor.new_totp_secret()
    with frozen(now() - timedelta(minutes=3)):
        return App(secret, second_factor.add_totp(secret, pyotp.TOTP(secret).at(now()), actor=actor))


def with_password(actor: Actor) -> str:
    """Give this person the tests' password; returns their name."""
    people.change_password(actor.person_id or 0, PASSWORD, actor=CLI)
    return Person.objects.get(pk=actor.person_id).username


def signs_in(actor: Actor) -> Client:
    """A client that has shown the password, and nothing more."""
    client = Client()
    client.cookies["jaga_language"] = "en"
    answer = client.post("/console/sign-in/", {"username": with_password(actor), "password": PASSWORD})
    assert answer.status_code == 302
    return client
