"""The frame of every console page: the signed-in person, their navigation, and no-store headers.

The console's navigation: every page with a place in it, in four groups, with the number of what waits there.

A link is shown to holders of one of its roles. No two links share a name: a test opens the pages of every role.

A refused step, as pages show it (`console/frame/parts/refused.html`).

Form handling: run one action, show the page again on errors. `forms` reads the fields.

Refusals that no view makes, inside the console's frame: unknown addresses and forms open for too long.

Everywhere else, and for people who are not signed in, the plain page of `jaga.web.errors` answers.
"""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, Protocol

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jaga.cases.reads.gate import access_self
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, IllegalTransition, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms.people import RegistrationStatus, Role
from jaga.decisions.reads import last_action_of
from jaga.figures.reads.work_counts import WorkCount, count_work
from jaga.people.reads.roster import ASKING, keeps_roster, preferences_of, registration_status
from jaga.people.verbs.people import actor_for
from jaga.people.verbs.registration import NotInStanding
from jaga.people.verbs.second_factor import has_factor, needs_factor
from jaga.quality.reads.access_log import guessing_seen, waiting_alarms
from jaga.queue.verbs.leases import leave_case
from jaga.store.reads import READERS, one_page
from jaga.web.errors import CONSOLE, FormTooOld, answer, fill, say, say_fields, say_when, words_of
from jaga.web.frame.confirmation import is_confirmed
from jaga.web.frame.display import key_rows, keys_json, legend, preferences_now, reading_as
from jaga.web.templatetags.jaga_tags import wib


class NavigationGroup(StrEnum):
    """The groups, in order."""

    WORK = "work"
    PARTNERS = "partners"
    OVERSIGHT = "oversight"
    SETTINGS = "settings"


GROUPS: Mapping[NavigationGroup, Promise] = {
    NavigationGroup.WORK: pgettext_lazy("navigation", "Work"),
    NavigationGroup.PARTNERS: pgettext_lazy("navigation", "Partners"),
    NavigationGroup.OVERSIGHT: pgettext_lazy("navigation", "Oversight"),
    NavigationGroup.SETTINGS: pgettext_lazy("navigation", "Settings"),
}


@dataclass(frozen=True)
class NavigationLink:
    """One entry, shown to holders of one of the roles; `others` are roles for which it has another entry."""

    name: str
    label: Promise
    roles: frozenset[Role]
    others: frozenset[Role] = field(default=frozenset())

    def is_for(self, actor: Actor) -> bool:
        """Whether this person sees the entry."""
        return bool(self.roles & actor.roles) and not self.others & actor.roles


@dataclass(frozen=True)
class ShownLink:
    """An entry with its counter: "" where nothing waits, "99+" where more wait than are counted."""

    name: str
    label: Promise
    count: str
    open: bool


@dataclass(frozen=True)
class ShownGroup:
    """A group with its entries and the sum of their counters. `open`: the page is one of them."""

    key: NavigationGroup
    label: Promise
    links: tuple[ShownLink, ...]
    count: str
    open: bool


_READERS = frozenset(READERS)
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_AUDITOR = frozenset({Role.AUDITOR})
_LEADING = _SUPERVISOR | _ADMINISTRATOR
_WATCHING = _LEADING | _AUDITOR
_OFFICER = frozenset({Role.OFFICER})
_FLAGGER = frozenset({Role.FLAGGER})
_EVERYBODY = frozenset(Role)

