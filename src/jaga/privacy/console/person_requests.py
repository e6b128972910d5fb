"""Requests of persons: the queue by time left, one request, and its check, answer, release and hand-over.

Searches of all data for a person: who asked, and the second person's permission.
"""

from collections.abc import Callable, Mapping
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import Conflict, NotPermitted
from jaga.core.terms.cases import IdentityCheck
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import AnswerWay, PersonRequestKind, PersonRequestState, RefusalGround
from jaga.policy.release import load_release
from jaga.privacy.reads.person_requests import (
    MOST_PAGES,
    AnotherPerson,
    access_request,
    list_person_searches,
    list_requests,
)
from jaga.privacy.verbs.person_answers import (
    NewPersonAnswer,
    NewPersonCheck,
    NothingToHandOver,
    check_person,
    draft_answer,
    hand_over_answer,
    preview_data,
    release_answer,
    return_answer,
)
from jaga.privacy.verbs.person_requests import bound_on_request, take_request
from jaga.privacy.verbs.person_search import WHO, OwnSearch, SearchNotPermitted, permit_person_search
from jaga.store.reads import READERS, listed_platforms
from jaga.web.frame.forms import ConsoleForm, Line, Text, Ticked, whole_number
from jaga.web.frame.pages import Refusal, done_or_shown, page, refusal, signed_in
from jaga.web.words import CHECKS, GROUNDS, PRIVACY_WORDS_WAYS, refusal_told

_GRANTED = {"yes": True, "no": False}


class PersonCheckForm(ConsoleForm):
    """How the person was checked, and which account is theirs."""

    kind = Line()
    note = Text()
    platform = Line()
    account = Line()


class PersonAnswerForm(ConsoleForm):
    """The answer as drafted."""

    granted = Line()
    ground = Line()
    text = Text()
    correction = Text()
    way = Line()
    without_recipients = Ticked("1")

    def shown_again(self) -> dict[str, str]:
        """The input, to correct it."""
        return {**self.kept(), **({"without_recipients": "1"} if self.is_ticked("without_recipients") else {})}


class AnswerReleaseForm(ConsoleForm):
    """Whether the second person releases the answer or sends it back."""

    step = Line()
    why = Text()


