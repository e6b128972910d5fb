"""A person's own preferences: keyboard shortcuts, colours, pictures and time zone."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput, NotPermitted
from jaga.core.keys import KeyAction, bindings, changed, doubled, read_key
from jaga.core.terms.people import Theme
from jaga.policy.local_time import zone_names
from jaga.records.models import Preferences


@dataclass(frozen=True)
class NewPreferences:
    """Preferences as entered. `keys` maps an action to the typed key; a missing action keeps its default."""

    keys: Mapping[str, str]
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
    for an actor who is not a person, InvalidInput (fields `key_<action>`, `theme`, `time_zone`).
    """
    if actor.person_id is None:
        raise NotPermitted
    keys, errors = _keys(new.keys)
    if new.theme not in set(Theme):
        errors.append(FieldError("theme", "unknown", N_("Choose one of the three.")))
    if new.time_zone not in zone_names():
        errors.append(FieldError("time_zone", "unknown", N_("Choose a time zone of the list.")))
    if errors:
        raise InvalidInput(*errors)
    Preferences.objects.update_or_create(
        person_id=actor.person_id,
        defaults={
            "keys": changed(keys),
            "keys_on": new.keys_on,
            "theme": new.theme,
            "greyscale": new.greyscale,
            "blur": new.blur,
            "time_zone": new.time_zone,
        },
    )


def _keys(typed: Mapping[str, str]) -> tuple[dict[KeyAction, str], list[FieldError]]:
    keys, errors = bindings({}), []
    for action in KeyAction:
        key = read_key(typed.get(action, keys[action]))
        if key is None:
            errors.append(
                FieldError(
                    f"key_{action}",
                    "no_key",
                    N_(
                        "One character, or a name such as Enter, ArrowDown or Ctrl+Enter. Space, Tab and Escape stay "
                        "free, and"
                        " so does what the browser needs with Ctrl."
                    ),
                )
            )
        else:
            keys[action] = key
    errors += [
        FieldError(
            f"key_{action}",
            "doubled",
            N_("%(key)s has another task already. One key does one thing."),
            {"key": keys[action]},
        )
        for action in doubled(keys)
    ]
    if not keys[KeyAction.HELP] and not errors:
        errors.append(FieldError("key_help", "missing", N_("Keep a key for the help, which lists all others.")))
    return keys, errors
