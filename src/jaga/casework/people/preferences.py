"""A person's own preferences: keyboard shortcuts on or off, colours, pictures and time zone."""

from dataclasses import dataclass

from django.db import transaction

from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, NotPermitted
from jaga.core.terms.people import Theme
from jaga.policy.local_time import zone_names
from jaga.records.models import Preferences


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
