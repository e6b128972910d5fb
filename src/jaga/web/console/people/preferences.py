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
from jaga.core.keys import DEFAULTS, KeyAction
from jaga.core.terms import Theme
from jaga.core.zones import INDONESIAN, zone_label, zone_names, zone_of
from jaga.web.console.frame.display import preferences_now
from jaga.web.console.frame.keyboard import task
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.errors import say_fields

_THEMES = {Theme.AUTO: N_("As the device is set"), Theme.LIGHT: N_("Light"), Theme.DARK: N_("Dark")}


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
    entered = _entered(request)
    try:
        save_preferences(entered, actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, entered, say_fields(refused), status=refused.status)
    return redirect(reverse("console:preferences") + "?saved")


def _entered(request: HttpRequest) -> NewPreferences:
    sent = request.POST
    keys = DEFAULTS if "reset" in sent else {action: sent.get(f"key_{action}", "") for action in KeyAction}
    return NewPreferences(
        {action.value: key for action, key in keys.items()}, "keys_on" in sent, sent.get("theme", ""),
        "greyscale" in sent, "blur" in sent, sent.get("time_zone", ""),
    )


def _chosen() -> NewPreferences:
    preferences = preferences_now()
    return NewPreferences({action.value: key for action, key in preferences.keys.items()}, preferences.keys_on,
                          preferences.theme,
                          preferences.greyscale, preferences.blur, preferences.time_zone)


def _page(request: HttpRequest, actor: Actor, entered: NewPreferences, errors: Mapping[str, list[str]] | None = None,
          *, saved: bool = False, status: int = 200) -> HttpResponse:
    wrong = errors or {}
    fields = [KeyField(f"key_{action}", task(action), entered.keys.get(action, ""),
                       tuple(wrong.get(f"key_{action}", ()))) for action in KeyAction]
    indonesian = [ZoneChoice(name, f"{zone_label(now(), zone_of(name))} ({name})") for name in INDONESIAN]
    return page(request, actor, "people/preferences.html", {
        "entered": entered, "fields": fields, "errors": wrong, "saved": saved,
        "wrong_keys": [one for one in fields if one.errors],
        "themes": [(theme.value, gettext(msgid)) for theme, msgid in _THEMES.items()],
        "indonesian": indonesian, "other_zones": zone_names()[len(INDONESIAN):],
    }, status=status)