@require_safe
@signed_in
def person_requests(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open requests by deadline, then those that ended last, a page at a time."""
    number = whole_number(request.GET.get("page", ""), MOST_PAGES) or 1
    return page(
        request,
        actor,
        "privacy/person_requests.html",
        {"found": list_requests(number, actor=actor)},
        open_link="person-requests",
    )


@require_safe
@signed_in
def person_request(request: HttpRequest, actor: Actor, request_id: int) -> HttpResponse:
    """One request."""
    return _page_of_person_requests(request, actor, request_id)


@require_POST
@signed_in
def take(request: HttpRequest, actor: Actor, request_id: int) -> HttpResponse:
    """Take the request on."""
    return _try(request, actor, request_id, lambda: take_request(request_id, actor=actor))


@require_POST
@signed_in
def check(request: HttpRequest, actor: Actor, request_id: int) -> HttpResponse:
    """Record how the person was checked."""
    form = PersonCheckForm.sent(request)
    new = NewPersonCheck(
        form.term_of("kind", IdentityCheck), form.text_of("note"), form.text_of("platform"), form.text_of("account")
    )
    return _try(request, actor, request_id, lambda: check_person(request_id, new, actor=actor), checked=form.kept())


@require_POST
@signed_in
def answer(request: HttpRequest, actor: Actor, request_id: int) -> HttpResponse:
    """Draft the answer and ask a second person to release it."""
    form = PersonAnswerForm.sent(request)
    new = NewPersonAnswer(
        _GRANTED.get(form.text_of("granted")),
        form.text_of("text"),
        form.term_of("way", AnswerWay),
        form.term_of("ground", RefusalGround),
        form.text_of("correction"),
        form.is_ticked("without_recipients"),
    )
    return _try(
        request, actor, request_id, lambda: draft_answer(request_id, new, actor=actor), drafted=form.shown_again()
    )


@require_POST
@signed_in
def release(request: HttpRequest, actor: Actor, request_id: int) -> HttpResponse:
    """The second person releases the answer or sends it back."""
    actor.require(Role.SUPERVISOR)
    form = AnswerReleaseForm.sent(request)

    def act() -> None:
        if form.text_of("step") == "return":
            return_answer(request_id, form.text_of("why"), actor=actor)
        else:
            release_answer(request_id, actor=actor)

    return _try(request, actor, request_id, act, returned=form.kept())


@never_cache
@require_POST
@signed_in
def hand_over(request: HttpRequest, actor: Actor, request_id: int) -> HttpResponse:
    """The answer as a sheet, once, to print and hand over."""
    access_request(request_id, actor=actor)
    try:
        sheet = hand_over_answer(request_id, actor=actor)
    except (NothingToHandOver, Conflict) as refused:
        return _page_of_person_requests(request, actor, request_id, refused=refusal(refused), status=refused.status)
    protection = load_release().data_protection
    return page(
        request,
        actor,
        "privacy/person_sheet.html",
        {
            "request_id": request_id,
            "sheet": sheet,
            "protection": protection,
            **refusal_told(sheet.ground, sheet.until, protection),
        },
        open_link="person-requests",
    )


def _try(
    request: HttpRequest, actor: Actor, request_id: int, act: Callable[[], object], **kept: Mapping[str, str]
) -> HttpResponse:
    actor.require(*READERS)
    access_request(request_id, actor=actor)
    return done_or_shown(
        act,
        redirect("console:person-request", request_id),
        partial(_page_of_person_requests, request, actor, request_id, kept=kept),
        (Conflict, NotPermitted, AnotherPerson),
    )


def _page_of_person_requests(
    request: HttpRequest,
    actor: Actor,
    request_id: int,
    *,
    kept: Mapping[str, Mapping[str, str]] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    refused: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    shown, forms = access_request(request_id, actor=actor), kept or {}
    state = shown.listed.state
    return page(
        request,
        actor,
        "privacy/person_request.html",
        {
            "request_": shown,
            "listed": shown.listed,
            "errors": errors or {},
            "refused": refused,
            "checked": forms.get("checked", {}),
            "drafted": forms.get("drafted", {}),
            "returned": forms.get("returned", {}),
            "may_check": state in (PersonRequestState.TO_CHECK, PersonRequestState.IN_WORK) and shown.report_id is None,
            "may_answer": state in (PersonRequestState.TO_CHECK, PersonRequestState.IN_WORK),
            "may_release": Role.SUPERVISOR in actor.roles,
            "bound": bound_on_request(request_id),
            "data": preview_data(request_id),
            "identity_checks": CHECKS.items(),
            "grounds": GROUNDS.items(),
            "ways": PRIVACY_WORDS_WAYS.items(),
            "platforms": listed_platforms(),
            "is_correction": shown.listed.kind is PersonRequestKind.CORRECTION,
            "is_access": shown.listed.kind is PersonRequestKind.ACCESS,
            "protection": load_release().data_protection,
            "erases_nothing": shown.listed.kind is PersonRequestKind.ERASURE
            and shown.report_id is None
            and bool(shown.checks)
            and shown.subject_id is None,
        },
        open_link="person-requests",
        status=status,
    )


@require_safe
@signed_in
def person_searches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The searches, newest first."""
    return _page_of_person_searches(request, actor)


@require_POST
@signed_in
def permit(request: HttpRequest, actor: Actor, search_id: int) -> HttpResponse:
    """Permit somebody else's search."""
    try:
        permit_person_search(search_id, actor=actor)
    except (OwnSearch, SearchNotPermitted) as refused:
        return _page_of_person_searches(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:person-searches")


def _page_of_person_searches(
    request: HttpRequest, actor: Actor, *, refused: Refusal | None = None, status: int = 200
) -> HttpResponse:
    return page(
        request,
        actor,
        "privacy/person_searches.html",
        {
            "searches": list_person_searches(actor=actor),
            "may_permit": bool(actor.roles.intersection(WHO)),
            "refused": refused,
        },
        open_link="person-searches",
        status=status,
    )
