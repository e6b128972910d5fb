"""The breach desk: the list, declaring a breach, its clock, who is concerned, who was told, and closing it."""

from collections.abc import Callable, Mapping
from datetime import MAXYEAR, datetime
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import BreachGroup, BreachScopeKind
from jaga.policy.local_time import local_zone
from jaga.policy.release import load_release
from jaga.privacy.reads.breaches import access_breach, list_breaches
from jaga.privacy.reads.holder_data import LEADING, MOST_PAGES
from jaga.privacy.verbs.breaches import (
    NewBreach,
    NewScope,
    add_scope,
    breach_letters,
    close_breach,
    declare_breach,
    list_people_concerned,
    record_notice,
)
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Text, whole_number
from jaga.web.frame.pages import Refusal, done_or_shown, page, signed_in
from jaga.web.words import SCOPES

_SENT = {"yes": True, "no": False}


class BreachForm(ConsoleForm):
    """What happened."""

    what = Text()
    which_data = Text()
    measures = Text()
    advice = Text()
    found_at = Line()
    began_at = Line()
    stopped_at = Line()

    def breach(self) -> NewBreach:
        """The breach as entered; moments are in the jurisdiction's zone."""
        return NewBreach(
            self.text_of("what"),
            self.text_of("which_data"),
            self.text_of("measures"),
            self.text_of("advice"),
            _moment(self.text_of("found_at")),
            _moment(self.text_of("began_at")),
            _moment(self.text_of("stopped_at")),
        )


class BreachScopeForm(ConsoleForm):
    """Something that the breach concerns."""

    kind = Line()
    name = Line()
    page = Line()


class BreachNoticeForm(ConsoleForm):
    """Whether a group was told."""

    group = Line()
    was_sent = Line()
    how = Text()


class LessonsForm(ConsoleForm):
    """What was learnt."""

    lessons = Text()


class ConcernedPageForm(ConsoleForm):
    """Which page of the people concerned."""

    page = Line()


_EARLIEST = 2000


def _moment(typed: str) -> datetime | None:
    """A browser's `datetime-local` in the jurisdiction's zone; None for anything else, and for years that nobody means:
    near the first and the last one some moments do not exist in UTC.
    """
    try:
        moment = datetime.fromisoformat(typed).replace(tzinfo=local_zone())
    except ValueError:
        return None
    return moment if _EARLIEST <= moment.year < MAXYEAR else None


@require_safe
@signed_in
def breaches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open breaches by deadline, then closed ones."""
    return page(request, actor, "privacy/breaches.html", {"breaches": list_breaches(actor=actor)}, open_link="breaches")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Declare a breach."""
    actor.require(*LEADING)
    form, errors, status = BreachForm.sent(request), dict[str, list[str]](), 200
    if request.method == "POST":
        try:
            return redirect("console:breach", declare_breach(form.breach(), actor=actor))
        except InvalidInput as wrong:
            errors, status = say_fields(wrong), wrong.status
    return page(
        request,
        actor,
        "privacy/breach_new.html",
        {"kept": form.kept(), "errors": errors, "protection": load_release().data_protection},
        open_link="breaches",
        status=status,
    )


@require_safe
@signed_in
def breach(request: HttpRequest, actor: Actor, breach_id: int) -> HttpResponse:
    """One breach: its clock, what it concerns, how many people, letters, and who was told."""
    return _page(request, actor, breach_id)


@require_POST
@signed_in
def scope(request: HttpRequest, actor: Actor, breach_id: int) -> HttpResponse:
    """Add something that the breach concerns."""
    form = BreachScopeForm.sent(request)
    kind = form.term_of("kind", BreachScopeKind)
    new_scope = NewScope(kind, form.text_of("page" if kind is BreachScopeKind.PAGE else "name"))
    return _try(request, actor, breach_id, lambda: add_scope(breach_id, new_scope, actor=actor), scoped=form.kept())


@require_POST
@signed_in
def notice(request: HttpRequest, actor: Actor, breach_id: int) -> HttpResponse:
    """Record whether a group was told."""
    form = BreachNoticeForm.sent(request)
    return _try(
        request,
        actor,
        breach_id,
        lambda: record_notice(
            breach_id,
            form.term_of("group", BreachGroup),
            form.text_of("how"),
            sent=_SENT.get(form.text_of("was_sent")),
            actor=actor,
        ),
        noticed=form.kept(),
    )


@require_POST
@signed_in
def close(request: HttpRequest, actor: Actor, breach_id: int) -> HttpResponse:
    """Close the breach with what was learnt."""
    form = LessonsForm.sent(request)
    return _try(
        request,
        actor,
        breach_id,
        lambda: close_breach(breach_id, form.text_of("lessons"), actor=actor),
        closing=form.kept(),
    )


@never_cache
@require_POST  # so that no link opens it, and each opening is a person's act
@signed_in
def concerned(request: HttpRequest, actor: Actor, breach_id: int) -> HttpResponse:
    """Who is concerned, case by case, a page at a time; each opening is logged."""
    number = whole_number(ConcernedPageForm.sent(request).text_of("page"), MOST_PAGES) or 1
    found = list_people_concerned(breach_id, number, actor=actor)
    return page(
        request,
        actor,
        "privacy/breach_concerned.html",
        {"breach": access_breach(breach_id, actor=actor), "found": found},
        open_link="breaches",
    )


def _try(
    request: HttpRequest, actor: Actor, breach_id: int, act: Callable[[], object], **kept: Mapping[str, str]
) -> HttpResponse:
    access_breach(breach_id, actor=actor)
    return done_or_shown(
        act, redirect("console:breach", breach_id), partial(_page, request, actor, breach_id, kept=kept), (Conflict,)
    )


def _page(
    request: HttpRequest,
    actor: Actor,
    breach_id: int,
    *,
    kept: Mapping[str, Mapping[str, str]] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    refused: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    forms = kept or {}
    return page(
        request,
        actor,
        "privacy/breach.html",
        {
            "breach": access_breach(breach_id, actor=actor),
            "letters": breach_letters(breach_id, actor=actor),
            "errors": errors or {},
            "refused": refused,
            "scoped": forms.get("scoped", {}),
            "noticed": forms.get("noticed", {}),
            "closing": forms.get("closing", {}),
            "scopes": SCOPES.items(),
            "pages": tuple(AccessKind),
            "lists_people": Role.SUPERVISOR in actor.roles,
            "protection": load_release().data_protection,
        },
        open_link="breaches",
        status=status,
    )
