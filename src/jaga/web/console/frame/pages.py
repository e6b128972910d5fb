"""The frame of every console page: the signed-in person, their navigation, and no-store headers."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from jaga.casework.people.people import actor_for
from jaga.casework.people.registration import NotInStanding
from jaga.casework.people.second_factor import has_factor, needs_factor
from jaga.casework.queue.exposure_limits import leave_case
from jaga.core.actors import Actor
from jaga.core.errors import JagaError
from jaga.core.terms.people import RegistrationStatus, Role
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.request_cache import one_page
from jaga.records.access.cases.gate import access_self
from jaga.records.access.decisions.pending import last_action_of
from jaga.records.access.operations.work_counts import WorkCount, count_work
from jaga.records.access.people.preferences import preferences_of
from jaga.records.access.people.roster import ASKING, registration_status
from jaga.records.access.quality.canary_alarms import guessing_seen, waiting_alarms
from jaga.web.console.frame.confirmation import is_confirmed
from jaga.web.console.frame.display import preferences_now, reading_as
from jaga.web.console.frame.keyboard import key_rows, keys_json, legend
from jaga.web.console.frame.navigation import landing, navigation
from jaga.web.errors import say, say_when, words_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


_FINDERS = frozenset({*READERS, Role.AUDITOR})


def signed_in(view: ActorView[P]) -> View[P]:
    """Pass the view its actor with current roles; others are sent to sign in.

    Nothing is cached. A refusal is shown inside the frame.

    The role itself is checked where the object is fetched, so no view can forget it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = request.user
        back = request.get_full_path() if request.method in ("GET", "HEAD") else resolve_url("console:home")
        if not person.is_authenticated:
            return redirect_to_login(back, resolve_url("console:sign-in"))
        with one_page() if request.method in ("GET", "HEAD") else nullcontext():
            actor = actor_for(person)
            if awaits_factor(request, actor):
                way = "confirm" if has_factor(actor.person_id or 0) else "factors"
                return redirect_to_login(back, resolve_url(f"console:{way}"))
            with reading_as(preferences_of(actor)):
                try:
                    allowed = with_active_registration(actor)
                except NotInStanding as why:
                    return _registration_not_active(request, actor, why)
                try:
                    response = view(request, allowed, *args, **kwargs)
                except JagaError as refused:
                    response = _refused(request, allowed, refused)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def password_only(view: ActorView[P]) -> View[P]:
    """`signed_in` without requiring the second factor or a valid registration, for the second factor's own pages."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = request.user
        if not person.is_authenticated:
            return redirect_to_login(resolve_url("console:home"), resolve_url("console:sign-in"))
        actor = actor_for(person)
        with reading_as(preferences_of(actor)):
            response = view(request, actor, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def with_active_registration(actor: Actor) -> Actor:
    """The actor without the role to request, if their registration is invalid.

    Raises NotInStanding if no other role is left.
    """
    if not actor.roles & ASKING:
        return actor
    found = registration_status(actor.person_id or 0)
    if found is RegistrationStatus.ACTIVE:
        return actor
    if actor.roles <= ASKING:
        raise NotInStanding(found)
    return replace(actor, roles=actor.roles - ASKING)


def _refused(request: HttpRequest, actor: Actor, refused: JagaError) -> HttpResponse:
    """The refusal as a page in the frame, with a way back.

    Raises it again for a script or a picture, which show no page, and for faults of the server, where the frame's
    queries may fail too: `web.errors.answer` needs no database.
    """
    wanted = request.headers.get("Sec-Fetch-Dest", "document")
    if wanted != "document" or "HX-Request" in request.headers or refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise refused
    response = page(request, actor, "frame/refused.html", words_of(request, refused), status=refused.status)
    say_when(response, refused)
    return response


def _registration_not_active(request: HttpRequest, actor: Actor, why: NotInStanding) -> HttpResponse:
    """A page with nothing but the link to one's second factor and sign-out."""
    sentence, remedy = say(why)
    return page(
        request,
        replace(actor, roles=frozenset()),
        "frame/not_in_standing.html",
        {"sentence": sentence, "remedy": remedy},
        status=why.status,
    )


def page(
    request: HttpRequest,
    actor: Actor,
    template: str,
    context: Mapping[str, object],
    *,
    open_link: str = "",
    status: int = 200,
) -> HttpResponse:
    """A console page in its frame.

    `open_link` marks the navigation entry.

    Until a required second factor is confirmed or set up, the frame shows only the person's name and sign-out.
    """
    frame: dict[str, object] = {"me": access_self(actor), "reader": preferences_now()}
    if awaits_factor(request, actor):
        frame |= {"closed": True, "landing": "console:factors"}
    else:
        frame |= _frame(actor, open_link)
        if template not in ("cases/case.html", "watch/sampled_text.html"):
            leave_case(actor=actor)
    return render(request, f"console/{template}", {**context, **frame}, status=status)


def awaits_factor(request: HttpRequest, actor: Actor) -> bool:
    """Whether this person needs a second factor and has not confirmed one in this session."""
    return not is_confirmed(request) and needs_factor(actor)


def _frame(actor: Actor, open_link: str) -> dict[str, object]:
    """What the frame shows besides the page: navigation, keys, and what waits for this person."""
    counts = dict(count_work(actor))
    # What must not wait is announced on every page.
    waiting = {
        "alarms_waiting": waiting_alarms(actor),
        "case_alarms_waiting": _number(counts, "case-alarms"),
        "clock_alarms_waiting": _number(counts, "clock-alarms"),
        "referral_duties": _number(counts, "referrals"),
    }
    alarms = waiting["alarms_waiting"] + waiting["case_alarms_waiting"] + waiting["clock_alarms_waiting"]
    counts["alarms"] = WorkCount(alarms, more=False)
    return {
        "groups": navigation(actor, open_link, counts),
        "landing": landing(actor),
        "keys_json": keys_json(),
        "key_rows": key_rows(),
        "legend": legend(),
        "may_find": bool(actor.roles & _FINDERS),
        "last_action": last_action_of(actor),
        "alarms_not_heard": "late-messages" in counts or "unaddressed-alarms" in counts,
        "names_guessed_at": guessing_seen(actor),
        **waiting,
    }


def _number(counts: Mapping[str, WorkCount], name: str) -> int:
    return counts[name].number if name in counts else 0