NAVIGATION: Mapping[NavigationGroup, tuple[NavigationLink, ...]] = {
    NavigationGroup.WORK: (
        NavigationLink("queue", _("Queue"), _READERS),
        NavigationLink("search", _("Search"), _READERS),
        NavigationLink("votes", _("My votes"), _READERS),
        NavigationLink("pending", _("Pending decisions"), _READERS),
        NavigationLink("appeals", _("Appeals"), _READERS),
        NavigationLink("person-requests", _("Requests about data"), _READERS),
        NavigationLink("sample", _("Texts to judge"), _READERS),
        NavigationLink("policy-questions", _("Policy questions"), _READERS | {Role.POLICY}),
        NavigationLink("notices", _("Notices"), frozenset({Role.CONTACT})),
        NavigationLink("orders", _("Orders"), _OFFICER),
        NavigationLink("flags", _("My reports"), _FLAGGER),
    ),
    NavigationGroup.PARTNERS: (
        NavigationLink("referrals", _("Referrals"), _READERS),
        NavigationLink("operator-notices", _("Notices to operators"), _READERS),
        NavigationLink("operators", _("Operator register"), _WATCHING),
        NavigationLink("held-requests", _("Held requests"), _SUPERVISOR),
        NavigationLink("exports", _("Exports"), _SUPERVISOR),
        NavigationLink("received", _("Referred to you"), _OFFICER),
        NavigationLink("roster", _("Roster"), _ADMINISTRATOR),
        NavigationLink("flaggers", _("Trusted flaggers"), _WATCHING),
        NavigationLink("batches", _("Uploads"), _LEADING | _OFFICER | _FLAGGER),
    ),
    NavigationGroup.OVERSIGHT: (
        NavigationLink("overview", _("Overview"), _LEADING),
        NavigationLink("dashboard", _("Dashboard"), _WATCHING),
        NavigationLink("calendar", _("Calendar"), _LEADING),
        NavigationLink("reports-set-aside", _("Reports set aside"), _SUPERVISOR),
        NavigationLink("campaigns", _("Campaigns"), _READERS),
        NavigationLink("watches", _("Watches"), _WATCHING),
        NavigationLink("watch-query", _("What watches flagged"), _WATCHING),
        NavigationLink("alarms", _("Alarms"), _LEADING),
        NavigationLink("breaches", _("Breaches"), _LEADING),
        NavigationLink("stuck", _("Stuck"), _SUPERVISOR),
        NavigationLink("platform-faults", _("Unusable answers"), _LEADING),
        NavigationLink("quality", _("Quality"), _READERS | _AUDITOR),
        NavigationLink("rules", _("How right rules are"), _READERS | _WATCHING | {Role.POLICY}),
        NavigationLink("ledger", _("Ledger"), _AUDITOR),
        NavigationLink("access-log", _("Access log"), _AUDITOR),
        NavigationLink("person-searches", _("Searches for a person"), _WATCHING),
        NavigationLink("account-lookups", _("Look-ups of accounts"), _WATCHING),
        NavigationLink("retention", _("Retention"), _SUPERVISOR | _AUDITOR),
        NavigationLink("legal-holds", _("Legal holds"), _WATCHING),
        NavigationLink("canary-cases", _("Canary cases"), _ADMINISTRATOR),
    ),
    NavigationGroup.SETTINGS: (
        NavigationLink("team", _("Team"), _LEADING),
        NavigationLink("policy-releases", _("Policy releases"), _WATCHING),
        NavigationLink("models", _("Trained models"), _WATCHING),
        NavigationLink("backtests", _("Backtests"), _ADMINISTRATOR),
        NavigationLink("api-keys", _("API keys"), _ADMINISTRATOR),
        NavigationLink("webhooks", _("Webhooks"), _ADMINISTRATOR),
        NavigationLink("signing-keys", _("Keys for signing"), _OFFICER),
        NavigationLink("wellness", _("Wellness"), _READERS),
        NavigationLink("preferences", _("Preferences"), _EVERYBODY),
        NavigationLink("access-log", _("My access log"), _EVERYBODY, others=_AUDITOR),
    ),
}
_LANDINGS = ("queue", "overview", "ledger", "notices", "orders", "flags", "policy-questions")
_KEEPERS_TOO = frozenset({"roster"})


