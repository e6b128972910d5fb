"""A person's own preferences: keys, colours, pictures, time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jaga.casework.people.preferences import NewPreferences, save_preferences
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, InvalidInput
from jaga.core.keys import DEFAULTS, KeyAction
from jaga.core.terms.people import Theme
from jaga.policy.local_time import home_zones, zone_label, zone_names, zone_of
from jaga.web.console.frame.display import preferences_now
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.keyboard import task
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say_fields

_THEMES = {Theme.AUTO: N_("As the device is set"), Theme.LIGHT: N_("Light"), Theme.DARK: N_("Dark")}


class PreferencesForm(ConsoleForm):
    """The preferences, with a field for each action's key. `reset`: save with the original keys."""

    theme = Text()
    time_zone = Text()
    keys_on = Ticked(None)
    greyscale = Ticked(None)
    blur = Ticked(None)
    reset = Ticked(None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= {_key_name(action): Text() for action in KeyAction}

    def entered(self) -> NewPreferences:
        """The preferences as entered."""
        keys = (
            DEFAULTS if self.is_ticked("reset") else {action: self.text_of(_key_name(action)) for action in KeyAction}
        )
        return NewPreferences(
            {action.value: key for action, key in keys.items()},
            self.is_ticked("keys_on"),
            self.text_of("theme"),
            self.is_ticked("greyscale"),
            self.is_ticked("blur"),
            self.text_of("time_zone"),
        )


def _key_name(action: KeyAction) -> str:
    return f"key_{action}"


@dataclass(frozen=True)
class KeyField:
    """The input for one action's key."""

    name: str
    label: str
    value: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class ZoneChoice:
    """One time zone of the list."""

    name: str
    label: str


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preferences(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The person's preferences and the form to change them."""
    if request.method != "POST":
        return _page(request, actor, _chosen(), saved="saved" in request.GET)
    entered = PreferencesForm.sent(request).entered()
    try:
        save_preferences(entered, actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, entered, say_fields(refused), status=refused.status)
    return redirect(reverse("console:preferences") + "?saved")


def _chosen() -> NewPreferences:
    preferences = preferences_now()
    return NewPreferences(
        {action.value: key for action, key in preferences.keys.items()},
        preferences.keys_on,
        preferences.theme,
        preferences.greyscale,
        preferences.blur,
        preferences.time_zone,
    )


def _page(
    request: HttpRequest,
    actor: Actor,
    entered: NewPreferences,
    errors: Mapping[str, list[str]] | None = None,
    *,
    saved: bool = False,
    status: int = 200,
) -> HttpResponse:
    wrong = errors or {}
    fields = [
        KeyField(_key_name(action), task(action), entered.keys.get(action, ""), tuple(wrong.get(_key_name(action), ())))
        for action in KeyAction
    ]
    local = [ZoneChoice(name, f"{zone_label(now(), zone_of(name))} ({name})") for name in home_zones()]
    return page(
        request,
        actor,
        "people/preferences.html",
        {
            "entered": entered,
            "fields": fields,
            "errors": wrong,
            "saved": saved,
            "wrong_keys": [one for one in fields if one.errors],
            "themes": [(theme.value, gettext(msgid)) for theme, msgid in _THEMES.items()],
            "local_zones": local,
            "other_zones": zone_names()[len(home_zones()) :],
        },
        open_link="preferences",
        status=status,
    )
