"""A person's own preferences: keys, colours, pictures, time zone."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jaga.casework.people.preferences import NewPreferences, save_preferences
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, InvalidInput
from jaga.core.terms.people import Theme
from jaga.policy.local_time import home_zones, zone_label, zone_names, zone_of
from jaga.web.console.frame.display import preferences_now
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say_fields

_THEMES = {Theme.AUTO: N_("As the device is set"), Theme.LIGHT: N_("Light"), Theme.DARK: N_("Dark")}


class PreferencesForm(ConsoleForm):
    """The preferences."""

    theme = Text()
    time_zone = Text()
    keys_on = Ticked(None)
    greyscale = Ticked(None)
    blur = Ticked(None)

    def entered(self) -> NewPreferences:
        """The preferences as entered."""
        return NewPreferences(
            self.is_ticked("keys_on"),
            self.text_of("theme"),
            self.is_ticked("greyscale"),
            self.is_ticked("blur"),
            self.text_of("time_zone"),
        )


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
    local = [ZoneChoice(name, f"{zone_label(now(), zone_of(name))} ({name})") for name in home_zones()]
    return page(
        request,
        actor,
        "people/preferences.html",
        {
            "entered": entered,
            "errors": errors or {},
            "saved": saved,
            "themes": [(theme.value, gettext(msgid)) for theme, msgid in _THEMES.items()],
            "local_zones": local,
            "other_zones": zone_names()[len(home_zones()) :],
        },
        open_link="preferences",
        status=status,
    )
