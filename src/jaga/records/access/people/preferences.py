"""A person's display and work preferences. Private, as a choice may reveal an impairment."""

from dataclasses import dataclass, field

from jaga.core.actors import Actor
from jaga.core.terms.people import Theme
from jaga.policy.jurisdiction import jurisdiction
from jaga.records.access.base.current_user import current_user, number_of
from jaga.records.models import Preferences


@dataclass(frozen=True)
class PreferencesView:
    """All of a person's preferences, with defaults filled in."""

    keys_on: bool = True
    theme: Theme = Theme.AUTO
    greyscale: bool = True
    blur: bool = True
    time_zone: str = field(default_factory=lambda: jurisdiction().time.zone)


def preferences_of(actor: Actor) -> PreferencesView:
    """The actor's own preferences. Raises NotPermitted if the actor is not a person."""
    person = current_user(number_of(actor))
    if person is None or person.chosen is None:
        return PreferencesView()
    # A column added by a later release is ignored by processes of this one.
    fields = {field.attname for field in Preferences._meta.concrete_fields}
    row = Preferences(**{name: value for name, value in person.chosen.items() if name in fields})
    return PreferencesView(row.keys_on, Theme(row.theme), row.greyscale, row.blur, row.time_zone)
