"""Second-factor confirmation in a session: whether and when it was given, and the page that asks again.

django-allauth stores confirmations in the session. `pages.signed_in` requires a factor at all; sensitive actions need
one from the last ten minutes (`needs_step_up`), never just the password. A form submitted meanwhile is carried, signed,
in the page that asks, so nothing is typed twice; allauth itself would store it in the database.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from jaga.core.actors import Actor
from jaga.core.errors import N_, JagaError
from jaga.people.verbs.people import actor_for
from jaga.people.verbs.registration import session_moved
from jaga.people.verbs.second_factor import (
    STUMBLES,
    PasskeyRefused,
    WrongFactorCode,
    counts,
    counts_passkey,
    has_factor,
    one_try,
)
from jaga.store.kernel.guess_limits import one_guess
from jaga.web.errors import say_when
from jaga.web.frame.confirmation import guesser, is_fresh
from jaga.web.frame.pages import page, refusal

P = ParamSpec("P")
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]
KEPT_FOR = timedelta(minutes=30)
LONGEST_CODE, LONGEST_ANSWER = 40, 20_000
PASSWORD_OF = "password_of_this_sign_in"  # noqa: S105  # as Django's sessions keep it: no password can be read from it
CODE, PASSKEY, KEPT = "second_factor_code", "second_factor_passkey", "kept_form"  # Fields of the page that asks.
_OURS = (CODE, PASSKEY, KEPT, "csrfmiddlewaretoken")
_SALT = "jaga.console.step_up"


class ConfirmFirst(JagaError):
    """The action needs a second factor, and the person has none."""

    code = "second_factor_needed"
    status = 403
    sentence = N_("This can only be done with a second factor beside your password.")
    remedy = N_("Set one up under “Second factor”, then do it again.")


def mark_confirmed(request: HttpRequest) -> None:
    """Record that a second factor was just set up, and rotate the session key."""
    record_authentication(request, request.user, "mfa")
    _renumber(request)


def _renumber(request: HttpRequest) -> None:
    before = request.session.session_key or ""
    request.session.cycle_key()
    session_moved(before, request.session.session_key or "")


def is_ours(origin: str) -> bool:
    """Whether a passkey answered for exactly this origin: allauth also accepts subdomains."""
    return origin == f"{context.request.scheme}://{context.request.get_host()}"


def ask(person: Any) -> dict[str, object]:
    """The context of the second factor's fields (`console/people/parts/factor_fields.html`)."""
    if not Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.WEBAUTHN).exists():
        return {"passkey_options": ""}
    return {"passkey_options": json.dumps(webauthn.begin_authentication(person)["publicKey"])}


def confirm(request: HttpRequest, person: Any, *, again: bool = True) -> None:
    """Verify the submitted factor; `again`: within a session, not at sign-in.

    Raises WrongFactorCode, PasskeyRefused, TooManyCodes, and TooManyGuesses if too many came from one address.
    """
    answer, tried_by = request.POST.get(PASSKEY, ""), guesser(request, person.username)
    with one_guess(tried_by) as guess:
        with one_try(person.pk, tried_by.device) as made:
            form = _passkey(person, answer, again) if answer else _code(person, request.POST.get(CODE, ""), again)
            made.right = form is not None
        if form is None:
            raise PasskeyRefused if answer else WrongFactorCode
        guess.counts = False
    form.save()
    if again:
        _renumber(request)


def _code(person: Any, typed: str, again: bool) -> Any:
    """allauth's form, if the code is right and unused."""
    form = (ReauthenticateForm if again else AuthenticateForm)(user=person, data={"code": typed[:LONGEST_CODE]})
    right = form.is_valid() and counts(form.authenticator, form.cleaned_data["code"], actor=actor_for(person))
    return form if right else None


def _passkey(person: Any, answer: str, again: bool) -> Any:
    """allauth's form, if one of the person's keys signed this challenge."""
    if len(answer) > LONGEST_ANSWER:
        return None
    form = (ReauthenticateWebAuthnForm if again else AuthenticateWebAuthnForm)(user=person, data={"credential": answer})
    try:
        if not form.is_valid():
            return None
        shown = webauthn.parse_authentication_response(json.loads(answer)).response
        right = is_ours(shown.client_data.origin) and counts_passkey(
            form.cleaned_data["credential"], shown.authenticator_data.counter
        )
    except STUMBLES:
        return None
    return form if right else None


def needs_step_up(view: ActorView[P]) -> ActorView[P]:
    """Use below `signed_in`: submissions need a factor from the last ten minutes; viewing does not.

    Otherwise the page asks for it and keeps the form; the answer goes to the same URL. Files are not kept, so the view
    reports them as missing; `asks_first` before a form with files avoids that.
    """
    return _step_up(view, always=True)


def needs_step_up_if_any(view: ActorView[P]) -> ActorView[P]:
    """`needs_step_up` where a factor is optional: whoever has none passes."""
    return _step_up(view, always=False)


def _step_up(view: ActorView[P], *, always: bool) -> ActorView[P]:
    @wraps(view)
    def guarded(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request, actor, *args, **kwargs)
        if KEPT in request.POST:
            form = _form_of(request)
            try:
                confirm(request, request.user)
            except JagaError as why:
                return _page(request, actor, request.POST[KEPT], why)
            request.POST = form  # type: ignore[assignment]
        elif not is_fresh(request):
            if has_factor(actor.person_id or 0):
                return _page(request, actor, _kept_fields(request))
            if always:
                raise ConfirmFirst
        return view(request, actor, *args, **kwargs)

    return guarded


def _kept_fields(request: HttpRequest) -> str:
    fields = [[name, values] for name, values in request.POST.lists() if name not in _OURS]
    return signing.dumps(fields, salt=_salt(request), compress=True)


def _salt(request: HttpRequest) -> str:
    """Binds a kept form to one person and URL."""
    return f"{_SALT}:{request.user.pk}:{request.path}"


class FormNotKept(JagaError):
    """The kept form is too old or was changed."""

    code = "form_not_kept"
    status = 400
    sentence = N_("The form was open for too long and is no longer kept.")
    remedy = N_("Go back to the page, fill it in again and send it.")


def _form_of(request: HttpRequest) -> QueryDict:
    """The form as first submitted by the same person to the same URL. Raises FormNotKept."""
    try:
        kept = signing.loads(request.POST[KEPT], salt=_salt(request), max_age=KEPT_FOR)
    except signing.BadSignature:
        raise FormNotKept from None
    form = QueryDict(mutable=True)
    for name, values in kept:
        form.setlist(name, values)
    return form


def _page(request: HttpRequest, actor: Actor, kept: str, why: JagaError | None = None) -> HttpResponse:
    """The page that asks. 403 at first, as nothing has happened yet."""
    context: dict[str, object] = {"kept": kept, "files": bool(request.FILES), **ask(request.user)}
    if why is not None:
        context["refused"] = refusal(why)
    response = page(request, actor, "frame/step_up.html", context, status=why.status if why else 403)
    if why is not None:
        say_when(response, why)
    return response


def asks_first(view: ActorView[P]) -> ActorView[P]:
    """Use below `signed_in`: even the empty form needs a fresh factor, so that chosen files are not lost."""

    @wraps(view)
    def guarded(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in ("GET", "HEAD") and not is_fresh(request):
            return redirect(f"{resolve_url('console:confirm')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, actor, *args, **kwargs)

    return guarded
