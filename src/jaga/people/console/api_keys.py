"""API keys for administrators: holders, scopes, and issuing new ones.

A person's own preferences: keys, colours, pictures, time zone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import KeyScope, Theme
from jaga.people.reads.api_keys import list_keys, list_possible_holders
from jaga.people.verbs.api_keys import (
    KEY_LIFETIME,
    PER_DAY,
    PER_MINUTE,
    KeyTerms,
    issue_officer_key,
    revoke_officer_key,
)
from jaga.people.verbs.registration import NewPreferences, save_preferences
from jaga.policy.local_time import home_zones, zone_label, zone_names, zone_of
from jaga.web.errors import say_fields
from jaga.web.frame.display import preferences_now
from jaga.web.frame.forms import ConsoleForm, Line, Several, Text, Ticked, whole_number
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.step_up import needs_step_up_if_any
from jaga.web.frame.words import KEY_SCOPES


class IssueForm(ConsoleForm):
    """A new key: holder, purpose, scopes, expiry and quotas."""

    days = Line()
    per_minute = Line()
    per_day = Line()
    label = Line()
    holder = Line()
    scopes = Several()


_EMPTY = {
    "days": str(KEY_LIFETIME.days),
    "per_minute": str(PER_MINUTE),
    "per_day": str(PER_DAY),
    "label": "",
    "holder": "",
}
_CHOOSE = N_("Choose who gets the key; what they may do decides what it can open.")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@needs_step_up_if_any
def keys(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All keys, and the form for a new one, which is shown only in that response."""
    if request.method != "POST":
        return _keys(request, actor, kept=_EMPTY, chosen=None)
    form = IssueForm.sent(request)
    kept, scopes = form.kept(), frozenset(KeyScope(one) for one in form.values_of("scopes") if one in set(KeyScope))
    try:
        made = issue_officer_key(
            whole_number(kept["holder"]) or 0,
            KeyTerms(
                scopes or None,
                kept["label"],
                whole_number(kept["days"]) or 0,
                whole_number(kept["per_minute"]) or 0,
                whole_number(kept["per_day"]) or 0,
            ),
            actor=actor,
        )
    except InvalidInput as refused:
        return _keys(request, actor, kept=kept, chosen=scopes, errors=say_fields(refused), status=refused.status)
    except (NotFound, NotPermitted) as refused:
        errors = say_fields(InvalidInput(FieldError("holder", refused.code, _CHOOSE)))
        return _keys(request, actor, kept=kept, chosen=scopes, errors=errors, status=InvalidInput.status)
    return page(request, actor, "people/api_key_issued.html", {"made": made}, open_link="api-keys")


@require_POST
@signed_in
@needs_step_up_if_any
def revoke(request: HttpRequest, actor: Actor, key_id: int) -> HttpResponse:
    """Revoke the key."""
    revoke_officer_key(key_id, actor=actor)
    return redirect("console:api-keys")


def _keys(
    request: HttpRequest,
    actor: Actor,
    *,
    kept: dict[str, str],
    chosen: frozenset[KeyScope] | None,
    status: int = 200,
    **more: object,
) -> HttpResponse:
    scopes = [(scope.value, words, chosen is not None and scope in chosen) for scope, words in KEY_SCOPES.items()]
    return page(
        request,
        actor,
        "people/api_keys.html",
        {
            "rows": list_keys(actor=actor),
            "holders": list_possible_holders(actor=actor),
            "kept": kept,
            "scopes": scopes,
            **more,
        },
        open_link="api-keys",
        status=status,
    )


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
