"""The frame of every console page: who is signed in, what they may open, and that nothing of it stays in a cache."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext_lazy as _

from jaga.casework.people import actor_for
from jaga.core.actors import Actor
from jaga.core.terms import Role
from jaga.records.access.console import READERS, access_self

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


@dataclass(frozen=True)
class Link:
    """One entry of the console's navigation, shown to whoever holds one of the roles."""

    name: str
    label: object
    roles: frozenset[Role]


_SUPERVISOR = frozenset({Role.SUPERVISOR})
NAVIGATION = (
    Link("queue", _("Queue"), frozenset(READERS)),
    Link("votes", _("My votes"), frozenset(READERS)),
    Link("appeals", _("Appeals"), frozenset(READERS)),
    Link("operator-notices", _("Operators"), frozenset(READERS)),
    Link("exports", _("Exports"), _SUPERVISOR),
    Link("stuck", _("Stuck"), _SUPERVISOR),
    Link("overview", _("Overview"), frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})),
    Link("calendar", _("Calendar"), frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})),
    Link("ledger", _("Ledger"), frozenset({Role.AUDITOR})),
    Link("operators", _("Register"), frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})),
    Link("notices", _("Notices"), frozenset({Role.CONTACT})),
)


def signed_in(view: ActorView[P]) -> View[P]:
    """Give the view its actor, with the roles held now; whoever is not signed in is asked to. Nothing is cached.

    The role itself is checked where the object is fetched, so that no view can forget it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = request.user
        if not person.is_authenticated:
            back = request.get_full_path() if request.method in ("GET", "HEAD") else resolve_url("console:home")
            return redirect_to_login(back, resolve_url("console:sign-in"))
        response = view(request, actor_for(person), *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def landing(actor: Actor) -> str:
    """The name of the page that this person's work starts with. For people without any: the queue, which refuses."""
    return next((f"console:{link.name}" for link in NAVIGATION if link.roles & actor.roles), "console:queue")


def page(request: HttpRequest, actor: Actor, template: str, context: Mapping[str, object], *, open_link: str = "",
         status: int = 200) -> HttpResponse:
    """A console page in its frame. `open_link` marks the navigation's entry."""
    links = [link for link in NAVIGATION if link.roles & actor.roles]
    frame = {"me": access_self(actor), "links": links, "open_link": open_link, "landing": landing(actor)}
    return render(request, f"console/{template}", {**context, **frame}, status=status)
