"""Sets up Django for commands that need the database; imported late, so that `jaga --help` stays fast."""

import os
from contextlib import suppress

import click

from jaga.core.actors import Actor
from jaga.core.errors import JagaError

_english = False
_database = False


def speak_english() -> None:
    """Switch this process to English for good, including Django's own messages; its default is Indonesian."""
    global _english
    _english = True


def database_answers() -> None:
    """This process has its database, so `open_records` may ask it which release is in force."""
    global _database
    _database = True


def open_records(*, products_language: bool = False) -> None:
    """Set up Django for this process.

    Never raises; a missing database shows at the first query.

    `products_language`: for processes that serve or work, and write to people in the product's language.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    import django

    django.setup()
    if _database and not products_language:
        _take_release()
    if _english and not products_language:
        from django.utils import translation

        translation.activate("en")


def _take_release() -> None:
    """Work under the adopted release, not under what the folder holds.

    Where it cannot be loaded, only what asks for rules is refused: the ledger can still be verified, a key replaced.
    """
    from django.db import DatabaseError, InterfaceError

    from jaga.adoption.verbs import take_adopted

    with suppress(DatabaseError, InterfaceError, JagaError):  # Before the first migration there is no table.
        take_adopted()


def person_named(username: str) -> Actor:
    """The actor of that user name. A name typed on the command line proves nothing, so it only ever proposes.

    Raises ClickException if nobody of that name may sign in.
    """
    from jaga.people.models import Person
    from jaga.people.verbs.people import actor_for

    person = Person.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise click.ClickException(f"There is no person “{username}” who may sign in.")
    return actor_for(person)