def landing(actor: Actor) -> str:
    """The name of the person's start page. For people without a role: the queue, which refuses."""
    shown = {link.name for links in NAVIGATION.values() for link in links if link.is_for(actor)}
    return f"console:{next((name for name in _LANDINGS if name in shown), 'queue')}"


def links_of(actor: Actor) -> dict[NavigationGroup, tuple[NavigationLink, ...]]:
    """The person's entries by group, without empty groups."""
    more = _KEEPERS_TOO if keeps_roster(actor) else frozenset()
    found = {
        group: tuple(link for link in links if link.is_for(actor) or link.name in more)
        for group, links in NAVIGATION.items()
    }
    return {group: links for group, links in found.items() if links}


def navigation(actor: Actor, open_link: str, counts: Mapping[str, WorkCount]) -> tuple[ShownGroup, ...]:
    """The person's navigation with these counters, by page name; `open_link` names the page shown."""
    return tuple(
        ShownGroup(
            group,
            GROUPS[group],
            tuple(
                ShownLink(link.name, link.label, _count([counts.get(link.name)]), link.name == open_link)
                for link in links
            ),
            _count([counts.get(link.name) for link in links]),
            any(link.name == open_link for link in links),
        )
        for group, links in links_of(actor).items()
    )


def _count(counts: list[WorkCount | None]) -> str:
    found = [count for count in counts if count]
    number = sum(count.number for count in found)
    return f"{number}{'+' if any(count.more for count in found) else ''}" if number else ""


@dataclass(frozen=True)
class Refusal:
    """Why the last step failed. `retake`: taking the case again would help."""

    sentence: str
    remedy: str
    retake: bool = False


def refusal(error: JagaError, *, retake: bool = False) -> Refusal:
    """The refusal in the reader's language."""
    params = {name: wib(value) if isinstance(value, datetime) else value for name, value in error.params.items()}
    return Refusal(fill(error.sentence, params), fill(error.remedy, params), retake)


class ShowsAgain(Protocol):
    """Shows the page again, with what was wrong."""

    def __call__(
        self, *, errors: dict[str, list[str]] | None = None, refused: Refusal | None = None, status: int = 200
    ) -> HttpResponse:
        """The page with this status."""


def done_or_shown(
    act: Callable[[], object], done: HttpResponse, again: ShowsAgain, refusals: tuple[type[JagaError], ...]
) -> HttpResponse:
    """Do it and answer `done`; for input, and for these `refusals`, the page again with the reason.

    That something is not there is shown only where its class is named.
    """
    try:
        act()
    except InvalidInput as wrong:
        return again(errors=say_fields(wrong), status=wrong.status)
    except refusals as refused:
        if isinstance(refused, NotFound) and type(refused) not in refusals:
            raise
        return again(refused=refusal(refused), status=refused.status)
    return done


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


def run_or_rerender(verb: Callable[[], object], again: Callable[..., HttpResponse], done: HttpResponse) -> HttpResponse:
    """The result of the action, or the page again with errors and input."""
    try:
        verb()
    except InvalidInput as refused:
        errors: Mapping[str, list[str]] = say_fields(refused)
        return again(errors=errors, status=refused.status)
    except (Conflict, IllegalTransition, NotPermitted) as refused:
        if type(refused) is NotPermitted:
            raise
        return again(refused=refusal(refused), status=refused.status)
    return done


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return _framed(request, NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    return _framed(request, FormTooOld())


def _framed(request: HttpRequest, error: JagaError) -> HttpResponse:
    person = getattr(request, "user", None)
    if not request.path.startswith(CONSOLE) or person is None or not person.is_authenticated:
        return answer(request, error)
    if awaits_factor(request, actor_for(person)):
        return answer(request, error)

    @signed_in
    def refuse(request: HttpRequest, actor: Actor) -> HttpResponse:
        raise error

    try:
        return refuse(request)
    except JagaError:  # Asked for by a script or as a picture.
        return answer(request, error)
